"""What a book says: best bid and ask, spread, mid, microprice, imbalance, depth ratio; published in two slots."""

import micropython
from micropython import const

_B_CAPACITY = const(3)
_B_COUNT = const(4)
_B_DECIMALS = const(6)
_B_TIME_HI = const(8)
_B_TIME_LO = const(9)
_B_NEAREST = const(62)
_B_ORDER = const(64)
_SLOT_STRIDE = const(4)
_S_QTY_HI = const(2)
_S_QTY_LO = const(3)

# The published buffer: a count of publications, the levels that were summed, two slots that take
# turns. A reader copies slot `count & 1` and believes it if the count is still the same.
_P_COUNT = const(0)
_P_LEVELS = const(1)
_P_SLOT = const(4)
_P_SLOT_STRIDE = const(36)
# A slot is a row of values; a value is hi * 10**9 + lo, times 10**-decimals, minus if sign is 1.
_V_HI = const(0)
_V_LO = const(1)
_V_DECIMALS = const(2)  # -1: there is no value
_V_SIGN = const(3)
_F_TIME = const(0)
_F_BID = const(4)
_F_ASK = const(8)
_F_SPREAD = const(12)  # bps
_F_MICRO = const(16)
_F_IMBALANCE = const(20)
_F_RATIO = const(24)
_F_MID = const(28)
_F_ARRIVAL = const(32)  # the board's ticks_ms when the frame came

_SPREAD_DECIMALS = const(4)
_IMBALANCE_DECIMALS = const(4)
_RATIO_DECIMALS = const(3)
_WEIGHT_DIGITS = const(9)

# The settings buffer: the levels to sum, and from _W_SPREAD on a work area: five fractions, each
# numerator and denominator in three limbs, then its digits after the point and the place of its
# result in `pub`.
_SET_LEVELS = const(0)
_W_STRIDE = const(8)
_W_SPREAD = const(8)
_W_IMBALANCE = const(16)
_W_RATIO = const(24)
_W_WEIGHT = const(32)
_W_MICRO = const(40)
_W_POWERS = const(48)  # 10**0 to 10**9
_DIGITS = const(6)
_RESULT = const(7)

_BILLION = const(1000000000)
_HUNDRED_MILLION = const(100000000)
_TEN_MILLION = const(10000000)
_MOST = const(999999999)


