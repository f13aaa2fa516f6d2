"""Run recorded frames through the firmware's own conductor, compiled natively, a chunk of lines at a time."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np

from firmware import config
from firmware.feeds import buffers
from firmware.kernels import decode_v2
from host.captures import is_beside
from host.replay.lines import (
    COUNTERS,
    R_BAD_CODE,
    R_BAD_LINE,
    R_BEGIN,
    R_LINE,
    R_LINES,
    R_MALFORMED,
    R_OTHERS,
    REPORT_WORDS,
    run_lines,
)
from host.runtimes import native
from host.runtimes.kernel import as_native, as_rows

DEPTHS = (10, 25, 100, 500, 1000)
"""What Kraken offers, levels a side."""

# The counters, as firmware/feeds/spot_v2.py counts.
MESSAGES, PROVED, BAD, SKIPPED, SIGNALS, HEARTBEATS = range(6)
RECORDS, SNAPSHOTS, UNPROVED, EARLY = 8, 9, 10, 11

ERROR_NAMES = {
    value: name.removeprefix("_ERR_").lower()
    for name, value in vars(decode_v2).items()
    if name.startswith("_ERR_")
}
"""Why the decoder refuses a frame, by its code."""

# As firmware/feeds has them.
_LONGEST_SYMBOL = 15
_B_STATE = 0
_B_DEPTH = 2
_B_UPDATES = 60
_B_BAD = 61

# Their places among the buffers of `buffers.make`.
_UPDATE, _SYMBOLS, _BOOKS, _TEXTS, _PUBS, _SIGS = range(6)
_PER_PAIR = (_BOOKS, _TEXTS, _PUBS, _SIGS)
_WORDS = 9

MOST_PAIRS = 255  # the symbol table counts in a byte
_SINK_BYTES = 1 << 20
_MOST_OTHERS = 1024


@dataclass
class Pair:
    """What a replay found out about one pair."""

    symbol: str
    depth: int
    updates: int
    bad: int
    state: str


class Engine:
    """Replays frames under the board's `settings` (its defaults if None).

    `pairs` limits it to those symbols; otherwise every pair with a snapshot is followed. The depth
    of a book is what the recorded acknowledgement says, else the smallest depth Kraken offers that
    holds the snapshot; `depth` overrules both.
    """

    def __init__(
        self,
        settings: dict | None = None,
        pairs: Iterable[str] | None = None,
        depth: int | None = None,
    ) -> None:
        self._settings = settings or config.check({})
        self._wanted = list(dict.fromkeys(pairs)) if pairs is not None else None
        self._depth = depth
        self._acked: dict[str, int] = {}
        self._symbols: list[str] = []
        self._report = np.zeros(REPORT_WORDS, dtype=np.int64)
        self._others = np.zeros(_MOST_OTHERS, dtype=np.int64)
        self._sink = np.zeros(_SINK_BYTES, dtype=np.uint8)
        # Until the first pair is met, the room of one that no symbol leads to.
        self._buffers = tuple(_native_buffers("", DEPTHS[0], self._settings))
        self._buffers[_SYMBOLS][0] = 0
        self._run = native.compile_conductor(run_lines)
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
        for _ in self._run_lines(b"\n"):  # compiles, or loads what was compiled
            pass
        for symbol in self._wanted or ():
            # Known from the start, so that what comes before its snapshot is seen to be early.
            if _can_be_followed(symbol) and len(self._symbols) < MOST_PAIRS:
                self._follow(symbol, DEPTHS[0])
        self.begin_file("")

    def begin_file(self, name: str) -> None:
        """What is fed from now on stands in this file, its lines counted from 1."""
        self._file = name
        self._report[R_LINES] = self._report[R_BAD_LINE] = 0

    def feed(self, lines: bytes) -> Iterator[memoryview]:
        """Take in whole lines of a capture; yields the records they cause, whole, valid until the next step."""
        done = 0
        for begin, frame in _snapshots(lines):
            if met := self._meet(frame):
                # Only from here on, so that nothing depends on where a chunk ends.
                yield from self._run_lines(lines[done:begin])
                done = begin
                for symbol, depth in met.items():
                    self._follow(symbol, depth)
        yield from self._run_lines(lines[done:] if done else lines)

    def _run_lines(self, lines: bytes) -> Iterator[memoryview]:
        # Kernels take writable buffers only.
        data = np.frombuffer(bytearray(lines), dtype=np.uint8)
        ends = np.flatnonzero(data == ord("\n"))
        report = self._report
        report[R_LINE] = report[R_BEGIN] = 0
        while report[R_LINE] < len(ends):
            filled = self._run(data, ends, report, self._others, self._sink, self._buffers)
            for line in self._others[: report[R_OTHERS]].tolist():
                begin = ends[line - 1] + 1 if line else 0
                if not is_beside(lines[begin : ends[line]]):
                    self.garbage += 1
                    place = self._file, int(report[R_LINES]) + line + 1
                    self.first_garbage = self.first_garbage or place
            if filled:
                yield memoryview(self._sink)[:filled]
        report[R_LINES] += len(ends)
        if report[R_BAD_LINE] and self.first_malformed is None:
            why = ERROR_NAMES[int(report[R_BAD_CODE])]
            self.first_malformed = self._file, int(report[R_BAD_LINE]), why

    def _meet(self, frame: dict) -> dict[str, int]:
        """Acknowledgements tell the depth of a pair; a snapshot brings new pairs, here with their depths."""
        met: dict[str, int] = {}
        result = frame.get("result")
        if isinstance(result, dict) and result.get("channel") == "book":
            depth = result.get("depth")
            if isinstance(depth, int) and depth in DEPTHS:
                self._acked[str(result.get("symbol"))] = depth
        if frame.get("channel") != "book" or not isinstance(frame.get("data"), list):
            return met
        for element in frame["data"]:
            symbol = element.get("symbol") if isinstance(element, dict) else None
            if isinstance(symbol, str) and not _can_be_followed(symbol):
                self.unfollowed.add(symbol)
            if not _can_be_followed(symbol) or symbol in self.depths:
                continue
            sides = [element.get(side) for side in ("bids", "asks")]
            if not all(isinstance(side, list) for side in sides):
                continue
            fitting = [depth for depth in DEPTHS if depth >= max(map(len, sides))]
            guess = fitting[0] if fitting else DEPTHS[-1]
            self.depths[symbol] = self._acked.get(symbol, guess)
            if self._wanted is not None and symbol not in self._wanted:
                continue
            if symbol in self._symbols or len(self._symbols) + len(met) < MOST_PAIRS:
                met[symbol] = self._depth or self.depths[symbol]
            else:
                self.unfollowed.add(symbol)
        return met

    def _follow(self, symbol: str, depth: int) -> None:
        """Make room for a pair, or make its room anew; what the others hold stays."""
        made = _native_buffers(symbol, depth, self._settings)
        old = self._buffers
        made[COUNTERS][:] = old[COUNTERS]
        if symbol not in self._symbols:
            self._symbols.append(symbol)
            names = old[_SYMBOLS] if len(self._symbols) > 1 else made[_SYMBOLS][:1]
            made[_SYMBOLS] = np.concatenate([names, made[_SYMBOLS][1:]])
            made[_SYMBOLS][0] = len(self._symbols)
        else:
            made[_SYMBOLS] = old[_SYMBOLS]
        at = self._symbols.index(symbol)
        for place in _PER_PAIR:
            rows = list(old[place])
            rows[at : at + 1] = made[place]
            made[place] = as_rows(rows)
        if len(old[_UPDATE]) > len(made[_UPDATE]):
            made[_UPDATE] = old[_UPDATE]
        self._buffers = tuple(made)

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
        unknown = self.counter(SKIPPED) - self.malformed
        return self.counter(EARLY) + (unknown if self._wanted is None else 0)

    @property
    def pairs(self) -> list[Pair]:
        """The pairs that were followed, in the order in which they appeared."""
        words = self._buffers[_WORDS].tobytes().split(b"\n")
        return [
            Pair(
                symbol,
                int(book[_B_DEPTH]),
                int(book[_B_UPDATES]),
                int(book[_B_BAD]),
                words[book[_B_STATE]].decode(),
            )
            for symbol, book in zip(self._symbols, self._buffers[_BOOKS], strict=False)
            if symbol in self.depths
        ]


def _snapshots(lines: bytes) -> Iterator[tuple[int, dict]]:
    """Where a line begins that may be a snapshot or an acknowledgement of a subscription, and its frame."""
    at = lines.find(b'"snapshot"')
    while at >= 0:
        begin = lines.rfind(b"\n", 0, at) + 1
        end = lines.find(b"\n", at)
        try:
            frame = json.loads(lines[lines.find(b"{", begin, end) : end])
        except (ValueError, RecursionError):
            frame = None  # the conductor will count it as malformed
        if isinstance(frame, dict):
            yield begin, frame
        at = lines.find(b'"snapshot"', end)


def _can_be_followed(symbol: object) -> TypeGuard[str]:
    """Whether a symbol fits the board's tables, and a record or a terminal unescaped."""
    if not isinstance(symbol, str) or not 0 < len(symbol) <= _LONGEST_SYMBOL:
        return False
    return all("!" <= letter <= "~" and letter not in '"\\' for letter in symbol)


def _native_buffers(symbol: str, depth: int, settings: dict) -> list[np.ndarray]:
    """The board's own buffers for one pair, as the native conductor takes them."""
    made = buffers.make({**settings, "pairs": [symbol], "depth": depth})
    return [as_native(buffer) for buffer in made]
