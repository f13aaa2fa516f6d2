"""Run recorded frames through the firmware's own conductor, compiled natively, a chunk of lines at a time."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from firmware import config
from firmware.feeds import buffers
from firmware.feeds.spot_v2 import on_frame
from firmware.kernels import decode_v2
from host.runtimes import native
from host.runtimes.kernel import as_native, as_rows

DEPTHS = (10, 25, 100, 500, 1000)
"""What Kraken offers, levels a side."""

# The counters, as firmware/feeds/spot_v2.py counts.
MESSAGES, PROVED, BAD, SKIPPED, SIGNALS, HEARTBEATS = range(6)
RECORDS, SNAPSHOTS, UNPROVED = 8, 9, 10

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
_OUT = 7

# Their places among the buffers of `buffers.make`.
_UPDATE, _SYMBOLS, _BOOKS, _TEXTS, _PUBS, _SIGS = range(6)
_PER_PAIR = (_BOOKS, _TEXTS, _PUBS, _SIGS)
_WORDS = 9
_COUNTERS = 10
_OUT_BUFFER = 11

_MOST_PAIRS = 255  # the symbol table counts in a byte
_SINK_BYTES = 1 << 20

# The report of a run: where it stands, and the first malformed line (counted from 1) with its code.
_R_LINE = 0
_R_BEGIN = 1
_R_SINK = 2
_R_BAD_LINE = 3
_R_BAD_CODE = 4
_R_LINES = 5  # lines of the chunks before
_REPORT_WORDS = 8


def run_lines(data, ends, report, sink, buffers):
    """Feed the lines of `data` that end at `ends` to `on_frame`; records are appended to `sink`.

    A line is a frame, or `<epoch>: <frame>`; other lines (connects, what the client sent) are
    passed over. Returns before its time when the sink is full; `report` says where.
    """
    counters = buffers[_COUNTERS]
    out = buffers[_OUT_BUFFER]
    line = report[_R_LINE]
    begin = report[_R_BEGIN]
    filled = 0
    room = len(sink) - len(out)
    while line < len(ends) and filled <= room:
        end = ends[line]
        start = begin
        while start < end and ((data[start] >= 48 and data[start] <= 57) or data[start] == 46):
            start += 1
        if start > begin and start < end and data[start] == 58:
            start += 1
        while start < end and data[start] == 32:
            start += 1
        if start < end and (data[start] == 123 or data[start] == 91):
            kind = on_frame(data, start, end, 0, buffers)
            if kind < 0 and report[_R_BAD_LINE] == 0:
                report[_R_BAD_LINE] = report[_R_LINES] + line + 1
                report[_R_BAD_CODE] = kind
            for n in range(counters[_OUT]):
                sink[filled + n] = out[n]
            filled += counters[_OUT]
        begin = end + 1
        line += 1
    report[_R_LINE] = line
    report[_R_BEGIN] = begin
    report[_R_SINK] = filled
    return filled


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
        self._wanted = set(pairs) if pairs is not None else None
        self._depth = depth
        self._acked: dict[str, int] = {}
        self._symbols: list[str] = []
        self._report = np.zeros(_REPORT_WORDS, dtype=np.int64)
        self._sink = np.zeros(_SINK_BYTES, dtype=np.uint8)
        # Until the first pair is met, the room of one that no symbol leads to.
        self._buffers = tuple(_native_buffers("", DEPTHS[0], self._settings))
        self._buffers[_SYMBOLS][0] = 0
        self._run = native.compile_conductor(run_lines)
        self.seen: set[str] = set()
        """Every symbol that a snapshot named, followed or not."""
        for _ in self.feed(b"\n"):  # compiles, or loads what was compiled
            pass

    def feed(self, lines: bytes) -> Iterator[memoryview]:
        """Take in whole lines of a capture; yields the records they cause, whole, valid until the next step."""
        self._meet_pairs(lines)
        data = np.frombuffer(
            bytearray(lines), dtype=np.uint8
        )  # kernels take writable buffers only
        ends = np.flatnonzero(data == ord("\n"))
        report = self._report
        report[_R_LINE] = report[_R_BEGIN] = 0
        while report[_R_LINE] < len(ends):
            filled = self._run(data, ends, report, self._sink, self._buffers)
            if filled:
                yield memoryview(self._sink)[:filled]
        report[_R_LINES] += len(ends)

    def _meet_pairs(self, lines: bytes) -> None:
        """Acknowledgements tell the depth of a pair, snapshots bring a pair."""
        at = lines.find(b'"snapshot"')
        while at >= 0:
            begin = lines.rfind(b"\n", 0, at) + 1
            end = lines.find(b"\n", at)
            at = lines.find(b'"snapshot"', end)
            try:
                frame = json.loads(lines[lines.find(b"{", begin, end) : end])
            except ValueError:
                continue  # the conductor will count it as malformed
            if isinstance(frame, dict):
                self._meet(frame)

    def _meet(self, frame: dict) -> None:
        result = frame.get("result")
        if isinstance(result, dict) and result.get("depth") in DEPTHS:
            self._acked[str(result.get("symbol"))] = result["depth"]
        if frame.get("channel") != "book" or not isinstance(frame.get("data"), list):
            return
        for element in frame["data"]:
            symbol = element.get("symbol") if isinstance(element, dict) else None
            if not isinstance(symbol, str) or not 0 < len(symbol) <= _LONGEST_SYMBOL:
                continue
            self.seen.add(symbol)
            unwanted = self._wanted is not None and symbol not in self._wanted
            if symbol in self._symbols or unwanted or len(self._symbols) == _MOST_PAIRS:
                continue
            levels = max(len(element.get(side) or ()) for side in ("bids", "asks"))
            fitting = [depth for depth in DEPTHS if depth >= levels]
            guess = fitting[0] if fitting else DEPTHS[-1]
            self._add(symbol, self._depth or self._acked.get(symbol, guess))

    def _add(self, symbol: str, depth: int) -> None:
        """Make room for one more pair; what the others hold stays."""
        made = _native_buffers(symbol, depth, self._settings)
        old = self._buffers
        made[_COUNTERS][:] = old[_COUNTERS]
        if self._symbols:
            for place in _PER_PAIR:
                made[place] = as_rows([*old[place], *made[place]])
            made[_SYMBOLS] = np.concatenate([old[_SYMBOLS], made[_SYMBOLS][1:]])
            made[_SYMBOLS][0] = len(self._symbols) + 1
            if len(old[_UPDATE]) > len(made[_UPDATE]):
                made[_UPDATE] = old[_UPDATE]
        self._symbols.append(symbol)
        self._buffers = tuple(made)

    def counter(self, number: int) -> int:
        """One of the counters below."""
        return int(self._buffers[_COUNTERS][number])

    @property
    def first_malformed(self) -> tuple[int, str] | None:
        """Line number and reason of the first frame that was refused, or None."""
        line = int(self._report[_R_BAD_LINE])
        return (line, ERROR_NAMES[int(self._report[_R_BAD_CODE])]) if line else None

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
        ]


def _native_buffers(symbol: str, depth: int, settings: dict) -> list[np.ndarray]:
    """The board's own buffers for one pair, as the native conductor takes them."""
    made = buffers.make({**settings, "pairs": [symbol], "depth": depth})
    return [as_native(buffer) for buffer in made]
