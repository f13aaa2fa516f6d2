"""How a pair's market is just now, for its strategy: wilder than usual, in contagion, led by another pair."""

import micropython
from micropython import const

# The series and the links, as series.py and correlate.py have them.
_WINDOW = const(0)
_ROWS = const(4)
_X_VOLATILITY = const(18)  # lo, decimals
_X_SLOW = const(22)  # the slow average's
_X_RETURNS = const(25)
_COARSER = const(1000)  # of 6 decimals than of 9
_L_LAG = const(3)  # samples that the pair with the lower number leads by
_L_ALERT = const(4)
_L_WORDS = const(36)

# The mood of a pair.
_MOOD_SCALE = const(0)  # of its threshold, in 1/256
_MOOD_LEADER = const(1)  # 1 + the pair that leads it, 0: none does

_CALM = const(256)
_WILDEST = const(512)
_LEAST_USUAL = const(256)  # below this many of its last decimals a volatility is no measure
_MOST_JUMP = const(4000000)  # 256 times of it fit 32 bits


@micropython.viper
def adapt(mood: ptr32, series: ptr32, links: ptr32, pair: int, pairs: int) -> int:
    """Set `mood` of `pair`; returns its scale.

    Where volatility is twice the usual, half of an imbalance is noise that a calm market does not
    have: the threshold grows as the window's volatility over the slow average's, at most twofold,
    as positions do with volatility in Moskowitz, Ooi, Pedersen (Time series momentum, 2012). In
    contagion it is a quarter higher still, and a leader is who leads by the lag of the alert.
    """
    stride = _X_RETURNS + 1 + series[_WINDOW]
    row = _ROWS + pair * stride
    jump = series[row + _X_VOLATILITY]
    usual = series[row + _X_SLOW]
    if series[row + _X_VOLATILITY + 1] > series[row + _X_SLOW + 1]:
        jump = jump // _COARSER
    elif series[row + _X_VOLATILITY + 1] < series[row + _X_SLOW + 1]:
        usual = usual // _COARSER
    scale = _CALM
    if usual >= _LEAST_USUAL and jump > usual:
        while jump > _MOST_JUMP:
            jump = jump >> 1
            usual = usual >> 1
        scale = _WILDEST
        if usual > 0:
            scale = jump * _CALM // usual
            if scale > _WILDEST:
                scale = _WILDEST
    leader = 0
    linked = 0
    other = 0
    while other < pairs:
        if other != pair:
            link = pair * (pair - 1) // 2 + other
            if other > pair:
                link = other * (other - 1) // 2 + pair
            link = link * _L_WORDS
            if links[link + _L_ALERT]:
                linked = 1
                lag = links[link + _L_LAG]
                if other > pair:
                    lag = 0 - lag
                if lag > 0:
                    leader = 1 + other
        other += 1
    if linked:
        scale += scale >> 2
    if scale > _WILDEST:
        scale = _WILDEST
    mood[_MOOD_SCALE] = scale
    mood[_MOOD_LEADER] = leader
    return scale
