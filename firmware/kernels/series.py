"""A pair's price sampled at even times: log-returns, volatility, momentum; sums kept in O(1), gaps kept as gaps."""

import micropython
from micropython import const

# The series buffer: returns that a window has, then a row a pair. `contagion` has its settings here.
_WINDOW = const(0)  # 20 to 500
_ROWS = const(4)
# A row, and behind it a ring of window + 1 returns in units of 5 * 10**-11. It begins as zeros.
_X_PRICE = const(0)  # of the last sample: hi, lo, decimals; 0: there was none
_X_AT = const(3)  # where in the ring the last return is
_X_RUN = const(4)  # returns in the window: all since the last gap, at most the window
_X_MOVES = const(5)  # how many of them are not 0
_X_SUM = const(6)  # of them, in two parts: upper * 2**15 + lower
_X_SQUARES = const(8)  # their sum, in limbs of 30 bits: top, hi, lo
_X_AVERAGE = const(11)  # of squares, fast: hi, lo, what the last division left; then slow
_X_SEEN = const(17)  # returns ever, as far as the averages need to know
_X_VOLATILITY = const(18)  # in bps: lo, decimals of the window, of the fast, the slow average
_X_MOMENTUM = const(24)  # -1, 0 or 1
_X_RETURNS = const(25)

# Averages count a return with 2**-4 and 2**-10 (16 returns, 1024), from the first one on with
# 2**-k where 2**k is at most what was seen: so they begin as plain averages.
_FAST_SHIFT = const(4)
_SLOW_SHIFT = const(10)
_MOST_SEEN = const(1024)

# As take_book.py and features.py have them.
_B_STATE = const(0)
_LIVE = const(1)
_P_COUNT = const(0)
_P_SLOT = const(4)
_P_SLOT_STRIDE = const(36)
_F_MID = const(28)
_V_DECIMALS = const(2)
_V_SIGN = const(3)

_BILLION = const(1000000000)
_HUNDRED_MILLION = const(100000000)
_TEN_MILLION = const(10000000)
_FARTHEST = const(1073700000)  # return that is told apart: 5.37 %
_PLACES = const(10)  # after the point, of a quotient of prices; a unit is half the last one
# ln(p1 / p0) is d + d**3 / 12 with d = 2 (p1 - p0) / (p1 + p0); d is 2**15 * n units.
_CUBE = const(4164)  # 12 / (5 * 10**-11)**2 / 2**60
_MASK15 = const(32767)
_HALF15 = const(16384)
_MASK30 = const(1073741823)
_QUARTER30 = const(268435456)  # 2**28
_ROOT_LINE = const(12000)

# A unit is half of the 6th decimal of a bps, 500 of the 9th; a root below this exponent has 9.
_COARSE_EXPONENT = const(6)
_COARSE_DECIMALS = const(6)
_FINE_DECIMALS = const(9)
_FINE = const(500)


