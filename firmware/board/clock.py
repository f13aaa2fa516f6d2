"""Wall-clock time in two limbs, set by a time server and carried by the board's ticks, whose drift it knows."""

import sys
from array import array
from time import ticks_ms

from micropython import const

_BILLION = const(1_000_000_000)

# The anchor, as kernels/lateness.py has it, which carries it and measures lags against it.
_C_TICKS = const(0)
_C_HI = const(1)
_C_LO = const(2)
_C_WORDS = const(8)


class Clock:
    """At the ticks `anchor[0]` it was `anchor[1] * 10**9 + anchor[2]` ms since 1970.

    `trusted`: whether lags against it may be believed. `offset_ms` is what the last setting
    changed, `ppm` how much too slow the board's ticks are, None while nobody knows.
    """

    def __init__(self, kept, ms):
        """It is `ms` since 1970. `kept`: somebody else sees to that, as on a PC; no time server is asked."""
        self.kept = self.trusted = kept
        self.offset_ms = 0
        self.ppm = 0 if kept else None
        self.anchor = array("i", bytes(4 * _C_WORDS))
        self.anchor[_C_TICKS] = ticks_ms()
        self.anchor[_C_HI] = ms // _BILLION
        self.anchor[_C_LO] = ms % _BILLION

    def ask(self, settings):
        """Be set by the settings' time server, which takes seconds; (None, or why not; seconds until asked again)."""
        try:
            from firmware.board.sntp import set_clock

            return set_clock(self, settings)
        except MemoryError:
            sys.modules.pop("firmware.board.sntp", None)  # it may be there by half
            return "out of memory", 60
