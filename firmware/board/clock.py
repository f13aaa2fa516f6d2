"""Wall-clock time, set by whoever boots us: how long ago was a moment of the exchange?"""

import time
from time import ticks_diff, ticks_ms

from micropython import const

_BILLION = const(1_000_000_000)
_S_2000 = const(946_684_800)  # from 1970 to 2000, where the ESP32 begins to count


class Clock:
    """Milliseconds since 1970, kept as an anchor in two limbs and the ticks since then."""

    def __init__(self):
        self.set()

    def set(self):
        """Anchor again, at least every few days: ticks wrap. Allocates."""
        ms = time.time_ns() // 1_000_000
        if time.gmtime(0)[0] == 2000:
            ms += _S_2000 * 1000
        self._ticks = ticks_ms()
        self._hi = ms // _BILLION
        self._lo = ms % _BILLION

    def lag_ms(self, arrival, hi, lo):
        """How long after `hi * 10**9 + lo` ms since 1970 the ticks `arrival` were; None if that tells nothing."""
        limbs = self._hi - hi
        if not -1 <= limbs <= 1:
            return None
        return limbs * _BILLION + (self._lo - lo) + ticks_diff(arrival, self._ticks)
