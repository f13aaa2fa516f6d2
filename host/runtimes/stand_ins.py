"""Gives CPython's `time`, `asyncio` and `gc` the calls that MicroPython's have besides."""

import asyncio
import gc
import time

_PERIOD = 1 << 30
_HALF = _PERIOD >> 1


def ticks_ms() -> int:
    """Milliseconds since some moment, from 0 to 2**30 - 1."""
    return time.monotonic_ns() // 1_000_000 & (_PERIOD - 1)


def ticks_us() -> int:
    """Microseconds since some moment, from 0 to 2**30 - 1."""
    return time.monotonic_ns() // 1000 & (_PERIOD - 1)


def ticks_add(ticks: int, delta_ms: int) -> int:
    """The ticks that come `delta_ms` after `ticks`."""
    return (ticks + delta_ms) & (_PERIOD - 1)


def ticks_diff(end: int, start: int) -> int:
    """Milliseconds from `start` to `end`, right as long as they lie within six days."""
    return ((end - start + _HALF) & (_PERIOD - 1)) - _HALF


def install() -> None:
    """Add the names; what is there stays as it is."""
    time.ticks_ms = ticks_ms
    time.ticks_us = ticks_us
    time.ticks_add = ticks_add
    time.ticks_diff = ticks_diff
    time.sleep_ms = lambda delay_ms: time.sleep(delay_ms / 1000)
    gc.threshold = lambda size: None  # there is no heap of a fixed size to look after
    asyncio.sleep_ms = lambda delay_ms: asyncio.sleep(max(delay_ms, 0) / 1000)