@micropython.viper
def sample(series: ptr32, pub: ptr32, book: ptr32, pair: int) -> int:
    """Take the published mid of `pair` as its price of now; 1 if that made a return, 0 where there is a gap.

    The last price is carried while nothing new is published. A book that is not LIVE, or has no
    mid, is a gap: the window begins anew behind it, no return spans it; the averages, which know
    no time, wait. A log-return is right to 1.5 units and 2 * 10**-7 of itself; beyond 5.37 % it
    counts as that.

    Volatility is the root of the mean square: realized volatility (Andersen, Bollerslev, Diebold,
    Labys 2003) over the window, and the average v += (r**2 - v) * 2**-k of RiskMetrics (Morgan
    1996) with decays 15/16 and 1023/1024. Momentum is the sign of the window's whole return where
    that is at least 2 root(sum of squares), twice what a random walk would stray (the t-statistic
    of time series momentum, Moskowitz, Ooi, Pedersen 2012). Call this for every pair, at even times.
    """
    window = series[_WINDOW]
    row = _ROWS + pair * (_X_RETURNS + 1 + window)
    at = series[row + _X_AT] + 1
    if at > window:
        at = 0
    series[row + _X_AT] = at
    ring = row + _X_RETURNS
    series[ring + at] = 0
    old_hi = series[row + _X_PRICE]
    old_lo = series[row + _X_PRICE + 1]
    shift = series[row + _X_PRICE + _V_DECIMALS]

    # The price. Whoever publishes just now has no price to offer, so that the last one is carried.
    count = pub[_P_COUNT]
    k = _P_SLOT + (count & 1) * _P_SLOT_STRIDE + _F_MID
    hi = pub[k]
    lo = pub[k + 1]
    decimals = pub[k + _V_DECIMALS]
    if book[_B_STATE] != _LIVE or decimals < 0 or pub[k + _V_SIGN]:
        hi = 0
        lo = 0
    elif count != pub[_P_COUNT]:
        hi = old_hi
        lo = old_lo
        decimals = shift
    series[row + _X_PRICE] = hi
    series[row + _X_PRICE + 1] = lo
    series[row + _X_PRICE + _V_DECIMALS] = decimals
    if (hi == 0 and lo == 0) or (old_hi == 0 and old_lo == 0):
        k = _X_RUN
        while k < _X_AVERAGE:
            series[row + k] = 0
            k += 1
        series[row + _X_VOLATILITY] = 0
        series[row + _X_MOMENTUM] = 0
        return 0

    # Both in the same unit: the one with fewer decimals gets more, or where that is too long the
    # other one loses some. If it is the old one, all is turned round.
    shift -= decimals
    sign = 1
    if shift < 0:
        shift = 0 - shift
        sign = -1
        k = hi
        hi = old_hi
        old_hi = k
        k = lo
        lo = old_lo
        old_lo = k
    while shift > 0:
        if hi < _HUNDRED_MILLION:
            k = lo // _HUNDRED_MILLION
            lo = (lo - k * _HUNDRED_MILLION) * 10
            hi = hi * 10 + k
        else:
            k = old_hi // 10
            old_lo = (old_hi - k * 10) * _HUNDRED_MILLION + old_lo // 10
            old_hi = k
        shift -= 1

    # Their difference and their sum; eight significant digits and a decimal exponent of each.
    top = hi - old_hi
    low = lo - old_lo
    if top < 0 or (top == 0 and low < 0):
        sign = 0 - sign
        top = 0 - top
        low = 0 - low
    if low < 0:
        low += _BILLION
        top -= 1
    numerator = 0
    exponent = 0
    value = 0
    while numerator > 0 or top > 0 or low > 0:
        k = 0
        if top > 0:
            k = 9
            while top >= _HUNDRED_MILLION:
                top = top // 10
                k += 1
            n = 1
            while top < _TEN_MILLION:
                top *= 10
                n *= 10
                k -= 1
            if n > 1:
                top += low // (_BILLION // n)
        else:
            top = low
            while top >= _HUNDRED_MILLION:
                top = top // 10
                k += 1
        if numerator > 0:
            # Long division; a quotient of more than nine digits is beyond what is told apart.
            n = _PLACES + exponent - k
            if n >= 0:
                value = numerator // top
                numerator -= value * top
                while n > 0 and value < _HUNDRED_MILLION:
                    numerator *= 10
                    k = numerator // top
                    numerator -= k * top
                    value = value * 10 + k
                    n -= 1
                if n > 0 or value >= _FARTHEST >> 2:
                    value = _FARTHEST
                else:
                    value = value * 4 + (numerator * 4 + (top >> 1)) // top
                    n = value >> 15
                    value += (n * n >> 15) * n // _CUBE
                    if value > _FARTHEST:
                        value = _FARTHEST
            break
        numerator = top
        exponent = k
        top = hi + old_hi
        low = lo + old_lo
        if low >= _BILLION:
            low -= _BILLION
            top += 1
    value *= sign
    series[ring + at] = value

    # The window's sums: what comes, and what leaves. The square is that of both parts.
    run = series[row + _X_RUN]
    sign = 1
    square_hi = 0
    square_lo = 0
    while True:
        if value != 0:
            series[row + _X_MOVES] += sign
            hi = (value + _HALF15) >> 15
            lo = value - (hi << 15)
            series[row + _X_SUM] += sign * hi
            series[row + _X_SUM + 1] += sign * lo
            n = 2 * hi * lo
            lo = lo * lo + ((n & _MASK15) << 15)
            hi = hi * hi + (n >> 15) + (lo >> 30)
            lo = lo & _MASK30
            if sign > 0:
                square_hi = hi
                square_lo = lo
            lo = series[row + _X_SQUARES + 2] + sign * lo
            hi = series[row + _X_SQUARES + 1] + sign * hi + (lo >> 30)
            series[row + _X_SQUARES] += hi >> 30
            series[row + _X_SQUARES + 1] = hi & _MASK30
            series[row + _X_SQUARES + 2] = lo & _MASK30
        if run < window:
            run += 1
            series[row + _X_RUN] = run
            break
        if sign < 0:
            break
        sign = -1
        k = at + 1
        if k > window:
            k = 0
        value = series[ring + k]

    # The averages; what a division leaves over comes in again with the next one.
    n = series[row + _X_SEEN]
    if n < _MOST_SEEN:
        n += 1
        series[row + _X_SEEN] = n
    at = row + _X_AVERAGE
    k = 0
    while k < _SLOW_SHIFT and n >> k > 1:
        k += 1
    while at < row + _X_SEEN:
        n = k
        if at == row + _X_AVERAGE and k > _FAST_SHIFT:
            n = _FAST_SHIFT
        lo = square_lo - series[at + 1] + series[at + 2]
        hi = square_hi - series[at] + (lo >> 30)
        series[at + 2] = lo & ((1 << n) - 1)
        lo = ((lo & _MASK30) >> n) + ((hi & ((1 << n) - 1)) << (30 - n)) + series[at + 1]
        series[at] += (hi >> n) + (lo >> 30)
        series[at + 1] = lo & _MASK30
        at += 3

    # Roots: of a mantissa of 29 or 30 bits, times 2**exponent.
    at = row + _X_SQUARES
    place = row + _X_VOLATILITY
    while place < row + _X_MOMENTUM:
        n = 1
        top = 0
        if place == row + _X_VOLATILITY:
            n = run
            top = series[at]
            at += 1
        hi = series[at]
        lo = series[at + 1]
        at += 2
        exponent = 0
        while hi > 0 or top > 0:
            lo = (lo >> 2) + ((hi & 3) << 28)
            hi = (hi >> 2) + ((top & 3) << 28)
            top = top >> 2
            exponent += 1
        if place == row + _X_VOLATILITY:
            # Half the window's return, in the root's unit, against the sum of squares.
            if exponent <= 15:
                k = series[row + _X_SUM] << (15 - exponent)
            else:
                k = series[row + _X_SUM] >> (exponent - 15)
            k += series[row + _X_SUM + 1] >> exponent
            sign = 1
            if k < 0:
                sign = -1
                k = 0 - k
            k = k >> 1
            series[row + _X_MOMENTUM] = 0
            if lo > 0 and (k > _MASK15 or k * k >= lo):
                series[row + _X_MOMENTUM] = sign
        else:
            at += 1
        k = 0
        decimals = _FINE_DECIMALS
        if lo > 0:
            while True:
                while lo < _QUARTER30:
                    lo = lo << 2
                    exponent -= 1
                if n == 1:
                    break
                lo = lo // n
                n = 1
            # Newton's method from a line that is 5 % off at most; two steps are right, or one too many.
            k = ((lo >> 16) * 5 >> 2) + _ROOT_LINE
            k = (k + lo // k) >> 1
            k = (k + lo // k) >> 1
            if k * k > lo:
                k -= 1
            if exponent >= _COARSE_EXPONENT:
                decimals = _COARSE_DECIMALS
                k = k << (exponent - 1)
            elif exponent >= 0:
                k = k * _FINE << exponent
            else:
                k = (k * _FINE + (1 << (0 - exponent - 1))) >> (0 - exponent)
        series[place] = k
        series[place + 1] = decimals
        place += 2
    return 1
