"""What comes and goes: order-flow imbalance of the best bid and ask, and what was bought and sold."""

import micropython
from micropython import const

_B_CAPACITY = const(3)
_B_COUNT = const(4)
_B_DECIMALS = const(6)  # of prices, then of sizes
_B_ORDER = const(64)
_SLOT_STRIDE = const(4)
_S_QTY_HI = const(2)

# The flow of a pair. Sums are in limbs of nine digits (top, hi, lo), below 0 by their top limb alone.
_Y_TOUCH = const(0)  # price and size of the best bid, then of the best ask
_Y_KNOWN = const(8)  # 1 if that is what they last were
_Y_DECIMALS = const(9)  # of the sizes
_Y_IMBALANCE = const(10)  # of the order flow
_Y_DEALT_DECIMALS = const(13)
_Y_BOUGHT = const(14)
_Y_SOLD = const(17)

_V_LO = const(1)
_V_DECIMALS = const(2)
_V_SIGN = const(3)

_BILLION = const(1000000000)
_HUNDRED_MILLION = const(100000000)


@micropython.viper
def touch(flow: ptr32, book: ptr32, fresh: int) -> int:
    """Add what an update did to the best bid and ask of `book`; 1 if it could be told. For every update of these.

    Order-flow imbalance is the sum of the e_n of Cont, Kukanov, Stoikov (The price impact of order
    book events, 2014): size that came to the best bid, or left the best ask, less what left the best
    bid or came to the best ask; all of a price's size comes or leaves with the price. Before a
    `fresh` book, and where a side is empty, there is no touch to compare with.
    """
    if flow[_Y_DECIMALS] != book[_B_DECIMALS + 1]:
        flow[_Y_DECIMALS] = book[_B_DECIMALS + 1]
        flow[_Y_KNOWN] = 0
        flow[_Y_IMBALANCE] = 0
        flow[_Y_IMBALANCE + 1] = 0
        flow[_Y_IMBALANCE + 2] = 0
    known = flow[_Y_KNOWN]
    flow[_Y_KNOWN] = 0
    if book[_B_COUNT] == 0 or book[_B_COUNT + 1] == 0:
        return 0
    if fresh:
        known = 0
    capacity = book[_B_CAPACITY]
    order = _B_ORDER
    sign = 1
    at = _Y_TOUCH
    while at < _Y_KNOWN:
        slot = _B_ORDER + 2 * capacity + book[order] * _SLOT_STRIDE
        if known:
            better = book[slot] - flow[at]
            if better == 0:
                better = book[slot + 1] - flow[at + 1]
            better *= sign
            hi = 0
            lo = 0
            if better >= 0:
                hi = book[slot + _S_QTY_HI]
                lo = book[slot + _S_QTY_HI + 1]
            if better <= 0:
                hi -= flow[at + 2]
                lo -= flow[at + 3]
            lo = flow[_Y_IMBALANCE + 2] + sign * lo
            hi = flow[_Y_IMBALANCE + 1] + sign * hi
            if lo < 0:
                lo += _BILLION
                hi -= 1
            elif lo >= _BILLION:
                lo -= _BILLION
                hi += 1
            if hi < 0:
                hi += _BILLION
                flow[_Y_IMBALANCE] -= 1
            elif hi >= _BILLION:
                hi -= _BILLION
                flow[_Y_IMBALANCE] += 1
            flow[_Y_IMBALANCE + 1] = hi
            flow[_Y_IMBALANCE + 2] = lo
        flow[at] = book[slot]
        flow[at + 1] = book[slot + 1]
        flow[at + 2] = book[slot + _S_QTY_HI]
        flow[at + 3] = book[slot + _S_QTY_HI + 1]
        at += 4
        order += capacity
        sign = 0 - sign
    flow[_Y_KNOWN] = 1
    return known


@micropython.viper
def deal(flow: ptr32, values: ptr32, at: int, side: int) -> int:
    """Add a trade of the size `values[at]` to what was bought (`side` 0) or sold (1); 1 if it could be told.

    Sides are those of the order that took. Sums have the most decimals that a size was printed
    with; digits that find no room there are cut.
    """
    hi = values[at]
    lo = values[at + _V_LO]
    decimals = values[at + _V_DECIMALS]
    if decimals < 0 or values[at + _V_SIGN]:
        return 0
    while decimals > flow[_Y_DEALT_DECIMALS]:
        if flow[_Y_BOUGHT] < _HUNDRED_MILLION and flow[_Y_SOLD] < _HUNDRED_MILLION:
            place = _Y_BOUGHT
            while place <= _Y_SOLD:
                k = flow[place + 2] // _HUNDRED_MILLION
                flow[place + 2] = (flow[place + 2] - k * _HUNDRED_MILLION) * 10
                n = flow[place + 1] // _HUNDRED_MILLION
                flow[place + 1] = (flow[place + 1] - n * _HUNDRED_MILLION) * 10 + k
                flow[place] = flow[place] * 10 + n
                place += 3
            flow[_Y_DEALT_DECIMALS] += 1
        else:
            k = hi // 10
            lo = (hi - k * 10) * _HUNDRED_MILLION + lo // 10
            hi = k
            decimals -= 1
    top = 0
    while decimals < flow[_Y_DEALT_DECIMALS] and top < _HUNDRED_MILLION:
        k = lo // _HUNDRED_MILLION
        lo = (lo - k * _HUNDRED_MILLION) * 10
        n = hi // _HUNDRED_MILLION
        hi = (hi - n * _HUNDRED_MILLION) * 10 + k
        top = top * 10 + n
        decimals += 1
    place = _Y_BOUGHT + 3 * side
    lo += flow[place + 2]
    hi += flow[place + 1]
    top += flow[place]
    if lo >= _BILLION:
        lo -= _BILLION
        hi += 1
    if hi >= _BILLION:
        hi -= _BILLION
        top += 1
    if decimals < flow[_Y_DEALT_DECIMALS] or top >= _BILLION:
        return 0
    flow[place] = top
    flow[place + 1] = hi
    flow[place + 2] = lo
    return 1
