"""What is told of a book now and then: its slope, its depth near the mid, the flow since the last time."""

import micropython
from micropython import const

_B_CAPACITY = const(3)
_B_COUNT = const(4)
_B_DECIMALS = const(6)  # of prices, then of sizes
_B_ORDER = const(64)
_SLOT_STRIDE = const(4)
_S_QTY_HI = const(2)

# The flow of a pair, as flow.py has it.
_Y_DECIMALS = const(9)  # of the sizes
_Y_IMBALANCE = const(10)  # of the order flow
_Y_DEALT_DECIMALS = const(13)
_Y_BOUGHT = const(14)
_Y_SOLD = const(17)

# The work area: the values of a record, hi, lo, decimals (-1: none), sign; then for each quotient
# its numerator and its denominator in three limbs.
_V_LO = const(1)
_V_DECIMALS = const(2)
_V_SIGN = const(3)
_Z_IMBALANCE = const(0)
_Z_VOLUME = const(4)
_Z_QUOTIENTS = const(8)  # slope of the bids, of the asks, depth ratio, trade imbalance
_Z_ROWS = const(24)
_Z_ROW = const(6)
_Z_SLOPES = const(4)  # of the six rows: distance and depth of the bids, of the asks
_Z_END = const(60)

_BILLION = const(1000000000)
_HUNDRED_MILLION = const(100000000)
_TEN_MILLION = const(10000000)
_MILLION = const(1000000)
_FIVE_DIGITS = const(100000)
_MOST_PLACES = const(18)
_BPS = const(10000)


