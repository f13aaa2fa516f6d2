"""Run recorded frames through the firmware's own conductor, compiled natively, a chunk of lines at a time."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from firmware import config
from firmware.feeds import buffers
from firmware.feeds.spot_v2 import on_frame
from host.runtimes import native
from host.runtimes.kernel import as_native, as_rows

DEPTHS = (10, 25, 100, 500, 1000)
DEFAULT_DEPTH = 10

# As firmware/feeds has them.
_LONGEST_SYMBOL = 15
_B_STATE = 0
_B_DEPTH = 2
_B_UPDATES = 60
_B_BAD = 61
_OUT = 7

_SINK_BYTES = 1 << 20

# The report of a run: where it stands, and the first malformed line (counted from 1) with its code.
_R_LINE = 0
_R_BEGIN = 1
_R_SINK = 2
_R_BAD_LINE = 3
_R_BAD_CODE = 4
_R_LINES = 5  # lines of the chunks before
_REPORT_WORDS = 8


def run_lines(
    data, ends, report, sink,
    update, symbols, books, texts, pubs, sigs, settings, crc, templates, words, counters, out,
):  # fmt: skip
    """Feed the lines of `data` that end at `ends` to `on_frame`; records are appended to `sink`.

    A line is a frame, or `<epoch>: <frame>`; other lines (connects, what the client sent) are
    passed over. Returns before its time when the sink is full; `report` says where.
    """
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
            kind = on_frame(
                data, start, end, 0,
                update, symbols, books, texts, pubs, sigs, settings, crc, templates, words, counters, out,
            )  # fmt: skip
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
    """Replays frames under the board's `settings` (its defaults if None). `pairs` limits it to those symbols; otherwise every pair with a snapshot is followed.

    The depth of a book is what the recorded acknowledgement says, else the smallest depth Kraken
    offers that holds the snapshot; `depth` overrules both.
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
        self._arguments: tuple[np.ndarray, ...] = ()
        self._report = np.zeros(_REPORT_WORDS, dtype=np.int64)
        self._sink = np.zeros(_SINK_BYTES, dtype=np.uint8)
        self._run = native.compile_conductor(run_lines)
        self._rest = b""
        self.seen: set[str] = set()
        """Every symbol that a snapshot or an acknowledgement named."""

    def feed(self, chunk: bytes) -> Iterator[memoryview]:
        """Take in a piece of the capture; yields the records it causes, whole lines, valid until the next step."""
        data = self._rest + chunk if self._rest else chunk
        cut = data.rfind(b"\n") + 1
        self._rest = data[cut:]
        if cut:
            yield from self._lines(data[:cut])

    def finish(self) -> Iterator[memoryview]:
        """The last line, if it has no line feed."""
        rest, self._rest = self._rest, b""
        if rest:
            yield from self._lines(rest + b"\n")

    def _lines(self, data: bytes) -> Iterator[memoryview]:
        self._meet_pairs(data)
        array = np.frombuffer(bytearray(data), dtype=np.uint8)
        ends = np.flatnonzero(array == ord("\n"))
        report = self._report
        report[_R_LINE] = report[_R_BEGIN] = 0
        if not self._arguments:
            self._add("", self._depth or DEFAULT_DEPTH)
        while report[_R_LINE] < len(ends):
            filled = self._run(array, ends, report, self._sink, *self._arguments)
            if filled:
                yield memoryview(self._sink)[:filled]
        report[_R_LINES] += len(ends)

    def _meet_pairs(self, data: bytes) -> None:
        """Acknowledgements tell the depth of a pair, snapshots bring a pair."""
        at = data.find(b'"snapshot"')
        while at >= 0:
            begin = data.rfind(b"\n", 0, at) + 1
            end = data.find(b"\n", at)
            at = data.find(b'"snapshot"', end)
            brace = data.find(b"{", begin, end)
            try:
                frame = json.loads(data[brace:end])
            except ValueError:
                continue  # the conductor will count it
            self._meet(frame)

    def _meet(self, frame: dict) -> None:
        result = frame.get("result")
        if isinstance(result, dict) and isinstance(result.get("depth"), int):
            self._acked[str(result.get("symbol"))] = result["depth"]
        if frame.get("channel") != "book" or not isinstance(frame.get("data"), list):
            return
        for element in frame["data"]:
            if not isinstance(element, dict) or not isinstance(element.get("symbol"), str):
                continue
            symbol = element["symbol"]
            self.seen.add(symbol)
            unwanted = self._wanted is not None and symbol not in self._wanted
            if symbol in self._symbols or unwanted or len(symbol) > _LONGEST_SYMBOL:
                continue
            levels = max(len(element.get("bids", ())), len(element.get("asks", ())))
            fitting = [depth for depth in DEPTHS if depth >= levels]
            guess = fitting[0] if fitting else DEPTHS[-1]
            self._add(symbol, self._depth or self._acked.get(symbol, guess))

    def _add(self, symbol: str, depth: int) -> None:
        """Make room for one more pair; what the others hold stays."""
        made = _buffers(symbol, depth, self._settings)
        if self._symbols == [] and symbol:
            if self._arguments:  # the counters of a run that had no pair yet
                made[_COUNTERS][:] = self._arguments[_COUNTERS]
            self._arguments = tuple(made)
            self._symbols = [symbol]
            return
        if not self._arguments:
            made[_SYMBOLS][0] = 0
            self._arguments = tuple(made)
            return
        new = list(self._arguments)
        for place in _PER_PAIR:
            new[place] = as_rows([*new[place], *made[place]])
        new[_SYMBOLS] = np.concatenate([new[_SYMBOLS], made[_SYMBOLS][1:]])
        new[_SYMBOLS][0] = len(self._symbols) + 1
        if len(made[_UPDATE]) > len(new[_UPDATE]):
            new[_UPDATE] = made[_UPDATE]
        self._arguments = tuple(new)
        self._symbols.append(symbol)

    def counter(self, number: int) -> int:
        """One of the counters that `firmware.feeds.buffers` names."""
        return int(self._arguments[_COUNTERS][number]) if self._arguments else 0

    @property
    def first_malformed(self) -> tuple[int, int] | None:
        """Line number and error code of the first frame that was refused, or None."""
        line = int(self._report[_R_BAD_LINE])
        return (line, int(self._report[_R_BAD_CODE])) if line else None

    @property
    def pairs(self) -> list[Pair]:
        """The pairs that were followed, in the order in which they appeared."""
        found = []
        for number, symbol in enumerate(self._symbols):
            book = self._arguments[_BOOKS][number]
            state = self._arguments[_WORDS].tobytes().split(b"\n")[book[_B_STATE]].decode()
            found.append(
                Pair(
                    symbol,
                    int(book[_B_DEPTH]),
                    int(book[_B_UPDATES]),
                    int(book[_B_BAD]),
                    state,
                )
            )
        return found


# Places in the tuple of `buffers.make`.
_UPDATE, _SYMBOLS, _BOOKS, _TEXTS, _PUBS, _SIGS = range(6)
_PER_PAIR = (_BOOKS, _TEXTS, _PUBS, _SIGS)
_WORDS = 9
_COUNTERS = 10


def _buffers(symbol: str, depth: int, settings: dict) -> list[np.ndarray]:
    """The board's own buffers for one pair, as the native conductor takes them."""
    made = buffers.make({**settings, "pairs": [symbol], "depth": depth})
    return [as_native(buffer) for buffer in made]
