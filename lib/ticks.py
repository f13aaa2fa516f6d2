"""Milliseconds that wrap around: the board's own functions, or their like on CPython."""

import sys

if sys.implementation.name == "micropython":
    # asyncio.sleep_ms is taken as it is: it hands out one object for ever and allocates nothing.
    from asyncio import sleep_ms
    from time import sleep_ms as pause_ms
    from time import ticks_add, ticks_diff, ticks_ms
else:
    import asyncio
    import time

    _PERIOD = 1 << 30
    _HALF = _PERIOD >> 1

    def ticks_ms():
        """Milliseconds since some moment, from 0 to 2**30 - 1."""
        return time.monotonic_ns() // 1_000_000 & (_PERIOD - 1)

    def ticks_add(ticks, delta_ms):
        """The ticks that come `delta_ms` after `ticks`."""
        return (ticks + delta_ms) & (_PERIOD - 1)

    def ticks_diff(end, start):
        """Milliseconds from `start` to `end`, right as long as they lie within six days."""
        return ((end - start + _HALF) & (_PERIOD - 1)) - _HALF

    def pause_ms(delay_ms):
        """Block this thread for `delay_ms`."""
        time.sleep(delay_ms / 1000)

    def sleep_ms(delay_ms):
        """Await it to let other tasks run for `delay_ms`."""
        return asyncio.sleep(max(delay_ms, 0) / 1000)


__all__ = ("pause_ms", "sleep_ms", "ticks_add", "ticks_diff", "ticks_ms")
