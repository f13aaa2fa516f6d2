"""Write one record: a template with its places filled from integer values, at most 120 bytes a line."""

import micropython
from micropython import const

# A value is hi * 10**9 + lo, times 10**-decimals, minus if sign is 1; decimals -1 is null.
_V_STRIDE = const(4)
_V_LO = const(1)
_V_DECIMALS = const(2)
_V_SIGN = const(3)
_SYMBOL_STRIDE = const(20)
_LINE = const(120)  # bytes of a record with its line feed
_BILLION = const(1000000000)


@micropython.viper
def render(
    out: ptr8,
    pos: int,
    template: ptr8,
    values: ptr32,
    base: int,
    symbols: ptr8,
    pair: int,
    words: ptr8,
    word: int,
) -> int:
    """Write `template` at `out[pos]`, return where the line ends. 256 bytes must be free there.

    In the template, `%0` to `%9` is a value of `values` from `base` on, `%p` the pair's symbol,
    `%w` the word number `word & 255` of `words` (each ends with a line feed), `%v` number
    `word >> 8`, `%q` the symbol of pair number `word`; `%` and a zero byte end it. A line that
    grows too long ends after the last key that fits.
    """
    start = pos
    t = 0
    while True:
        c = template[t]
        while c != 37:
            out[pos] = c
            pos += 1
            t += 1
            c = template[t]
        c = template[t + 1]
        t += 2
        if c < 58:
            if c == 0:
                break
            k = base + (c - 48) * _V_STRIDE
            decimals = values[k + _V_DECIMALS]
            if decimals < 0:
                out[pos] = 110
                out[pos + 1] = 117
                out[pos + 2] = 108
                out[pos + 3] = 108
                pos += 4
                continue
            # How many digits there are: all before the point, one of them at least.
            hi = values[k]
            v = values[k + _V_LO]
            n = 1
            most = v
            if hi > 0:
                n = 10
                most = hi
            c = 10
            while c <= most and c < _BILLION:
                c *= 10
                n += 1
            if n <= decimals:
                n = decimals + 1
            if values[k + _V_SIGN]:
                out[pos] = 45
                pos += 1
            # They are written from the last to the first, three with one division.
            point = -1
            pos += n
            if decimals > 0:
                pos += 1
                point = n - decimals
            at = pos
            threes = 3
            while n > 0:
                c = v // 1000
                most = v - c * 1000
                v = c
                threes -= 1
                if threes == 0:
                    v = hi
                k = 3
                while k > 0 and n > 0:
                    c = (most * 205) >> 11  # most // 10, if most is below 1029
                    at -= 1
                    out[at] = 48 + most - c * 10
                    most = c
                    k -= 1
                    n -= 1
                    if n == point:
                        at -= 1
                        out[at] = 46
        elif c < 114:  # %p, %q
            k = 1 + (pair if c == 112 else word) * _SYMBOL_STRIDE
            n = symbols[k]
            while n > 0:
                k += 1
                out[pos] = symbols[k]
                pos += 1
                n -= 1
        else:  # %w, %v
            k = 0
            n = word & 255 if c == 119 else word >> 8
            while n > 0:
                if words[k] == 10:
                    n -= 1
                k += 1
            while words[k] != 10:
                out[pos] = words[k]
                pos += 1
                k += 1
    if pos - start >= _LINE:
        pos = start + _LINE - 2
        while out[pos] != 44 and pos > start:
            pos -= 1
        out[pos] = 125
        pos += 1
    out[pos] = 10
    return pos + 1
