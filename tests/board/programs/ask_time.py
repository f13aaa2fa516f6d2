"""Asks a time server as the board does; says how far its answer is from this system's own time, or why it has none."""

import json
import sys
import time
from time import ticks_diff, ticks_ms

from firmware.board import sntp
from firmware.board.clock import Clock


def ask(host, port):
    """[answer minus system time in ms, round trip in us]."""
    ticks, ms, trip_us = sntp.ask(host, port)
    now_us = time.time_ns() // 1000
    told_us = (ms + ticks_diff(ticks_ms(), ticks)) * 1000
    return [(told_us - now_us) / 1000, trip_us]


def set_clock(host, port):
    """What a clock that nobody keeps says after it was asked for: why not, whether trusted, and its error in ms."""
    clock = Clock(False, 0)
    why, wait_s = clock.ask({"time_host": host, "time_port": port})
    now_ms = time.time_ns() // 1_000_000
    ticks, hi, lo = clock.anchor[:3]
    error_ms = hi * 1_000_000_000 + lo + ticks_diff(ticks_ms(), ticks) - now_ms
    kept = "firmware.board.sntp" in sys.modules or hasattr(sys.modules["firmware.board"], "sntp")
    return [why, wait_s, clock.trusted, error_ms, kept]


def starved(host, port):
    """What `ask` answers with no heap for its code, then with it again; board model only."""
    import gc

    clock = Clock(False, 0)
    there = {"time_host": host, "time_port": port}
    sys.modules.pop("firmware.board.sntp")
    del sys.modules["firmware.board"].sntp
    hoard = []
    gc.collect()
    while gc.mem_free() > 3000:
        try:
            hoard.append(bytearray(min(gc.mem_free() // 8, 10_000)))
        except MemoryError:
            break
    starving = clock.ask(there)
    hoard = None
    gc.collect()
    return [starving, clock.ask(there)]


def drift(settings, tick_error_ppm):
    """(drift in ppm, last correction in ms, trusted) of a clock that is set every so many ms, on wrong ticks."""
    clock = Clock(False, 0)
    true_ms = 1_763_000_000_000
    start = 1_000_000_000  # the ticks begin anew soon
    passed = 0

    def ticks_at(ms):
        return (start + ms - ms * tick_error_ppm // 1_000_000) & 0x3FFFFFFF

    sntp.correct(clock, start, true_ms)
    found = []
    for wait_ms in settings:
        for _ in range(wait_ms // 30_000):
            passed += 30_000
            sntp.carry(clock.anchor, ticks_at(passed))
        sntp.correct(clock, ticks_at(passed), true_ms + passed)
        found.append([clock.ppm, clock.offset_ms, clock.trusted])
    return found


DOORS = {"ask": ask, "set_clock": set_clock, "drift": drift, "starved": starved}

if __name__ == "__main__":
    print(json.dumps(DOORS[sys.argv[1]](*json.loads(sys.argv[2]))))
