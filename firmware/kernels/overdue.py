"""The beat of what looks across pairs and time: whether there is something to do before a message."""

import micropython
from micropython import const

# The beat: when the next sample is due, and the pair whose links are next to be looked at (0: none
# of this sample); pulse.py has the rest.
_DUE_HI = const(0)
_DUE_LO = const(1)
_STAGE = const(2)
_PAIRS = const(5)

_SAMPLE_MS = const(100)
_MOST_BEHIND_MS = const(10000)  # of a market in which nothing happened, so much is made up for
_BILLION = const(1000000000)


@micropython.viper
def overdue(beat: ptr32, hi: int, lo: int) -> int:
    """1 + the ms since a sample was due at hi * 10**9 + lo ms; 0: work is left of the last one; -1: nothing to do."""
    if hi == 0 or beat[_PAIRS] == 0:
        return -1
    ahead = hi - beat[_DUE_HI]
    behind = lo - beat[_DUE_LO]
    if ahead == 1 and behind < 0:
        behind += _BILLION
        ahead = 0
    if ahead > 0 or (ahead == 0 and behind > _MOST_BEHIND_MS):
        # The first message, or the first for long.
        beat[_DUE_HI] = hi
        beat[_DUE_LO] = lo // _SAMPLE_MS * _SAMPLE_MS
        return 1
    if ahead == 0 and behind >= 0:
        return 1 + behind
    if beat[_STAGE] > 0:
        return 0
    return -1
