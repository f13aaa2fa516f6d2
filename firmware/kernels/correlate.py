"""How the returns of two pairs go together: correlation, and which of them leads by how many samples; in O(1)."""

import micropython
from micropython import const

# The series, as series.py has it.
_WINDOW = const(0)
_ROWS = const(4)
_X_AT = const(3)
_X_RUN = const(4)
_X_RETURNS = const(25)

# The links buffer: a row for every two pairs, at pair * (pair - 1) / 2 + other for other < pair. A
# row begins as zeros. `other` is called x, `pair` y. Sums are of the returns that both have.
_L_COUNT = const(0)  # returns in the sums
_L_CORRELATION = const(1)  # in 1/10000
_L_LED = const(2)  # the same at the lag below
_L_LAG = const(3)  # samples that x leads by, minus those that y leads by
_L_SUM_X = const(5)  # in two parts: upper * 2**15 + lower
_L_SUM_Y = const(7)
_L_SQUARES_X = const(9)  # in limbs of 30 bits: top, hi, lo; so are the others
_L_SQUARES_Y = const(12)
_L_PRODUCTS = const(24)  # at lag 0; before it those where y leads, behind it those where x does
_L_WORDS = const(36)
_LAGS = const(3)  # either way
_FEWEST = const(8)  # returns, of which nothing is said

_ONE = const(10000)
_MASK15 = const(32767)
_HALF15 = const(16384)
_MASK30 = const(1073741823)
_QUARTER30 = const(268435456)  # 2**28


