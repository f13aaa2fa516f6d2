"""Lines of a recording into rows: everything about books that fits the columns, the rest as it was."""

from functools import cache
from types import FunctionType

import micropython
import numpy as np

from firmware.kernels.decode_v2 import decode  # or another dialect's: see `_of_dialect`
from host.replay.columns import (
    BILLION,
    BY_CHECKSUM,
    BY_NOTHING,
    BY_SEQUENCE,
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
    N_LO,
    NO_PROOF,
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
from host.replay.dialects import DEPTHS, Dialect, Told, pair_of
from host.replay.rows import Rows
from host.replay.split import split
from host.runtimes import native

MOST_NAMES = 255  # the decoders' table counts in a byte
MOST_DECIMALS = 100  # either way; more does not fit a column, and is a price of nothing
_MOST_LEVELS = 1 << 16

# The shortest level there is: `["1","1","1"],` of spot v1.
_LEVEL_BYTES = 12

# Where a run stands.
_LINE = 0
_LEVELS = 1
_TEXT = 2
_STRANGE = 3  # 1: the message is about a pair that is not in the table
_TAKE_AS_TEXT = 4  # 1: so it is to be kept as it is
_STATE_WORDS = 5

_DOT = 46
_COLON = 58
_BEHIND = -1  # digits that count less than a nanosecond
_LAST_SECOND = 9_000_000_000  # what 64 bits hold in nanoseconds
NOT_TOLD = -1


@micropython.native
def received_ns(data, start, end):
    """When the line `data[start:end]` was received: its `<epoch>: ` in nanoseconds, or NOT_TOLD."""
    seconds = 0
    nanoseconds = 0
    unit = 0  # of the next digit behind the dot; before the dot 0
    begin = start
    while start < end and data[start] != _COLON:
        digit = data[start] - 48
        if data[start] == _DOT and unit == 0:
            unit = BILLION // 10
        elif digit < 0 or digit > 9 or seconds > _LAST_SECOND:
            return NOT_TOLD
        elif unit == 0:
            seconds = seconds * 10 + digit
        elif unit > 0:
            nanoseconds += digit * unit
            unit = unit // 10 if unit > 1 else _BEHIND
        start += 1
    if start >= end or start == begin or seconds > _LAST_SECOND:
        return NOT_TOLD
    return seconds * BILLION + nanoseconds


def read_lines(data, starts, ends, state, columns, received, update, wire):
    """Decode the lines of `data`, whose frames go from `starts` to `ends`, into `columns`; returns the rows so far.

    Stops before a message about a pair that `wire` does not know: `state` says so.
    """
    most = update[UPD_MAX_LEVELS]
    line = state[_LINE]
    filled = state[_LEVELS]
    copied = state[_TEXT]
    state[_STRANGE] = 0
    while line < len(ends):
        end = ends[line]
        start = starts[line]
        begin = ends[line - 1] + 1 if line else 0
        kind = 0
        if start >= 0 and state[_TAKE_AS_TEXT] == 0:
            kind = decode(data, start, end, update, wire)
        fits = kind == KIND_BOOK and update[UPD_GROUPS] == 1
        if fits:
            count = (update[G_LAST] - UPD_LEVEL) // LEVEL_STRIDE
            for n in range(count):
                level = UPD_LEVEL + n * LEVEL_STRIDE
                for at in (level + L_PRICE + N_FRAC, level + L_QTY + N_FRAC):
                    if update[at] > MOST_DECIMALS or update[at] < 0 - MOST_DECIMALS:
                        fits = False
            # With so many levels a futures snapshot may have been cut.
            fits = fits and 2 * count < most
        if fits and update[G_PAIR] < 0:
            state[_STRANGE] = 1
            break
        if fits:
            columns.type[line] = update[UPD_TYPE]
            columns.pair[line] = update[G_PAIR]
            columns.time[line] = update[G_TIME_HI] * BILLION + update[G_TIME_LO]
            if update[UPD_PROOF] == BY_NOTHING:
                columns.proof[line] = NO_PROOF
            else:
                unit = BILLION if update[UPD_PROOF] == BY_SEQUENCE else 65536
                columns.proof[line] = update[G_PROOF_HI] * unit + update[G_PROOF_LO]
            for n in range(count):
                level = UPD_LEVEL + n * LEVEL_STRIDE
                price = level + L_PRICE
                quantity = level + L_QTY
                columns.side[filled] = update[level]
                columns.price[filled] = update[price + N_HI] * BILLION + update[price + N_LO]
                columns.price_decimals[filled] = update[price + N_FRAC]
                columns.quantity[filled] = (
                    update[quantity + N_HI] * BILLION + update[quantity + N_LO]
                )
                columns.quantity_decimals[filled] = update[quantity + N_FRAC]
                filled += 1
        else:
            columns.type[line] = TEXT
            columns.pair[line] = 0
            columns.time[line] = 0
            columns.proof[line] = NO_PROOF
            for at in range(begin, end + 1):
                columns.bytes[copied] = data[at]
                copied += 1
        received[line] = received_ns(data, begin, end)
        line += 1
        columns.levels[line] = filled
        columns.text[line] = copied
        state[_TAKE_AS_TEXT] = 0
    state[_LINE] = line
    state[_LEVELS] = filled
    state[_TEXT] = copied
    return line


@cache
def _of_dialect(dialect: Dialect) -> FunctionType:
    """`read_lines` with another dialect's decoder."""
    # A name of its own, because by that its compiled form is found again.
    name = f"read_lines_{dialect.name}"
    code = read_lines.__code__.replace(co_name=name, co_qualname=name)
    return FunctionType(code, {**read_lines.__globals__, "decode": dialect.decode}, name)


class Decoder:
    """Makes rows of the lines of one dialect; it learns the names of the pairs as they come."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._names: list[str] = []
        self._wire = np.zeros(1 + MOST_NAMES * SYMBOL_STRIDE, np.uint8)
        self._update = np.zeros(UPD_LEVEL + _MOST_LEVELS * LEVEL_STRIDE, np.int32)
        self._update[UPD_MAX_LEVELS] = _MOST_LEVELS
        self._update[UPD_PROOF] = BY_CHECKSUM  # where the decoder leaves that to the owner
        self._run = native.compile_conductor(_of_dialect(dialect))

    def rows(self, lines: bytes) -> tuple[Rows, np.ndarray]:
        """The rows of whole lines, and when each was received, nanoseconds since 1970 (-1: not told)."""
        work = split(self._dialect, lines)
        count = len(work)
        most = len(lines) // _LEVEL_BYTES + 1
        of_rows = [np.empty(count, kind) for kind in (np.int8, np.int32, np.int64, np.int64)]
        ends = [np.zeros(count + 1, np.int32) for _ in range(2)]
        kinds = (np.int8, np.int64, np.int8, np.int64, np.int8)
        of_levels = [np.empty(most, kind) for kind in kinds]
        room = Columns(*of_rows, *ends, *of_levels, np.empty(len(lines), np.uint8))
        received = np.empty(count, np.int64)
        state = np.zeros(_STATE_WORDS, np.int64)
        while True:
            self._run(
                work.data, work.starts, work.ends, state, room, received, self._update, self._wire
            )
            if not state[_STRANGE]:
                break
            state[_TAKE_AS_TEXT] = not self._learn(work.line(int(state[_LINE])))
        levels, text = int(state[_LEVELS]), int(state[_TEXT])
        # Copies, so that the room for the most there could be is given back.
        of_levels = [column[:levels].copy() for column in of_levels]
        columns = columns_of((*of_rows, *ends, *of_levels, room.bytes[:text].copy()))
        stops = [(line, [_plain(one) for one in told]) for line, told in work.tellings()]
        return Rows(self._dialect.name, self._names, columns, stops, 0, count), received

    def _learn(self, line: bytes) -> bool:
        """Whether the pair of a message that was decoded has just found its place in the table."""
        name = pair_of(self._dialect, line)
        at = len(self._names)
        if name is None or name in self._names or at == MOST_NAMES:
            return False
        self._names.append(name)
        row = self._wire[1 + at * SYMBOL_STRIDE :]
        row[0] = len(name)
        row[1 : 1 + len(name)] = np.frombuffer(name.encode(), np.uint8)
        self._wire[0] = at + 1
        return True


def _plain(told: Told) -> Told:
    """What an engine looks at of it, without what could be anything."""
    name, channel, depth, levels = told
    if not isinstance(name, str) or not isinstance(channel, str):
        return Told(None, None, None, levels)
    return Told(
        name, channel, depth if isinstance(depth, int) and depth in DEPTHS else None, levels
    )
