"""A feed that is decoded already: its columns, and the loop over their rows, compiled natively with the conductors."""

from dataclasses import dataclass, replace
from functools import cache
from types import FunctionType

import micropython
import numpy as np

from firmware.feeds.take_book import take_book
from firmware.kernels.decode_v2 import decode  # or another dialect's: see `of_dialect`
from host.replay.columns import (
    BILLION,
    BY_CHECKSUM,
    BY_NOTHING,
    BY_SEQUENCE,
    ERR_LEVELS,
    G_FIRST,
    G_LAST,
    G_PAIR,
    G_PROOF_HI,
    G_PROOF_LO,
    G_TIME_HI,
    G_TIME_LO,
    KIND_BOOK,
    L_PRICE,
    L_QTY,
    LEVEL_STRIDE,
    N_FRAC,
    N_HI,
    N_LEN,
    N_LO,
    N_POS,
    SYMBOL_STRIDE,
    TEXT,
    UPD_GROUPS,
    UPD_LEVEL,
    UPD_MAX_LEVELS,
    UPD_PROOF,
    UPD_TYPE,
    Columns,
    columns_of,
)
from host.replay.dialects import DIALECTS, Dialect, Told
from host.replay.lines import (
    COUNTERS,
    KIND_MARKET,
    OUT,
    OUT_BUFFER,
    R_LINE,
    R_OTHERS,
    R_SINK,
    UPDATE,
    WIRE,
    note,
    pass_over,
    report_market,
    telling_to,
)
from host.replay.split import start_of_frame

