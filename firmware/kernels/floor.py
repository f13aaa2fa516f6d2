"""The leak watch: whether the floor of free memory has been sinking for an hour."""

import micropython
from micropython import const

_F_LOW = const(0)  # least free bytes of this spell
_F_BEFORE = const(1)  # ... and of the one before, 0 if there was none
_F_MS = const(2)  # how long this spell has lasted
_F_SUNK = const(3)  # spells in a row with a lower floor than the one before
_F_FROM = const(4)  # the floor before the first of them

_SPELL_MS = const(600_000)
_SPELLS = const(6)  # an hour of them


@micropython.viper
def sink(floor: ptr32, free: int, ms: int) -> int:
    """Bytes by which the floor sank within the last hour, if every ten minutes of it were lower; else 0.

    `floor` are five words that begin as zeros, `free` what is free now, after a collection (above
    0), `ms` the time since the last call. What a program holds grows for a while after its start
    and then goes up and down about the same floor; a leak never comes back.
    """
    if floor[_F_LOW] == 0 or free < floor[_F_LOW]:
        floor[_F_LOW] = free
    floor[_F_MS] += ms
    if floor[_F_MS] < _SPELL_MS:
        return 0
    low = floor[_F_LOW]
    before = floor[_F_BEFORE]
    floor[_F_MS] = 0
    floor[_F_LOW] = 0
    floor[_F_BEFORE] = low
    if low >= before:
        floor[_F_SUNK] = 0
        return 0
    if floor[_F_SUNK] == 0:
        floor[_F_FROM] = before
    floor[_F_SUNK] += 1
    if floor[_F_SUNK] < _SPELLS:
        return 0
    floor[_F_SUNK] = 0
    return floor[_F_FROM] - low