@micropython.viper
def correlate(series: ptr32, links: ptr32, pair: int) -> int:
    """Take the last return of `pair` and of each pair before it into their sums; returns how many links there are.

    Correlation is Pearson's. At a lag of k samples it is the cross-correlation function of Box,
    Jenkins, Reinsel (Time Series Analysis, 12.1): products of deviations from the means of the
    whole window, over both standard deviations. The lag is the one where it is largest either way,
    the shorter one if two are alike; at that lag it is told per product, n / (n - k) as large.
    Sums are exact, so that they never drift; a gap of either pair begins them anew. Correlation is
    0 where a price stood still. Call this once for every pair after `sample` was called for all.
    """
    window = series[_WINDOW]
    stride = _X_RETURNS + 1 + window
    y = _ROWS + pair * stride
    at = series[y + _X_AT]
    ring_y = y + _X_RETURNS
    other = 0
    while other < pair:
        x = _ROWS + other * stride
        ring_x = x + _X_RETURNS
        link = (pair * (pair - 1) // 2 + other) * _L_WORDS
        other += 1
        count = links[link]
        if series[x + _X_RUN] == 0 or series[y + _X_RUN] == 0:
            if count:
                k = _L_WORDS - 1
                while k > _L_LAG + 1:
                    links[link + k] = 0
                    k -= 1
            links[link] = 0
            links[link + _L_CORRELATION] = 0
            links[link + _L_LED] = 0
            links[link + _L_LAG] = 0
            continue

        # What comes, with those before it; then what leaves, with those behind it.
        step = -1
        i = at
        while True:
            if step > 0:
                i = at + 1
                if i > window:
                    i = 0
            k = -1
            j = i
            while k <= _LAGS and (k <= count or step > 0):
                n = 0
                while n < 2:
                    if n == 0:
                        left = series[ring_x + i]
                        right = series[ring_y + j]
                        place = link + _L_PRODUCTS + 3 * k * step
                    else:
                        left = series[ring_y + i]
                        right = series[ring_x + j]
                        place = link + _L_PRODUCTS - 3 * k * step
                    hi = (left + _HALF15) >> 15
                    left -= hi << 15
                    if k < 0:
                        # Both are the same here.
                        place = link + _L_SQUARES_X + 3 * n
                        links[link + _L_SUM_X + 2 * n] -= step * hi
                        links[link + _L_SUM_X + 2 * n + 1] -= step * left
                        right = (hi << 15) + left
                    n += 1
                    top = (right + _HALF15) >> 15
                    right -= top << 15
                    middle = hi * right + left * top
                    lo = left * right + ((middle & _MASK15) << 15)
                    hi = hi * top + (middle >> 15) + (lo >> 30)
                    lo = links[place + 2] - step * (lo & _MASK30)
                    hi = links[place + 1] - step * hi + (lo >> 30)
                    links[place] += hi >> 30
                    links[place + 1] = hi & _MASK30
                    links[place + 2] = lo & _MASK30
                    if k == 0:
                        break
                k += 1
                if k > 0:
                    j += step
                    if j < 0:
                        j = window
                    elif j > window:
                        j = 0
            if step > 0 or count < window:
                break
            step = 1
        if count < window:
            count += 1
            links[link] = count

        # All in units in which the sums of squares have 28 bits: by Cauchy and Schwarz no sum of
        # products has more.
        links[link + _L_CORRELATION] = 0
        links[link + _L_LED] = 0
        links[link + _L_LAG] = 0
        n = 0
        shift_x = 0
        mean_x = 0
        sum_x = 0
        own_x = 0
        while True:
            place = link + _L_SQUARES_X + 3 * n
            top = links[place]
            hi = links[place + 1]
            lo = links[place + 2]
            shift = 0
            while hi > 0 or lo >= _QUARTER30 or top > 0:
                lo = (lo >> 2) + ((hi & 3) << 28)
                hi = (hi >> 2) + ((top & 3) << 28)
                top = top >> 2
                shift += 1
            place = link + _L_SUM_X + 2 * n
            if shift <= 15:
                k = links[place] << (15 - shift)
            else:
                k = links[place] >> (shift - 15)
            k += links[place + 1] >> shift
            # The mean, rounded, and what is left of the squares when it is subtracted.
            hi = k // count
            step = k - hi * count
            lo -= hi * k + step * k // count
            if step + step >= count:
                hi += 1
            if n > 0:
                break
            n = 1
            shift_x = shift
            sum_x = k
            mean_x = hi
            own_x = lo
        if count < _FEWEST or own_x <= 0 or lo <= 0:
            continue
        shift_y = shift
        mean_y = hi
        own_y = lo
        shift += shift_x
        # The product of the sums by the number of returns.
        hi = sum_x // count
        means = hi * k + (sum_x - hi * count) * k // count

        first = at + 1 - count
        if first < 0:
            first += window + 1
        last = at
        new_x = 0
        new_y = 0
        old_x = 0
        old_y = 0
        same = 0
        best = 0
        most = 0
        lag = 0
        k = 0
        while True:
            n = 1
            while n >= -1:
                place = link + _L_PRODUCTS + 3 * k * n
                if shift < 30:
                    hi = (links[place] << 30) + links[place + 1]
                    lo = (hi << (30 - shift)) + (links[place + 2] >> shift)
                else:
                    lo = (links[place] << (60 - shift)) + (links[place + 1] >> (shift - 30))
                lo -= means + k * (means // count)
                if n > 0:
                    lo += mean_y * new_x + mean_x * old_y
                else:
                    lo += mean_y * old_x + mean_x * new_y
                hi = lo
                if hi < 0:
                    hi = 0 - hi
                if k == 0:
                    same = lo
                    best = lo
                    most = hi
                    break
                if hi > most:
                    most = hi
                    best = lo
                    lag = k * n
                n -= 2
            if k == _LAGS:
                break
            k += 1
            # What the lag leaves without a partner, either at the end or at the begin.
            new_x += series[ring_x + last] >> shift_x
            new_y += series[ring_y + last] >> shift_y
            old_x += series[ring_x + first] >> shift_x
            old_y += series[ring_y + first] >> shift_y
            last -= 1
            if last < 0:
                last = window
            first += 1
            if first > window:
                first = 0

        # Over both standard deviations: the squares made 29 or 30 bits long again.
        shift = 0
        while own_x < _QUARTER30:
            own_x = own_x << 2
            shift += 1
        while own_y < _QUARTER30:
            own_y = own_y << 2
            shift += 1
        own_x = ((own_x >> 14) + 1) >> 1
        own_y = ((own_y >> 14) + 1) >> 1
        if own_x > _MASK15:
            own_x = _MASK15
        if own_y > _MASK15:
            own_y = _MASK15
        own_x *= own_y
        root = 0
        n = _HALF15
        while n > 0:
            if (root + n) * (root + n) <= own_x:
                root += n
            n = n >> 1
        n = 0
        while n < 2:
            hi = same
            step = 1
            if n:
                hi = best
            if hi < 0:
                hi = 0 - hi
                step = -1
            if hi > _MASK30 >> shift:
                hi = _MASK30 >> shift
            hi = (((hi << shift) >> 13) * _ONE + (root << 1)) // (root << 2)
            if n:
                k = lag
                if k < 0:
                    k = 0 - k
                hi = hi * count // (count - k)
                links[link + _L_LAG] = lag
            if hi > _ONE:
                hi = _ONE
            links[link + _L_CORRELATION + n] = hi * step
            n += 1
    return pair