# The digits of a level stand in two fields of this width, at their ends.
_FIELD = 18
_DIGITS_OF_LEVEL = 2 * _FIELD
# Two digits at a time: the first of 00..99, and the second.
_TENS = np.array([48 + n // 10 for n in range(100)], np.uint8)
_UNITS = np.array([48 + n % 10 for n in range(100)], np.uint8)


@dataclass(frozen=True)
class Rows:
    """Rows of a decoded feed, each a line of the recording; `rows[a:b]` are some of them."""

    dialect: str
    names: list[str]
    """The pairs as the exchange spells them, by their numbers."""
    columns: Columns
    stops: list[tuple[int, list[Told]]]
    """Rows that tell of pairs, and what they tell."""
    begin: int
    end: int

    def __len__(self) -> int:
        return self.end - self.begin

    def __getitem__(self, part: slice) -> "Rows":
        begin, end, _ = part.indices(len(self))
        return replace(self, begin=self.begin + begin, end=self.begin + end)

    def tellings(self) -> list[tuple[int, list[Told]]]:
        """Which of these rows may tell of pairs, and what they tell."""
        return [(n - self.begin, told) for n, told in self.stops if self.begin <= n < self.end]

    def line(self, number: int) -> bytes:
        """The line that a row of TEXT is."""
        text = self.columns.text
        at = self.begin + number
        return self.columns.bytes[text[at] : text[at + 1]].tobytes()

    def step(self, run, report, others, sink, buffers) -> int:
        """Go on with `run_rows`, compiled; returns the bytes in `sink`."""
        levels = self.columns.levels[self.begin : self.end + 1]
        digits = np.empty(_DIGITS_OF_LEVEL * int(np.diff(levels).max(initial=1)), np.uint8)
        proved_by = BY_SEQUENCE if DIALECTS[self.dialect].by_sequence else BY_CHECKSUM
        places = self._places(buffers[WIRE].tobytes())
        first, count = self.begin, len(self)
        return run(
            self.columns, first, count, places, proved_by, digits, report, others, sink, buffers
        )

    def _places(self, wire: bytes) -> np.ndarray:
        """Where the decoders would find the pairs in their table."""
        starts = [1 + n * SYMBOL_STRIDE for n in range(wire[0])]
        found = [wire[at + 1 : at + 1 + wire[at]].decode() for at in starts]
        places = {name: place for place, name in enumerate(found)}
        return np.array([places.get(name, -1) for name in self.names] or [-1], np.int64)


def one_line(dialect: str) -> Rows:
    """A row that is an empty line: what can be fed to compile the loop, or to load what was compiled."""
    of_rows = (np.zeros(1, kind) for kind in (np.int8, np.int32, np.int64, np.int64))
    ends = np.zeros(2, np.int32), np.array([0, 1], np.int32)
    of_levels = (np.zeros(0, kind) for kind in (np.int8, np.int64, np.int8, np.int64, np.int8))
    line = np.frombuffer(bytearray(b"\n"), np.uint8)
    return Rows(dialect, [], columns_of((*of_rows, *ends, *of_levels, line)), [], 0, 1)


@micropython.native
def write_digits(digits, end, value):
    """Write `value` so that its digits stop before `end`; returns how many there are, none of zero."""
    at = end
    while value >= 10:
        rest = value // 100
        two = value - rest * 100
        at -= 2
        digits[at] = _TENS[two]
        digits[at + 1] = _UNITS[two]
        value = rest
    if value > 0:
        at -= 1
        digits[at] = 48 + value
    return end - at


@micropython.native
def lay_number(value, decimals, update, at, digits, end):
    """Put a level's price or quantity into `update[at:]`, and its digits into `digits`, before `end`."""
    hi = value // BILLION
    update[at + N_HI] = hi
    update[at + N_LO] = value - hi * BILLION
    update[at + N_FRAC] = decimals
    length = write_digits(digits, end, value)
    update[at + N_POS] = end - length
    update[at + N_LEN] = length


@micropython.native
def lay_message(columns, row, pair, proved_by, update, digits):
    """Put a message into `update` as its decoder did; returns what that returned.

    The digits that make a checksum's text go into `digits`, which takes the frame's place.
    """
    first = columns.levels[row]
    last = columns.levels[row + 1]
    most = update[UPD_MAX_LEVELS]
    update[UPD_GROUPS] = 0
    if proved_by != BY_SEQUENCE and last - first > most:
        return ERR_LEVELS
    proof = columns.proof[row]
    if proof < 0:
        update[UPD_PROOF] = BY_NOTHING
    else:
        update[UPD_PROOF] = proved_by
        unit = BILLION if proved_by == BY_SEQUENCE else 65536
        update[G_PROOF_HI] = proof // unit
        update[G_PROOF_LO] = proof - proof // unit * unit
    time = columns.time[row]
    update[G_PAIR] = pair
    update[G_TIME_HI] = time // BILLION
    update[G_TIME_LO] = time - time // BILLION * BILLION
    # A futures snapshot is the whole book, of which a decoder keeps so many levels a side.
    bids_left = most >> 1
    asks_left = most >> 1
    level = UPD_LEVEL
    end = 0
    for n in range(first, last):
        side = columns.side[n]
        if proved_by == BY_SEQUENCE:
            if side == 0:
                if bids_left == 0:
                    continue
                bids_left -= 1
            else:
                if asks_left == 0:
                    continue
                asks_left -= 1
        update[level] = side
        end += _FIELD
        lay_number(
            columns.price[n], columns.price_decimals[n], update, level + L_PRICE, digits, end
        )
        end += _FIELD
        lay_number(
            columns.quantity[n], columns.quantity_decimals[n], update, level + L_QTY, digits, end
        )
        level += LEVEL_STRIDE
    update[UPD_TYPE] = columns.type[row]
    update[G_FIRST] = UPD_LEVEL
    update[G_LAST] = level
    update[UPD_GROUPS] = 1
    return KIND_BOOK


on_market = pass_over


def run_rows(columns, first, count, places, proved_by, digits, report, others, sink, buffers):
    """Feed `count` rows from `first` on to `take_book`, lines by way of their decoder; see `run_lines`.

    `places` says which pair of `buffers` each pair of the rows is, -1: none. `digits` has room for
    those of the longest message.
    """
    update = buffers[UPDATE]
    counters = buffers[COUNTERS]
    line = report[R_LINE]
    filled = 0
    passed = 0
    room = len(sink) - len(buffers[OUT_BUFFER])
    while line < count and filled <= room and passed < len(others):
        row = first + line
        frame = digits
        start = 0
        end = 0
        if columns.type[row] == TEXT:
            frame = columns.bytes
            end = columns.text[row + 1] - 1
            start = start_of_frame(frame, columns.text[row], end)
            kind = decode(frame, start, end, update, buffers[WIRE]) if start >= 0 else 0
        else:
            kind = lay_message(columns, row, places[columns.pair[row]], proved_by, update, digits)
        if start >= 0:
            told = telling_to(sink[filled:], buffers)
            take_book(kind, frame, 0, told)
            note(kind, line, report, told)
            if kind == KIND_MARKET:
                on_market(frame, start, end, report, told)
            filled += counters[OUT]
        else:
            others[passed] = line
            passed += 1
        line += 1
    report[R_LINE] = line
    report[R_SINK] = filled
    report[R_OTHERS] = passed
    return filled


@cache
def of_dialect(dialect: Dialect, with_market: bool) -> FunctionType:
    """`run_rows` with another dialect's decoder, with or without the channels that are no books."""
    # A name of its own, because by that its compiled form is found again.
    name = f"run_rows_{dialect.name}_market" if with_market else f"run_rows_{dialect.name}"
    code = run_rows.__code__.replace(co_name=name, co_qualname=name)
    scope = {**run_rows.__globals__, "decode": dialect.decode}
    if with_market:
        scope["on_market"] = report_market
    return FunctionType(code, scope, name)
