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
    `word >> 8`, `%q` the symbol of pair number `word`; a zero byte ends it. A line that grows too
    long ends after the last key that fits.
    """
    start = pos
    cut = pos
    t = 0
    while template[t] != 0:
        c = template[t]
        t += 1
        if c != 37:
            if c == 44 and pos - start < _LINE - 1:
                cut = pos
            out[pos] = c
            pos += 1
            continue
        c = template[t]
        t += 1
        if c == 112 or c == 113:  # %p, %q
            k = 1 + (pair if c == 112 else word) * _SYMBOL_STRIDE
            n = symbols[k]
            while n > 0:
                k += 1
                out[pos] = symbols[k]
                pos += 1
                n -= 1
        elif c == 119 or c == 118:  # %w, %v
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
        else:
            k = base + (c - 48) * _V_STRIDE
            decimals = values[k + _V_DECIMALS]
            if decimals < 0:
                out[pos] = 110
                out[pos + 1] = 117
                out[pos + 2] = 108
                out[pos + 3] = 108
                pos += 4
                continue
            # The digits from the last to the first, then turned round.
            first = pos
            hi = values[k]
            v = values[k + _V_LO]
            n = 0
            while n <= decimals or v > 0 or (hi > 0 and n < 10):
                c = v // 10
                out[pos] = 48 + v - c * 10
                pos += 1
                v = c
                n += 1
                if n == decimals:
                    out[pos] = 46
                    pos += 1
                if n == 9:
                    v = hi
            if values[k + _V_SIGN]:
                out[pos] = 45
                pos += 1
            n = pos - 1
            while first < n:
                c = out[first]
                out[first] = out[n]
                out[n] = c
                first += 1
                n -= 1
    if pos - start >= _LINE:
        pos = cut
        out[pos] = 125
        pos += 1
    out[pos] = 10
    return pos + 1
