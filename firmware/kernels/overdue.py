"""The beat of what looks across pairs and time: whether there is something to do before a message."""

import micropython
from micropython import const

# The beat: when the next sample is due, the pair whose links are next to be looked at (0: none of
# this sample), how many pairs take part, whether a book came back since the last message; pulse.py
# has the rest.
_DUE_HI = const(0)
_DUE_LO = const(1)
_STAGE = const(2)
_PAIRS = const(5)
_BACK = const(6)

_SAMPLE_MS = const(100)
_LATE_MS = const(200)
_MOST_BEHIND_MS = const(10000)  # of a market in which nothing happened, so much is made up for
_BILLION = const(1000000000)


@micropython.viper
def overdue(beat: ptr32, hi: int, lo: int) -> int:
    """1 + the ms since a sample was due at hi * 10**9 + lo ms; 0: work is left of the last one; -1: nothing to do."""
    if hi == 0 or beat[_PAIRS] == 0:
        return -1
    behind = _MOST_BEHIND_MS + 1
    ahead = hi - beat[_DUE_HI]
    if ahead == 0:
        behind = lo - beat[_DUE_LO]
    elif ahead == 1 and lo < beat[_DUE_LO]:
        behind = lo - beat[_DUE_LO] + _BILLION
    elif ahead == -1 and lo > beat[_DUE_LO]:
        behind = lo - beat[_DUE_LO] - _BILLION
    if (
        behind > _MOST_BEHIND_MS
        or behind < 0 - _MOST_BEHIND_MS
        or (beat[_BACK] and behind >= _LATE_MS)
    ):
        # The first message, the first for long, or of another time. Nor is anything made up for
        # where a book came back: a snapshot need not tell since when it is true.
        beat[_DUE_HI] = hi
        beat[_DUE_LO] = lo // _SAMPLE_MS * _SAMPLE_MS
        behind = 0
    beat[_BACK] = 0
    if behind >= 0:
        return 1 + behind
    if beat[_STAGE] > 0:
        return 0
    return -1