@micropython.viper
def tell(work: ptr32, flow: ptr32, book: ptr32, levels: int, bps: int) -> int:
    """Put into `work` what is to tell of `book`, and begin the sums of `flow` anew; returns 0.

    The sums of order flow and of trades (bought - sold) are exact. The quotients have five digits.
    The slope of a side says how its size grows with the distance, after Naes and Skjeltorp (Order
    book characteristics, 2006), here as size a bps: that of the first `levels` levels by the
    distance of the last of them from the mid. The depth ratio is bids / asks of the levels within
    `bps` (1 to 1000) of the mid, the trade imbalance (bought - sold) / (bought + sold). What an
    empty or crossed side leaves undefined has decimals -1.
    """
    k = 0
    while k < _Z_END:
        work[k] = 0
        k += 1

    # Twice the mid, and `bps` of that, in ticks.
    capacity = book[_B_CAPACITY]
    mid_hi = 0
    mid_lo = 0
    near_hi = -1
    near_lo = 0
    if book[_B_COUNT] and book[_B_COUNT + 1]:
        k = _B_ORDER + 2 * capacity
        n = k + book[_B_ORDER + capacity] * _SLOT_STRIDE
        k += book[_B_ORDER] * _SLOT_STRIDE
        mid_hi = book[k] + book[n]
        mid_lo = book[k + 1] + book[n + 1]
        if mid_lo >= _BILLION:
            mid_lo -= _BILLION
            mid_hi += 1
        hi = mid_hi // _BPS
        k = mid_lo // _BPS
        lo = (mid_hi - hi * _BPS) * _FIVE_DIGITS + k
        n = (mid_lo - k * _BPS) * bps // _BPS
        # hi, lo is now a 10000th, n the rest of it times bps.
        k = lo // _FIVE_DIGITS
        near_lo = (lo - k * _FIVE_DIGITS) * bps + n
        k *= bps
        n = k // _BPS
        near_hi = hi * bps + n
        near_lo += (k - n * _BPS) * _FIVE_DIGITS
        if near_lo >= _BILLION:
            near_lo -= _BILLION
            near_hi += 1

    # Each side's sums: its distances are above 0 where the levels are beyond the mid.
    side = 0
    sign = 1
    while near_hi >= 0 and side < 2:
        depth = _Z_ROWS + 2 * side * _Z_ROW  # distance over twice the mid; then size over that
        near = _Z_ROWS + _Z_SLOPES * _Z_ROW + 3 * side
        size_top = 0
        size_hi = 0
        size_lo = 0
        k = 0
        n = 1
        while k < book[_B_COUNT + side] and (n or k < levels):
            at = _B_ORDER + 2 * capacity + book[_B_ORDER + side * capacity + k] * _SLOT_STRIDE
            hi = sign * (mid_hi - book[at] - book[at])
            lo = sign * (mid_lo - book[at + 1] - book[at + 1])
            while lo < 0:
                lo += _BILLION
                hi -= 1
            if lo >= _BILLION:
                lo -= _BILLION
                hi += 1
            if hi > near_hi or (hi == near_hi and lo > near_lo):
                n = 0
            size_lo += book[at + _S_QTY_HI + 1]
            size_hi += book[at + _S_QTY_HI]
            if size_lo >= _BILLION:
                size_lo -= _BILLION
                size_hi += 1
            if size_hi >= _BILLION:
                size_hi -= _BILLION
                size_top += 1
            if n:
                work[near] = size_top
                work[near + 1] = size_hi
                work[near + 2] = size_lo
            if k < levels:
                row = depth + _Z_ROW
                work[row] = size_top
                work[row + 1] = size_hi
                work[row + 2] = size_lo
                work[depth] = 0
                if hi >= _BILLION:
                    hi -= _BILLION
                    work[depth] = 1
                work[depth + 1] = hi
                work[depth + 2] = lo
            k += 1
        if work[depth + 1] < 0:
            work[depth + 1] = 0
            work[depth + 2] = 0
        if mid_hi >= _BILLION:
            work[depth + 3] = mid_hi // _BILLION
        work[depth + 4] = mid_hi - work[depth + 3] * _BILLION
        work[depth + 5] = mid_lo
        side += 1
        sign = -1

    # The two sums, as digits and a sign; of the trades also both together, for the last quotient.
    place = _Z_IMBALANCE
    while place <= _Z_VOLUME:
        top = flow[_Y_IMBALANCE]
        hi = flow[_Y_IMBALANCE + 1]
        lo = flow[_Y_IMBALANCE + 2]
        decimals = flow[_Y_DECIMALS]
        row = _Z_END - _Z_ROW
        if place == _Z_VOLUME:
            top = flow[_Y_BOUGHT] - flow[_Y_SOLD]
            hi = flow[_Y_BOUGHT + 1] - flow[_Y_SOLD + 1]
            lo = flow[_Y_BOUGHT + 2] - flow[_Y_SOLD + 2]
            decimals = flow[_Y_DEALT_DECIMALS]
            k = 2
            while k >= 0:
                work[row + 3 + k] += flow[_Y_BOUGHT + k] + flow[_Y_SOLD + k]
                if k and work[row + 3 + k] >= _BILLION:
                    work[row + 3 + k] -= _BILLION
                    work[row + 2 + k] = 1
                k -= 1
        if lo < 0:
            lo += _BILLION
            hi -= 1
        if hi < 0:
            hi += _BILLION
            top -= 1
        if top < 0:
            work[place + _V_SIGN] = 1
            top = 0 - top
            if lo > 0:
                lo = _BILLION - lo
                hi += 1
            if hi > 0:
                hi = _BILLION - hi
                top -= 1
        if place == _Z_VOLUME:
            work[row] = top
            work[row + 1] = hi
            work[row + 2] = lo
        # A record has 18 digits.
        while top > 0:
            k = top // 10
            n = (top - k * 10) * _HUNDRED_MILLION + hi // 10
            lo = (hi - hi // 10 * 10) * _HUNDRED_MILLION + lo // 10
            hi = n
            top = k
            decimals -= 1
        work[place] = hi
        work[place + _V_LO] = lo
        work[place + _V_DECIMALS] = decimals
        place += 4
    work[_Z_QUOTIENTS + 12 + _V_SIGN] = work[_Z_VOLUME + _V_SIGN]
    k = _Y_IMBALANCE
    while k < _Y_SOLD + 3:
        if k != _Y_DEALT_DECIMALS:
            flow[k] = 0
        k += 1

    # Quotients, of seven significant digits and a decimal exponent.
    place = _Z_QUOTIENTS
    row = _Z_ROWS
    far = 0
    digits = 0
    while row < _Z_END:
        slope = 0
        if row < _Z_ROWS + _Z_SLOPES * _Z_ROW:
            slope = 1 + ((row - _Z_ROWS) // _Z_ROW & 1)  # 1: a distance, 2: the slope by it
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
            n = 1
            while hi >= _TEN_MILLION:
                hi = hi // 10
                k += 1
                n = 0
            while hi > 0 and hi < _MILLION and n > 0:
                hi *= 10
                n *= 10
                k -= 1
            if n > 1:
                hi += lo // (_BILLION // n)
            if at != row:
                break
            numerator = hi
            exponent = k
            at += 3
        if slope == 2:
            hi = digits
            k = far
            while hi >= _TEN_MILLION:
                hi = hi // 10
                k += 1
        digits = 0
        if hi > 0:
            exponent -= k
            if numerator > 0:
                # The first digit or two, then two at a time.
                digits = numerator // hi
                numerator -= digits * hi
                while digits < _MILLION:
                    numerator *= 100
                    k = numerator // hi
                    numerator -= k * hi
                    digits = digits * 100 + k
                    exponent -= 2
        if slope == 1:
            far = exponent + 4  # bps
            row += _Z_ROW
            continue
        if slope == 2:
            exponent -= book[_B_DECIMALS + 1]
        if hi == 0:
            exponent = 1  # there is none
        elif digits == 0:
            exponent = 0
        k = 0
        while digits >= _FIVE_DIGITS or 0 - exponent > _MOST_PLACES:
            k = digits // 10
            n = digits - k * 10
            digits = k
            exponent += 1
            k = n
        if k >= 5:
            digits += 1
        lo = digits
        n = 0
        while hi > 0 and exponent > 0 and n < _HUNDRED_MILLION:
            k = lo // _HUNDRED_MILLION
            lo = (lo - k * _HUNDRED_MILLION) * 10
            n = n * 10 + k
            exponent -= 1
        work[place] = n
        work[place + _V_LO] = lo
        work[place + _V_DECIMALS] = 0 - exponent
        if exponent > 0:
            work[place + _V_DECIMALS] = -1
        place += 4
        row += _Z_ROW
    return 0
