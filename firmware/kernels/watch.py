"""The delta watch: the last price of a pair, and whether it moved too far since the last look at it."""

import micropython
from micropython import const

# Ticks count to 2**30 and begin anew.
_TICKS_HALF = const(536870912)
_TICKS_MASK = const(1073741823)

# What is kept for a pair, see health.py. The price before the last move that was too far is a value
# of a record: hi, lo, decimals, sign.
_M_BEFORE = const(0)
_M_MOVED = const(4)  # 1 until whoever renews the book has seen it
_M_THRESHOLD = const(5)  # in 1/100000 of the price, at most a tenth; 0: none
_M_COOLDOWN_MS = const(6)
_M_RESTS = const(7)  # 1 until the cooldown is over
_M_SINCE = const(8)  # ticks at which it began
_M_MARKET = const(9)  # where in `market` the pair's last price is, 0: there are no channels
_M_DEALT = const(10)  # 1: a channel has told the price since the book is LIVE
_M_DECIMALS = const(11)  # of the price below
_M_PRICE = const(12)  # the last look's, 0: there was none

# As take_book.py, features.py and take_market.py have them.
_B_STATE = const(0)
_LIVE = const(1)
_P_COUNT = const(0)
_P_SLOT = const(4)
_P_SLOT_STRIDE = const(36)
_F_MID = const(28)
_V_DECIMALS = const(2)
_V_SIGN = const(3)
_MARKET_NEWER = const(3)

_WHOLE = const(100000)
_FINEST = const(18)
_TEN_MILLION = const(10000000)
_HUNDRED_MILLION = const(100000000)
_MOST = const(999999999)


@micropython.viper
def watch(row: ptr32, pub: ptr32, book: ptr32, market: ptr32, now: int) -> int:
    """Look at a pair; 1 if its price moved beyond the threshold since the last look and the cooldown is over.

    The price is the last one that a market channel told since the book is LIVE, before that the
    published mid. The two are not compared with each other, nor is what lies on both sides of a
    time when the book was not LIVE or there was no price. Prices are cut to eight digits; while a
    pair's price stays between a tenth and ten times of what it was, they share one unit, so that
    seven digits are left at least. There is none at or above 10**8, nor below 10**-18. (The prices
    before are in the ring of returns of series.py.)
    """
    if row[_M_RESTS]:
        passed = ((now - row[_M_SINCE] + _TICKS_HALF) & _TICKS_MASK) - _TICKS_HALF
        # Who has not looked for six days finds a negative difference.
        if passed >= row[_M_COOLDOWN_MS] or passed < 0:
            row[_M_RESTS] = 0
    last = row[_M_PRICE]
    row[_M_PRICE] = 0
    place = row[_M_MARKET]
    if book[_B_STATE] != _LIVE:
        row[_M_MOVED] = 0
        row[_M_DEALT] = 0
        if place:
            market[place + _MARKET_NEWER] = 0
        return 0

    # The other thread writes a market price in one piece, since native code is not interrupted.
    hi = 0
    lo = 0
    decimals = 0
    told = 0
    if place and market[place + _MARKET_NEWER]:
        market[place + _MARKET_NEWER] = 0
        hi = market[place]
        lo = market[place + 1]
        decimals = market[place + _V_DECIMALS]
        told = 1
        if row[_M_DEALT] == 0:
            row[_M_DEALT] = 1
            last = 0
    elif row[_M_DEALT] == 0:
        count = pub[_P_COUNT]
        k = _P_SLOT + (count & 1) * _P_SLOT_STRIDE + _F_MID
        hi = pub[k]
        lo = pub[k + 1]
        decimals = pub[k + _V_DECIMALS]
        if pub[k + _V_SIGN]:
            decimals = -1
        if count == pub[_P_COUNT]:
            told = 1
    if told == 0:
        row[_M_PRICE] = last
        return 0
    if decimals < 0:
        return 0

    # Eight digits.
    while hi > 0 or lo >= _HUNDRED_MILLION:
        k = hi // 10
        lo = (hi - k * 10) * _HUNDRED_MILLION + lo // 10
        hi = k
        decimals -= 1
    if lo == 0 or decimals < 0:
        return 0
    while lo < _TEN_MILLION and decimals < _FINEST:
        lo *= 10
        decimals += 1
    while decimals > _FINEST:
        lo = lo // 10
        decimals -= 1

    was = last
    was_decimals = row[_M_DECIMALS]
    shift = was_decimals - decimals
    if shift > 1 or shift < 0 - 1:
        # Another unit from now on: what was seen before is brought to it.
        row[_M_DECIMALS] = decimals
        if last > 0:
            while shift > 0 and last > 0:
                last = last // 10
                shift -= 1
            while shift < 0 and last < _HUNDRED_MILLION:
                last *= 10
                shift += 1
            if shift < 0:
                last = _MOST
            if last == 0:
                last = 1
    elif shift > 0:
        lo *= 10
    elif shift < 0:
        lo = lo // 10
    row[_M_PRICE] = lo

    k = row[_M_THRESHOLD]
    if last == 0 or k == 0 or row[_M_RESTS]:
        return 0
    hi = last // _WHOLE
    hi = hi * k + (last - hi * _WHOLE) * k // _WHOLE
    move = lo - last
    if move < 0:
        move = 0 - move
    if move <= hi:
        return 0
    while was_decimals > 0 and was // 10 * 10 == was:
        was = was // 10
        was_decimals -= 1
    row[_M_BEFORE] = 0
    row[_M_BEFORE + 1] = was
    row[_M_BEFORE + _V_DECIMALS] = was_decimals
    row[_M_RESTS] = 1
    row[_M_SINCE] = now
    row[_M_MOVED] = 1
    return 1
