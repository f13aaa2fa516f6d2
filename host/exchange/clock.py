"""Exchange time against the PC's: standing, at true speed, scaled, or as fast as clients read."""

import math
import time

FULL_SPEED = math.inf


class Clock:
    """Exchange time in microseconds since 1970; stands at `start_us` until it is started."""

    def __init__(self, start_us: int, speed: float, is_now: bool = False):
        self._speed = speed
        # Exchange time is this PC's: what passed between making the market and serving it counts.
        self._is_now = is_now and speed == 1.0
        self._from_us = start_us
        # Monotonic seconds at `_from_us`; None while the time stands or is set by hand.
        self._base_s: float | None = None

    @property
    def is_set_by_hand(self) -> bool:
        return self._speed == FULL_SPEED

    def start(self) -> None:
        """Let time run; a clock that runs, or is set by hand, is left alone."""
        if self._base_s is None and not self.is_set_by_hand:
            self._base_s = time.monotonic()
            if self._is_now:
                self._base_s -= time.time() - self._from_us / 1e6

    def set(self, now_us: int) -> None:
        """Move a clock that is set by hand."""
        self._from_us = now_us

    def run_true(self) -> None:
        """Go on at true speed from now on."""
        self._from_us = self.now_us()
        self._speed = 1.0
        self._base_s = time.monotonic()

    def now_us(self) -> int:
        if self._base_s is None:
            return self._from_us
        return self._from_us + int((time.monotonic() - self._base_s) * self._speed * 1e6)

    def seconds_until(self, time_us: int) -> float:
        """How long to wait for exchange time `time_us`, in seconds of this PC."""
        return (time_us - self.now_us()) / 1e6 / self._speed
