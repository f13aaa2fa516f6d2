"""Reaches the network: Wi-Fi on a board with a radio, and the time; at start, and when the Wi-Fi was lost."""

import time

from micropython import const

from borrow import give_back

_S_2000 = const(946_684_800)  # from 1970 to 2000


def reach_network(telemetry, settings, clock=None):
    """Wi-Fi, on a board that has a radio; the clock, set if none is given; None if not to go on. Raises OSError."""
    from firmware.board import power

    telemetry.drain()
    if power.has_radio():
        from firmware.board import wifi

        clock = wifi.go_online(telemetry, settings, clock, system_ms)
        give_back("firmware.board", "wifi")
    elif clock is None:
        from firmware.board.clock import Clock

        clock = Clock(True, system_ms())
    give_back("firmware.board", "power")
    return clock


def system_ms():
    """Milliseconds since 1970 by the system, whose clock on a chip starts in 2000 when power comes."""
    ms = time.time_ns() // 1_000_000
    return ms + _S_2000 * 1000 if time.gmtime(0)[0] == 2000 else ms
