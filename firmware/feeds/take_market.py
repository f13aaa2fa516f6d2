"""What a ticker, trade, ohlc or spread message does, in every dialect: records, and the last price of its pair."""

import micropython
from micropython import const

from firmware.kernels.flow import deal
from firmware.kernels.pick import find, pick
from firmware.kernels.render import render

# `pick_words`: the state of `pick` and a row, then for each pair its last price: hi, lo, decimals,
# and 1 if it is newer than the last look at it (whoever looks sets 0).
_PICK_STATUS = const(0)
_PICK_ROW = const(2)
_MARKET_ROW = const(48)  # first the message's channel and pair, then rows: the pair
_MARKET_PAIR = const(57)
_MARKET_VALUES = const(57)  # the time, the last price, the others
_MARKET_PRICE = const(61)
_MARKET_QUANTITY = const(65)
_MARKET_SIDE = const(69)  # of a trade
_MARKET_END_CHANNEL = const(85)  # the channel that tells the end of its interval, 0: none
_MARKET_SPAN_HI = const(86)  # how long that is
_MARKET_SPAN_LO = const(87)
_MARKET_TRADE = const(88)  # the channel whose rows have a side, 0: none
_MARKET_LAST = const(89)
_MARKET_LAST_STRIDE = const(4)

# `spec`: what to pick of a message; a table of the sides' and the channels' names; the sides' words;
# then for each channel what to pick of it, and its record.
_MARKET_NAMES = const(1)
_MARKET_WORDS = const(2)
_MARKET_CHANNELS = const(3)
_MARKET_SIDES = const(2)

_SKIPPED = const(3)
_OUT = const(7)
_RECORDS = const(8)
_ROOM_END = const(640)  # where a record may begin: 896 bytes there are, 256 it needs

_BILLION = const(1000000000)


@micropython.native
def take_market(frame, start, end, buffers):
    """Take in the message `frame[start:end]`: a record for each of its rows; returns 0.

    A message or row that cannot be read, or a pair that is none of ours, is counted as skipped; so
    are the rows that `out` has no room for. A channel that is not among the settings is left alone.
    A conductor, see spot_v2.py.
    """
    _, symbols, _, _, _, _, _, _, _, _, counters, out, wire, work, spec, _, _, _, flows, _, _ = (
        buffers
    )
    counters[_OUT] = 0
    if spec[0][0] == 0:
        return 0
    pos = 0
    work[_PICK_STATUS] = 0
    pick(frame, start, end, work, spec[0], work)
    if work[_PICK_STATUS] != _PICK_ROW:
        counters[_SKIPPED] += 1
        return 0
    channel = find(spec[_MARKET_NAMES], work, _MARKET_ROW)
    if channel < _MARKET_SIDES:
        return 0
    in_row = work[_MARKET_PAIR] == 0
    pair = find(wire, work, _MARKET_PAIR)
    at = _MARKET_CHANNELS + 2 * (channel - _MARKET_SIDES)
    work[_PICK_STATUS] = 0
    i = pick(frame, start, end, work, spec[at], work)
    while work[_PICK_STATUS] == _PICK_ROW:
        if in_row:
            pair = find(wire, work, _MARKET_ROW)
        side = 0
        if channel == work[_MARKET_TRADE]:
            side = find(spec[_MARKET_NAMES], work, _MARKET_SIDE)
        elif channel == work[_MARKET_END_CHANNEL] and work[_MARKET_VALUES] > 1:
            # From the end of the interval to its begin, if the time is known.
            hi = work[_MARKET_VALUES] - work[_MARKET_SPAN_HI]
            lo = work[_MARKET_VALUES + 1] - work[_MARKET_SPAN_LO]
            if lo < 0:
                lo += _BILLION
                hi -= 1
            work[_MARKET_VALUES] = hi
            work[_MARKET_VALUES + 1] = lo
        if pair < 0 or side < 0 or side >= _MARKET_SIDES:
            counters[_SKIPPED] += 1
        else:
            if channel == work[_MARKET_TRADE]:
                deal(flows[pair], work, _MARKET_QUANTITY, side)
            if work[_MARKET_PRICE + 2] >= 0:
                last = _MARKET_LAST + pair * _MARKET_LAST_STRIDE
                work[last] = work[_MARKET_PRICE]
                work[last + 1] = work[_MARKET_PRICE + 1]
                work[last + 2] = work[_MARKET_PRICE + 2]
                work[last + 3] = 1
            if pos > _ROOM_END:
                counters[_SKIPPED] += 1
            else:
                counters[_RECORDS] += 1
                pos = render(
                    out,
                    pos,
                    spec[at + 1],
                    work,
                    _MARKET_VALUES,
                    symbols,
                    pair,
                    spec[_MARKET_WORDS],
                    side,
                )
        i = pick(frame, i, end, work, spec[at], work)
    counters[_OUT] = pos
    return 0
