"""Joins the Wi-Fi whose name and password lie in NVS, then sets the clock: all that comes before a connection."""

from time import gmtime, sleep_ms, ticks_add, ticks_diff, ticks_ms

import network
from esp32 import NVS
from micropython import const

from firmware.board.clock import Clock
from firmware.board.power import safe_mode

_JOIN_MS = const(20_000)  # scan, association and an address take 2 to 6 s on a good day
_JUDGE_MS = const(6000)  # before that the driver may still tell of the try before
_RETRY_MS = const(5000)
_GLANCE_MS = const(50)
_LONGEST = const(64)  # bytes of a password; a name has at most 32
_CLOCK_TRIES = const(3)  # of up to 4 s each; then a clock that was set before will do
_LONGEST_WAIT_S = const(30)
_DRIVER_TRIES = const(
    2
)  # then it names its reason; one that tries for ever says only "connecting"
_FOR_EVER = const(-1)
_CLOCK_SET_YEAR = const(2026)  # an ESP32 without power knew nothing later than 2000

# The driver's reasons beside those that `network` names: a handshake that failed, which is what a
# wrong password looks like with most routers, and a security that the ESP32 was not asked to join.
_HANDSHAKE_FAILED = const((15, 204))
_OTHER_SECURITY = const((210, 211, 212))


class _Stopped(Exception):
    """The application is to be left alone, and that has been said."""


def go_online(telemetry, settings, clock, system_ms):
    """Return `clock`, or one with the right time, when there is an address, however long that takes.

    `system_ms()` is what a new one begins with. Says every outcome. None if the board is asked to
    stay safe. Raises OSError when NVS has no Wi-Fi.
    """
    try:
        _join(telemetry)
        return clock or _new_clock(telemetry, settings, system_ms())
    except _Stopped:
        return None


def _join(telemetry):
    ssid = _secret("wifi_ssid")
    if not ssid:
        raise OSError("no Wi-Fi in NVS; on the PC: inkling secrets set wifi")
    radio = network.WLAN(network.WLAN.IF_STA)
    radio.active(True)
    password = _secret("wifi_pass")  # once: the driver never closes what NVS() opens
    while True:
        try:
            if radio.isconnected():  # after a soft reset it may be
                radio.config(reconnects=_FOR_EVER)
                radio.config(pm=radio.PM_NONE)  # modem sleep would delay what comes in
                telemetry.say(k="wifi", st="up", rssi=radio.status("rssi"), ip=radio.ifconfig()[0])
                return
            telemetry.say(k="wifi", st="join")
            radio.config(reconnects=_DRIVER_TRIES)
            radio.connect(ssid, password)
            why = _wait(radio, telemetry)
        except (OSError, RuntimeError) as error:  # the driver refuses some calls at bad moments
            why = str(error)
        if why:
            telemetry.say(k="wifi", st="down", why=why)
            radio.disconnect()
            _pause(telemetry, _RETRY_MS)


def _secret(name):
    """A blob of NVS as text; None if there is none."""
    blob = bytearray(_LONGEST)
    try:
        size = NVS("inkling").get_blob(name, blob)
    except OSError:
        return None
    return bytes(blob[:size]).decode()


def _wait(radio, telemetry):
    """Why the radio did not join, in words; None when it did."""
    failures = {
        network.STAT_NO_AP_FOUND: "network not found (the ESP32 hears 2.4 GHz only)",
        network.STAT_WRONG_PASSWORD: "wrong password",
    }
    for reason in _HANDSHAKE_FAILED:
        failures[reason] = "wrong password"
    for reason in _OTHER_SECURITY:
        failures[reason] = "the network's security or signal does not suit"
    start = ticks_ms()
    while ticks_diff(ticks_ms(), start) < _JOIN_MS:
        _pause(telemetry, _GLANCE_MS)
        if radio.isconnected():
            return None
        why = failures.get(radio.status())
        if why and ticks_diff(ticks_ms(), start) > _JUDGE_MS:
            return why
    return "no address from the router"


def _new_clock(telemetry, settings, begin_ms):
    """A clock by the network's time servers: before that TLS would believe no certificate."""
    clock = Clock(False, begin_ms)
    tries = 0
    while True:
        why, wait_s = clock.ask(settings)
        if why is None:
            telemetry.say(k="clock", st="set")
            return clock
        tries += 1
        telemetry.say(k="clock", st="wait", why=why)
        if tries >= _CLOCK_TRIES and gmtime()[0] >= _CLOCK_SET_YEAR:
            return clock  # the second thread will ask on
        # Here nothing goes on without the time: sooner than a minute, but ever later.
        _pause(telemetry, 1000 * min(tries * wait_s // 60, _LONGEST_WAIT_S))


def _pause(telemetry, ms):
    """Wait, with the serial line served and the BOOT button watched."""
    until = ticks_add(ticks_ms(), ms)
    while ticks_diff(until, ticks_ms()) > 0:
        telemetry.drain()
        if safe_mode():
            raise _Stopped
        sleep_ms(_GLANCE_MS)
