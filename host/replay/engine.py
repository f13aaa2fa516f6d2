"""Run recorded frames through the firmware's own conductors, compiled natively, a chunk at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from firmware import config
from firmware.kernels import decode_v2
from host.captures import is_beside
from host.errors import UserError
from host.replay import lines, room, rows
from host.replay.dialects import DEPTHS, DIALECTS, Told, can_be_followed
from host.replay.lines import (
    BOOKS,
    COUNTERS,
    R_BAD_CODE,
    R_BAD_LINE,
    R_LEVELS,
    R_LINE,
    R_LINES,
    R_MALFORMED,
    R_MARKET,
    R_MARKET_SKIPPED,
    R_OTHERS,
    R_TAKEN,
)
from host.replay.rows import Rows
from host.replay.split import Lines, split
from host.runtimes import native

# The counters, as firmware/feeds/take_book.py counts.
MESSAGES, PROVED, BAD, SKIPPED, SIGNALS, HEARTBEATS = range(6)
RECORDS, SNAPSHOTS, UNPROVED, EARLY = 8, 9, 10, 11

ERROR_NAMES = {
    value: name.removeprefix("_ERR_").lower()
    for name, value in vars(decode_v2).items()
    if name.startswith("_ERR_")
}
"""Why the decoders refuse a frame, by its code."""

# As firmware/feeds has them.
_B_STATE = 0
_B_REASON = 1
_B_UPDATES = 60
_B_BAD = 61
_WORDS = 9  # their place among the buffers

MOST_PAIRS = 255  # the symbol table counts in a byte
_SINK_BYTES = 1 << 20
_MOST_OTHERS = 1024


@dataclass
class Pair:
    """What a replay found out about one pair."""

    symbol: str
    depth: int
    updates: int
    proved: int
    """Of the updates, those that a checksum or a sequence number has proved."""
    bad: int
    state: str
    why: str | None
    """The reason of a book that is STALE."""


class Engine:
    """Replays frames under the board's `settings` (its defaults if None), in the dialect that these name.

    `pairs` limits it to those symbols; otherwise every pair with a snapshot is followed, and those
    whose subscription to one of the settings' channels was acknowledged. The depth of a book is
    what the feed says, else the smallest depth Kraken offers that holds the snapshot, in a dialect
    whose books are always whole the greatest; `depth` overrules that.
    """

    def __init__(
        self,
        settings: dict | None = None,
        pairs: Iterable[str] | None = None,
        depth: int | None = None,
    ) -> None:
        self._settings = settings or config.check({})
        self.dialect = DIALECTS[self._settings["dialect"]]
        """How the recorded dialect is read."""
        self._wanted = list(dict.fromkeys(pairs)) if pairs is not None else None
        self._depth = depth
        self._acked: dict[str, int] = {}
        self._followed: dict[str, int] = {}  # with the depths there is room for
        self._report = np.zeros(R_TAKEN + MOST_PAIRS, dtype=np.int64)
        self._others = np.zeros(_MOST_OTHERS, dtype=np.int64)
        self._sink = np.zeros(_SINK_BYTES, dtype=np.uint8)
        # Until the first pair is met, the room of one that no symbol leads to.
        self._buffers = room.empty(DEPTHS[0], self._settings)
        self._room = DEPTHS[0]  # levels a side that a message may have
        self._file = ""
        self.depths: dict[str, int] = {}
        """The depth of every pair that had a snapshot, followed or not, as the feed says it."""
        self.unfollowed: set[str] = set()
        """Pairs that had a snapshot and found no room, or have a name that no pair of Kraken's has."""
        self.garbage = 0
        """Lines that are neither a frame nor anything that a recorder writes."""
        self.first_garbage: tuple[str, int] | None = None
        """Its file and line."""
        self.first_malformed: tuple[str, int, str] | None = None
        """File, line and reason of the first frame that was refused."""
        for symbol in self._wanted or ():
            # Known from the start, so that what comes before its snapshot is seen to be early.
            wire = self.dialect.wire_name(symbol)
            if can_be_followed(symbol) and len(self._followed) < MOST_PAIRS:
                self._follow(symbol, wire, depth or DEPTHS[0])
        self.begin_file("")

    def begin_file(self, name: str) -> None:
        """What is fed from now on stands in this file, its lines counted from 1."""
        self._file = name
        self._report[R_LINES] = self._report[R_BAD_LINE] = 0

    def load(self, decoded: bool) -> None:
        """Compile what takes lines, or rows that were decoded before, or load what was compiled."""
        name = self.dialect.name
        line = rows.one_line(name) if decoded else split(self.dialect, b"\n")
        for _ in self._run(line):
            pass
        self.begin_file(self._file)

    def feed(self, chunk: bytes | Lines | Rows) -> Iterator[memoryview]:
        """Take in whole lines of a capture (as bytes or split), or rows that were decoded before.

        Yields the records they cause, whole, valid until the next step.
        """
        if isinstance(chunk, Rows) and chunk.dialect != self.dialect.name:
            raise UserError(
                f"{self._file}: packed as {chunk.dialect}; it cannot be read as {self.dialect.name}"
            )
        if isinstance(chunk, bytes):
            chunk = split(self.dialect, chunk)
        done = 0
        for begin, told in chunk.tellings():
            met = {}
            levels = 0
            for one in told:
                met.update(self._meet(one, len(met)))
                levels = min(max(levels, one.levels or 0), DEPTHS[-1])
            lacks_room = levels > self._room and not self.dialect.cuts
            if met or lacks_room:
                # Only from here on, so that nothing depends on where a chunk ends.
                yield from self._run(chunk[done:begin])
                done = begin
                for symbol, (wire, depth) in met.items():
                    self._follow(symbol, wire, depth)
            if lacks_room:
                # A message that is not wanted, or to be cut, is no malformed one for that.
                larger = room.make("", "", levels, self._settings)
                self._buffers = room.with_update_of(self._buffers, larger)
                self._room = levels
        yield from self._run(chunk[done:])

    def _run(self, work: Lines | Rows) -> Iterator[memoryview]:
        loops = lines if isinstance(work, Lines) else rows
        loop = loops.of_dialect(self.dialect, bool(self._settings["channels"]))
        run = native.compile_conductor(loop)
        report = self._report
        report[R_LINE] = 0
        while report[R_LINE] < len(work):
            filled = work.step(run, report, self._others, self._sink, self._buffers)
            for line in self._others[: report[R_OTHERS]].tolist():
                if not is_beside(work.line(line)):
                    self.garbage += 1
                    place = self._file, int(report[R_LINES]) + line + 1
                    self.first_garbage = self.first_garbage or place
            if filled:
                yield memoryview(self._sink)[:filled]
        report[R_LINES] += len(work)
        if report[R_BAD_LINE] and self.first_malformed is None:
            why = ERROR_NAMES[int(report[R_BAD_CODE])]
            self.first_malformed = self._file, int(report[R_BAD_LINE]), why

    def _meet(self, told: Told, others: int) -> dict[str, tuple[str, int]]:
        """Whom to follow from here on, with the name on the wire and the depth; `others` are just met, too."""
        name = told.name
        if not isinstance(name, str):
            return {}
        if told.channel == "book" and isinstance(told.depth, int) and told.depth in DEPTHS:
            self._acked[name] = told.depth
        symbol = self.dialect.shown(name)
        if told.channel != "book":
            if told.channel not in self._settings["channels"] or symbol in self._followed:
                return {}
        elif told.levels is None or symbol in self.depths:
            return {}
        if not can_be_followed(symbol) or not can_be_followed(name):
            self.unfollowed.add(symbol)
            return {}
        depth = self._depth or self._acked.get(name, DEPTHS[0])
        if told.levels is not None and told.channel == "book":
            self.depths[symbol] = self._depth_of(name, told.levels)
            depth = self._depth or self.depths[symbol]
        if self._wanted is not None and symbol not in self._wanted:
            return {}
        if symbol not in self._followed and len(self._followed) + others >= MOST_PAIRS:
            self.unfollowed.add(symbol)
            return {}
        return {symbol: (name, depth)}

    def _depth_of(self, name: str, levels: int) -> int:
        """The depth of the book that begins with a snapshot of so many levels."""
        if self.dialect.cuts:
            return self._depth or DEPTHS[-1]
        fitting = [depth for depth in DEPTHS if depth >= levels]
        return self._acked.get(name, fitting[0] if fitting else DEPTHS[-1])

    def _follow(self, symbol: str, wire: str, depth: int) -> None:
        """Make room for a pair, or make its room anew; what the others hold stays."""
        before = len(self._followed)
        self._followed[symbol] = depth
        at = list(self._followed).index(symbol)
        pair = room.make(symbol, wire, depth, self._settings)
        self._buffers = room.with_pair(self._buffers, before, at, pair)
        self._room = max(self._room, depth)

    def counter(self, number: int) -> int:
        """One of the counters below."""
        return int(self._buffers[COUNTERS][number])

    @property
    def malformed(self) -> int:
        """Frames that were refused."""
        return int(self._report[R_MALFORMED])

    @property
    def early(self) -> int:
        """Updates that came before the first snapshot of their pair (of a wanted one, if those were named)."""
        unknown = self.counter(SKIPPED) - self.malformed - self.market_skipped
        return self.counter(EARLY) + (unknown if self._wanted is None else 0)

    @property
    def levels(self) -> int:
        """Levels of books that the messages told of."""
        return int(self._report[R_LEVELS])

    @property
    def taken(self) -> int:
        """Snapshots that nothing proves, because the dialect has nothing for that."""
        return int(self._report[R_TAKEN:].sum())

    @property
    def proved(self) -> int:
        """Updates that a checksum or a sequence number has proved."""
        return self.counter(PROVED) - self.taken

    @property
    def market(self) -> int:
        """Records of the settings' channels."""
        return int(self._report[R_MARKET])

    @property
    def market_skipped(self) -> int:
        """Rows of those channels that could not be read, or are about no pair that was followed by then."""
        return int(self._report[R_MARKET_SKIPPED])

    @property
    def pairs(self) -> list[Pair]:
        """The pairs that were followed and had a snapshot, in the order in which they appeared."""
        words = self._buffers[_WORDS].tobytes().split(b"\n")
        found = []
        for at, (symbol, depth) in enumerate(self._followed.items()):
            if symbol not in self.depths:
                continue
            book = self._buffers[BOOKS][at]
            updates, bad = int(book[_B_UPDATES]), int(book[_B_BAD])
            proved = updates - bad - int(self._report[R_TAKEN + at])
            state = words[book[_B_STATE]].decode()
            why = words[book[_B_REASON]].decode() if state == "STALE" else None
            found.append(Pair(symbol, depth, updates, proved, bad, state, why))
        return found