@micropython.viper
def features(pub: ptr32, work: ptr32, book: ptr32, now_ms: int) -> int:
    """Compute the features of `book` and publish them in `pub`; `work` is the settings buffer.

    Spread in bps of the mid and imbalance (bids - asks) / (bids + asks) with 4 decimals, depth
    ratio bids / asks with 3, all rounded to nearest from 8 significant digits of both operands;
    mid is exact; the microprice (bid * ask size + ask * bid size) / (sizes), Gatheral and Oomen
    2010, has one decimal more than prices and is right to its last digit while the spread is
    below 10**5 ticks. What an empty side leaves undefined has decimals -1, and so have mid and
    microprice of prices beyond 10**17 ticks. What the last message left as it was is not computed
    again. Returns the number of publications.
    """
    levels = work[_SET_LEVELS]
    slot = _P_SLOT + ((pub[_P_COUNT] + 1) & 1) * _P_SLOT_STRIDE
    capacity = book[_B_CAPACITY]
    decimals = book[_B_DECIMALS]
    nearest = book[_B_NEAREST]
    if pub[_P_LEVELS] != levels:
        pub[_P_LEVELS] = levels
        nearest = 0
    if nearest > 0:
        # The best bid and ask are as they were, and so is all but imbalance and ratio.
        at = _P_SLOT + (pub[_P_COUNT] & 1) * _P_SLOT_STRIDE
        k = 0
        while k < _F_ARRIVAL:
            pub[slot + k] = pub[at + k]
            k += 1
    pub[slot + _F_TIME + _V_HI] = book[_B_TIME_HI]
    pub[slot + _F_TIME + _V_LO] = book[_B_TIME_LO]
    pub[slot + _F_TIME + _V_DECIMALS] = 0
    pub[slot + _F_TIME + _V_SIGN] = 0
    pub[slot + _F_ARRIVAL] = now_ms
    if nearest >= levels:
        pub[_P_COUNT] += 1
        return pub[_P_COUNT]

    # Sizes over the levels, in three limbs: bids at _W_RATIO, asks behind them.
    side = 0
    while side < 2:
        n = book[_B_COUNT + side]
        if n > levels:
            n = levels
        order = _B_ORDER + side * capacity
        top = 0
        hi = 0
        lo = 0
        k = 0
        while k < n:
            at = _B_ORDER + 2 * capacity + book[order + k] * _SLOT_STRIDE
            lo += book[at + _S_QTY_LO]
            hi += book[at + _S_QTY_HI]
            if lo >= _BILLION:
                lo -= _BILLION
                hi += 1
            if hi >= _BILLION:
                hi -= _BILLION
                top += 1
            k += 1
        at = _W_RATIO + side * 3
        work[at] = top
        work[at + 1] = hi
        work[at + 2] = lo
        at = slot + _F_BID + side * 4
        pub[at + _V_DECIMALS] = -1
        pub[at + _V_SIGN] = 0
        if n > 0:
            k = _B_ORDER + 2 * capacity + book[order] * _SLOT_STRIDE
            pub[at + _V_HI] = book[k]
            pub[at + _V_LO] = book[k + 1]
            pub[at + _V_DECIMALS] = decimals
            # The microprice weighs with the best sizes only: bid's over the sum of both.
            k += _S_QTY_HI
            work[_W_WEIGHT + 1 + side * 3] = book[k]
            work[_W_WEIGHT + 2 + side * 3] = book[k + 1]
        side += 1

    at = _F_SPREAD
    while at <= _F_MID and nearest == 0:
        pub[slot + at + _V_HI] = 0
        pub[slot + at + _V_DECIMALS] = -1
        pub[slot + at + _V_SIGN] = 0
        at += 4
    if book[_B_COUNT] == 0 or book[_B_COUNT + 1] == 0:
        pub[_P_COUNT] += 1
        return pub[_P_COUNT]

    # Imbalance: |bids - asks| over bids + asks.
    at = _W_RATIO
    lo = work[at + 2] + work[at + 5]
    hi = work[at + 1] + work[at + 4]
    top = work[at] + work[at + 3]
    if lo >= _BILLION:
        lo -= _BILLION
        hi += 1
    if hi >= _BILLION:
        hi -= _BILLION
        top += 1
    work[_W_IMBALANCE + 3] = top
    work[_W_IMBALANCE + 4] = hi
    work[_W_IMBALANCE + 5] = lo
    side = work[at] - work[at + 3]
    if side == 0:
        side = work[at + 1] - work[at + 4]
    if side == 0:
        side = work[at + 2] - work[at + 5]
    pub[slot + _F_IMBALANCE + _V_SIGN] = 0
    n = 3
    if side < 0:
        n = 0 - 3
        at += 3
        pub[slot + _F_IMBALANCE + _V_SIGN] = 1
    lo = work[at + 2] - work[at + n + 2]
    hi = work[at + 1] - work[at + n + 1]
    top = work[at] - work[at + n]
    if lo < 0:
        lo += _BILLION
        hi -= 1
    if hi < 0:
        hi += _BILLION
        top -= 1
    work[_W_IMBALANCE] = top
    work[_W_IMBALANCE + 1] = hi
    work[_W_IMBALANCE + 2] = lo
    work[_W_IMBALANCE + _DIGITS] = _IMBALANCE_DECIMALS
    work[_W_IMBALANCE + _RESULT] = slot + _F_IMBALANCE
    work[_W_RATIO + _DIGITS] = _RATIO_DECIMALS
    work[_W_RATIO + _RESULT] = slot + _F_RATIO

    exact = 0
    crossed = 0
    row = _W_IMBALANCE
    if nearest == 0:
        row = _W_SPREAD
        # Spread and twice the mid.
        hi = pub[slot + _F_ASK + _V_HI]
        top = pub[slot + _F_BID + _V_HI]
        lo = pub[slot + _F_ASK + _V_LO] - pub[slot + _F_BID + _V_LO]
        k = hi - top
        if lo < 0:
            lo += _BILLION
            k -= 1
        if k < 0:
            crossed = 1
            pub[slot + _F_SPREAD + _V_SIGN] = 1
            k = 0 - k
            if lo > 0:
                lo = _BILLION - lo
                k -= 1
        # Ten times the spread, in the microprice's unit.
        n = lo // _HUNDRED_MILLION
        work[_W_MICRO] = 0
        work[_W_MICRO + 1] = 0
        work[_W_MICRO + 2] = (lo - n * _HUNDRED_MILLION) * 10
        if hi <= _HUNDRED_MILLION and top <= _HUNDRED_MILLION:
            exact = 1
            n += k * 10
            if n >= _BILLION:
                n -= _BILLION
                work[_W_MICRO] = 1
            work[_W_MICRO + 1] = n
        lo += lo
        k += k
        if lo >= _BILLION:
            lo -= _BILLION
            k += 1
        work[_W_SPREAD] = 0
        if k >= _BILLION:
            k -= _BILLION
            work[_W_SPREAD] = 1
        work[_W_SPREAD + 1] = k
        work[_W_SPREAD + 2] = lo
        hi += top
        lo = pub[slot + _F_ASK + _V_LO] + pub[slot + _F_BID + _V_LO]
        if lo >= _BILLION:
            lo -= _BILLION
            hi += 1
        if exact:
            # mid = (bid + ask) * 10 / 2, with one decimal more.
            n = lo // _HUNDRED_MILLION
            k = hi * 10 + n
            n = (lo - n * _HUNDRED_MILLION) * 10
            if k & 1:
                n += _BILLION
            pub[slot + _F_MID + _V_HI] = k >> 1
            pub[slot + _F_MID + _V_LO] = n >> 1
            pub[slot + _F_MID + _V_DECIMALS] = decimals + 1
        work[_W_SPREAD + 3] = 0
        if hi >= _BILLION:
            hi -= _BILLION
            work[_W_SPREAD + 3] = 1
        work[_W_SPREAD + 4] = hi
        work[_W_SPREAD + 5] = lo
        work[_W_SPREAD + _DIGITS] = 8  # spread * 2 / (bid + ask) * 10**4 bps, with 4 decimals
        work[_W_SPREAD + _RESULT] = slot + _F_SPREAD

        # The microprice's weight, bid size over both; then the last fraction takes it of the spread.
        lo = work[_W_WEIGHT + 2] + work[_W_WEIGHT + 5]
        hi = work[_W_WEIGHT + 1] + work[_W_WEIGHT + 4]
        if lo >= _BILLION:
            lo -= _BILLION
            hi += 1
        work[_W_WEIGHT] = 0
        work[_W_WEIGHT + 3] = 0
        if hi >= _BILLION:
            hi -= _BILLION
            work[_W_WEIGHT + 3] = 1
        work[_W_WEIGHT + 4] = hi
        work[_W_WEIGHT + 5] = lo
        # As many digits of the weight as ten times the spread has, and one.
        n = _WEIGHT_DIGITS
        k = 1
        if work[_W_MICRO] == 0 and work[_W_MICRO + 1] == 0:
            n = 2
            lo = work[_W_MICRO + 2]
            while lo >= 10 * k and n < _WEIGHT_DIGITS:
                k *= 10
                n += 1
        work[_W_WEIGHT + _DIGITS] = n

    weight = 0
    while True:
        # Eight significant digits and a decimal exponent of numerator and denominator.
        numerator = 0
        exponent = 0
        at = row
        while True:
            k = 18
            hi = work[at]
            lo = work[at + 1]
            if hi == 0:
                hi = lo
                lo = work[at + 2]
                k = 9
                if hi == 0:
                    hi = lo
                    lo = 0
                    k = 0
            if hi >= _HUNDRED_MILLION:
                hi = hi // 10
                k += 1
            elif hi > 0 and (k > 0 or at == row):  # a small denominator is exact as it is
                n = _W_POWERS + 9
                while hi < _TEN_MILLION:
                    hi *= 10
                    n -= 1
                    k -= 1
                if lo > 0:
                    hi += lo // work[n]
            if at != row or row == _W_MICRO:
                break
            numerator = hi
            exponent = k
            at += 3
        if row == _W_MICRO:
            break
        # Long division: as many steps as the exponents and the wanted digits ask.
        k = exponent - k + work[row + _DIGITS]
        n = 0
        if hi > 0:
            n = numerator // hi
            numerator -= n * hi
            while k > 0 and n < _HUNDRED_MILLION:
                numerator *= 10
                lo = numerator // hi
                numerator -= lo * hi
                n = n * 10 + lo
                k -= 1
            if k > 0 and n > 0:
                n = _MOST
            elif k < 0:
                while k < -1 and n > 0:
                    n = n // 10
                    k += 1
                n = (n + 5) // 10
            elif numerator * 2 >= hi and n < _MOST:
                n += 1
        if row == _W_WEIGHT:
            weight = n
        else:
            pub[work[row + _RESULT] + _V_LO] = n
        if row == _W_RATIO and nearest > 0:
            break
        row += _W_STRIDE

    if exact > crossed:
        # spread * weight / 10**9: both in two parts, so that no product leaves 32 bits.
        n = weight
        lo = work[_W_WEIGHT + _DIGITS]
        while lo < _WEIGHT_DIGITS:
            n *= 10
            lo += 1
        if n > _MOST:
            n = _MOST
        top = hi // 10000
        hi -= top * 10000
        lo = n // 100000
        n -= lo * 100000
        # hi.. * weight = (top * 10**4 + hi) * (lo * 10**5 + n)
        n = top * lo + (top * n // 10 + hi * lo + hi * n // 100000 + 5000) // 10000
        hi = 0
        if k < 0:
            lo = 1
            while k < 0:
                lo *= 10
                k += 1
            n = (n + (lo >> 1)) // lo
        while k > 0:
            top = n // _HUNDRED_MILLION
            n = (n - top * _HUNDRED_MILLION) * 10
            hi = hi * 10 + top
            k -= 1
        lo = pub[slot + _F_BID + _V_LO]
        top = lo // _HUNDRED_MILLION
        lo = (lo - top * _HUNDRED_MILLION) * 10 + n
        hi += pub[slot + _F_BID + _V_HI] * 10 + top
        if lo >= _BILLION:
            lo -= _BILLION
            hi += 1
        pub[slot + _F_MICRO + _V_HI] = hi
        pub[slot + _F_MICRO + _V_LO] = lo
        pub[slot + _F_MICRO + _V_DECIMALS] = decimals + 1

    pub[slot + _F_SPREAD + _V_DECIMALS] = _SPREAD_DECIMALS
    pub[slot + _F_IMBALANCE + _V_DECIMALS] = _IMBALANCE_DECIMALS
    pub[slot + _F_RATIO + _V_DECIMALS] = _RATIO_DECIMALS
    pub[_P_COUNT] += 1
    return pub[_P_COUNT]
