"""The CPython stand-ins count like the board: modulo 2**30."""

import asyncio
import time
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

_PERIOD = 1 << 30


def test_differences_survive_the_wrap():
    for start in (0, 5, _PERIOD - 3):
        for delta in (0, 1, 1000, -1, -1000, _PERIOD // 2 - 1, -_PERIOD // 2):
            later = ticks_add(start, delta)
            assert 0 <= later < _PERIOD
            assert ticks_diff(later, start) == delta


def test_sleep_takes_its_time():
    async def nap():
        start = ticks_ms()
        await sleep_ms(30)
        return ticks_diff(ticks_ms(), start)

    assert 29 <= asyncio.run(nap()) < 500
    assert 0 <= ticks_ms() < _PERIOD
    assert ticks_diff(ticks_ms(), time.monotonic_ns() // 1_000_000 % _PERIOD) <= 5
