"""Lays out what a record tells of a pair's series, or of how two pairs go together, as `render` wants it."""

import micropython
from micropython import const

# The series, as series.py has it.
_WINDOW = const(0)
_ROWS = const(4)
_X_VOLATILITY = const(18)  # lo, decimals of the window, of the fast, the slow average
_X_MOMENTUM = const(24)
_X_RETURNS = const(25)
# A link, as correlate.py has it.
_L_CORRELATION = const(1)  # in 1/10000; then the same at the lag below
_L_LAG = const(3)  # samples; then whether there is an alert

# A value is hi * 10**9 + lo, times 10**-decimals, minus if sign is 1. The first one is the time.
_V_STRIDE = const(4)
_V_LO = const(1)
_V_DECIMALS = const(2)
_V_SIGN = const(3)
_TOLD = const(4)
_LINK_DECIMALS = const(4)


@micropython.viper
def lay_series(values: ptr32, series: ptr32, pair: int) -> int:
    """From the second of `values` on: volatility of the window, the fast and the slow average, momentum; returns 0."""
    row = _ROWS + pair * (_X_RETURNS + 1 + series[_WINDOW])
    k = 0
    while k < 4:
        at = _TOLD + k * _V_STRIDE
        lo = series[row + _X_MOMENTUM]
        decimals = 0
        if k < 3:
            lo = series[row + _X_VOLATILITY + 2 * k]
            decimals = series[row + _X_VOLATILITY + 2 * k + 1]
        values[at] = 0
        values[at + _V_SIGN] = 0
        if lo < 0:
            lo = 0 - lo
            values[at + _V_SIGN] = 1
        values[at + _V_LO] = lo
        values[at + _V_DECIMALS] = decimals
        k += 1
    return 0


@micropython.viper
def lay_link(values: ptr32, links: ptr32, link: int, sample_ms: int) -> int:
    """The same of the link at `link`: correlation, that at the best lag, the lag in ms, the alert; returns 0."""
    k = 0
    while k < 4:
        at = _TOLD + k * _V_STRIDE
        lo = links[link + _L_CORRELATION + k]
        values[at + _V_DECIMALS] = 0
        if _L_CORRELATION + k < _L_LAG:
            values[at + _V_DECIMALS] = _LINK_DECIMALS
        elif _L_CORRELATION + k == _L_LAG:
            lo = lo * sample_ms
        values[at] = 0
        values[at + _V_SIGN] = 0
        if lo < 0:
            lo = 0 - lo
            values[at + _V_SIGN] = 1
        values[at + _V_LO] = lo
        k += 1
    return 0
