"""The loop over the lines of a capture, compiled natively together with the firmware's own conductors."""

from functools import cache
from types import FunctionType

import micropython

from firmware.feeds.spot_v2 import on_frame  # or another dialect's: see `of_dialect`
from firmware.feeds.take_market import take_market
from host.replay.dialects import Dialect

# Places among the buffers of `buffers.make`, and of counters in them.
UPDATE, BOOKS = 0, 2
COUNTERS = 10
OUT_BUFFER = 11
WIRE = 12
_SKIPPED = 3
OUT = 7
_RECORDS = 8

# What a frame is, and what is known of a message about books, as firmware/feeds has it.
_KIND_BOOK = 2
KIND_MARKET = 3
_UPD_GROUPS = 0
_UPD_TYPE = 1
_UPD_PROOF = 5
_UPD_PAIR = 8
_G_LAST = 2  # of a group, the first of which begins at _UPD_PAIR
_GROUP_STRIDE = 8
_UPD_LEVEL = 32
_LEVEL_STRIDE = 11
_TYPE_SNAPSHOT = 1
_PROOF_CHECKSUM = 1
_B_STATE = 0
_LIVE = 1

# The report of a run: where it stands, and what of the lines was refused.
R_LINE = 0
R_SINK = 1
R_OTHERS = 2  # how many line numbers there are in `others`
R_MALFORMED = 3
R_BAD_LINE = 4  # the first malformed line of the file, counted from 1, and its code
R_BAD_CODE = 5
R_LINES = 6  # lines of the chunks before
R_MARKET = 7  # records of the channels that are no books, and their rows that were not used
R_MARKET_SKIPPED = 8
R_LEVELS = 9  # of all the messages about books
R_TAKEN = 10  # from here on, for each pair: its snapshots that were taken without a proof


@micropython.native
def note(kind, line, report, buffers):
    """Put into `report` what a frame was, of which a decoder said `kind` and which has been taken in."""
    update = buffers[UPDATE]
    books = buffers[BOOKS]
    if kind == _KIND_BOOK:
        last_group = _UPD_PAIR + (update[_UPD_GROUPS] - 1) * _GROUP_STRIDE
        if last_group >= _UPD_PAIR:
            report[R_LEVELS] += (update[last_group + _G_LAST] - _UPD_LEVEL) // _LEVEL_STRIDE
        # A message without a checksum is about a single pair.
        if update[_UPD_TYPE] == _TYPE_SNAPSHOT and update[_UPD_PROOF] != _PROOF_CHECKSUM:
            pair = update[_UPD_PAIR]
            if pair >= 0 and books[pair, _B_STATE] == _LIVE:
                report[R_TAKEN + pair] += 1
    elif kind < 0:
        report[R_MALFORMED] += 1
        if report[R_BAD_LINE] == 0:
            report[R_BAD_LINE] = report[R_LINES] + line + 1
            report[R_BAD_CODE] = kind


@micropython.native
def pass_over(frame, start, end, report, buffers):
    """In the place of `report_market` where no channel but the books is wanted."""
    return 0


@micropython.native
def report_market(frame, start, end, report, buffers):
    """Take in a message of another channel than the books."""
    counters = buffers[COUNTERS]
    skipped = counters[_SKIPPED]
    records = counters[_RECORDS]
    take_market(frame, start, end, buffers)
    report[R_MARKET] += counters[_RECORDS] - records
    report[R_MARKET_SKIPPED] += counters[_SKIPPED] - skipped
    return 0


@micropython.native
def telling_to(out, buffers):
    """`buffers` with another one for the records, so that they go to their place at once."""
    # Numba wants OUT_BUFFER written out, and knows no star.
    return buffers[:11] + (out,) + buffers[12:]  # noqa: RUF005


on_market = pass_over


def run_lines(data, starts, ends, report, others, sink, buffers):
    """Feed the frames of `data` from `starts` to `ends` to `on_frame`; records are appended to `sink`.

    The numbers of the lines that are none (they start at -1) are put in `others`. Returns before
    its time when `sink` or `others` is full; `report` says where.
    """
    counters = buffers[COUNTERS]
    line = report[R_LINE]
    filled = 0
    passed = 0
    room = len(sink) - len(buffers[OUT_BUFFER])
    while line < len(ends) and filled <= room and passed < len(others):
        start = starts[line]
        end = ends[line]
        if start >= 0:
            told = telling_to(sink[filled:], buffers)
            kind = on_frame(data, start, end, 0, told)
            note(kind, line, report, told)
            if kind == KIND_MARKET:
                on_market(data, start, end, report, told)
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
    """`run_lines` over another dialect's conductor, with or without the channels that are no books."""
    # A name of its own, because by that its compiled form is found again.
    name = f"run_lines_{dialect.name}_market" if with_market else f"run_lines_{dialect.name}"
    code = run_lines.__code__.replace(co_name=name, co_qualname=name)
    scope = {**run_lines.__globals__, "on_frame": dialect.on_frame}
    if with_market:
        scope["on_market"] = report_market
    return FunctionType(code, scope, name)
