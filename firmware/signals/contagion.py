"""The contagion signal: two pairs move as one, or one after the other, while one of them is wilder than usual."""

import micropython
from micropython import const

# The series and the links, as series.py and correlate.py have them.
_WINDOW = const(0)
_THRESHOLD = const(1)  # of the correlation, in 1/10000
_LEAST = const(2)  # returns that must be there, and not 0
_ROWS = const(4)
_X_MOVES = const(5)
_X_VOLATILITY = const(18)  # lo, decimals
_X_SLOW = const(22)  # the slow average's
_X_RETURNS = const(25)
_COARSER = const(1000)  # of 6 decimals than of 9
_L_COUNT = const(0)
_L_LED = const(2)
_L_ALERT = const(4)  # 1 while there is one
_L_WORDS = const(36)


@micropython.viper
def contagion(series: ptr32, links: ptr32, pair: int) -> int:
    """Look at `pair` with each one before it; 1 + the first of them with which an alert began or ended, or 0.

    An alert begins when their correlation, at the lag where it is largest, reaches the threshold
    either way while the volatility of one has jumped: in the window it is 3/2 of the slow
    average's. It ends when the correlation falls below 7/8 of the threshold, or no volatility is
    5/4 of its average's any more, or too few returns are left, so that it does not chatter. A shock
    that links two markets is contagion as Forbes and Rigobon (2002) speak of it; as they show,
    the shock alone makes a correlation larger. Call this until it returns 0.
    """
    stride = _X_RETURNS + 1 + series[_WINDOW]
    least = series[_LEAST]
    y = _ROWS + pair * stride
    other = 0
    while other < pair:
        x = _ROWS + other * stride
        link = (pair * (pair - 1) // 2 + other) * _L_WORDS
        other += 1
        threshold = series[_THRESHOLD]
        alert = links[link + _L_ALERT]
        if alert:
            threshold -= threshold >> 3
        together = links[link + _L_LED]
        if together < 0:
            together = 0 - together
        now = 0
        if (
            together >= threshold
            and links[link + _L_COUNT] >= least
            and series[x + _X_MOVES] >= least
            and series[y + _X_MOVES] >= least
        ):
            row = x
            while True:
                jump = series[row + _X_VOLATILITY]
                usual = series[row + _X_SLOW]
                if series[row + _X_VOLATILITY + 1] > series[row + _X_SLOW + 1]:
                    jump = jump // _COARSER
                elif series[row + _X_VOLATILITY + 1] < series[row + _X_SLOW + 1]:
                    usual = usual // _COARSER
                if jump - usual >= usual >> (1 + alert):
                    now = 1
                if row == y:
                    break
                row = y
        if now != alert:
            links[link + _L_ALERT] = now
            return other
    return 0
