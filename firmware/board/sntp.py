"""Asks a time server for the time, to the millisecond (SNTP, RFC 4330). Loaded when needed, then forgotten."""

import socket
import sys
import time
from os import urandom
from time import sleep_ms, ticks_diff, ticks_ms, ticks_us

from micropython import const

from firmware.kernels.lateness import carry

_ANSWERS = const(3)  # the one with the shortest round trip counts
_MOST_SILENT = const(2)  # packets without an answer; then there is no server to be had
_ANSWER_MS = const(1000)
_REST_MS = const(500)  # between two questions: a server is not to be hurried
_GOOD_US = const(20_000)  # a round trip so short cannot be wrong by more than half of it
_PACKET = const(48)
_ASK = const(0x23)  # version 4, mode 3: a client
_SERVER = const(4)  # its mode
_UNSYNCHRONISED = const(3)
_MOST_STRATUM = const(15)
# Where the four times are in a packet; ours goes out as its transmit time and comes back as the
# originate time. It is a random number: RFC 4330 asks only that it is not guessed.
_ORIGINATE = const(24)
_RECEIVE = const(32)
_TRANSMIT = const(40)
_US = const(1_000_000)
_TIMED_OUT = const(110)  # ETIMEDOUT
_S_1970 = const(2_208_988_800)  # since 1900
_S_2000 = const(946_684_800)  # since 1970
_FAILED_WAIT_S = const(60)
_REFUSED_WAIT_S = const(600)
_DRIFT_WAIT_S = const(3600)
_WAIT_S = const(86_400)

# The clock's anchor, as kernels/lateness.py has it.
_C_HI = const(1)
_C_LO = const(2)
_C_DRIFT = const(3)  # of the ticks: 10**-8 ms a ms
_C_PARTS = const(4)
_C_SPAN_MS = const(5)  # since the clock was set
_C_SET = const(6)  # whether it ever was
_BILLION = const(1_000_000_000)
_PARTS = const(100_000_000)
_PARTS_PER_PPM = const(100)
_MOST_DRIFT = const(30_000)  # 300 ppm; a crystal has 10 to 50
_LEAST_SPAN_MS = const(600_000)  # the least time between two settings that tells of the drift
_MOST_ERROR_MS = const(60_000)  # beyond it a setting corrects a mistake, not a drift


class _Refused(OSError):
    """The server sent a kiss of death: it is to be left alone."""


def ask(host, port):
    """(ticks, ms since 1970 at these ticks, round trip in us) by the server `host`; raises OSError.

    Takes as long as the lookup of the name, and at most 4 s.
    """
    address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)[0][-1]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    best = None
    silent = 0
    try:
        sock.settimeout(_ANSWER_MS / 1000)
        sock.connect(address)  # nobody else's packets come through then
        for n in range(_ANSWERS):
            if n:
                sleep_ms(_REST_MS)
            found = _question(sock)
            if found is None:
                silent += 1
            elif best is None or found[2] < best[2]:
                best = found
            if silent == _MOST_SILENT or (best and best[2] <= _GOOD_US):
                break
    finally:
        sock.close()
    if best is None:
        raise OSError(_TIMED_OUT, "")
    return best


def _question(sock):
    """One question and its answer, as `ask` returns it; None if none came that could be believed."""
    packet = bytearray(_PACKET)
    packet[0] = _ASK
    nonce = urandom(8)
    packet[_TRANSMIT:] = nonce
    asked = ticks_us()
    sock.send(packet)
    begun = ticks_ms()
    while ticks_diff(ticks_ms(), begun) < _ANSWER_MS:
        try:
            reply = sock.recv(128)
        except OSError:  # no answer in time, or nobody there
            return None
        came_us = ticks_us()
        came = ticks_ms()
        if len(reply) < _PACKET or reply[_ORIGINATE:_RECEIVE] != nonce or reply[0] & 7 != _SERVER:
            continue  # not the answer to our question
        stratum = reply[1]
        if stratum == 0:
            raise _Refused
        received = _time_us(reply, _RECEIVE)
        sent = _time_us(reply, _TRANSMIT)
        trip = ticks_diff(came_us, asked) - (sent - received)
        if (
            reply[0] >> 6 == _UNSYNCHRONISED
            or stratum > _MOST_STRATUM
            or sent < received
            or trip < -1000
            or not any(reply[_TRANSMIT : _TRANSMIT + 8])
        ):
            return None  # a server that does not know the time itself
        return came, (sent + max(trip, 0) // 2) // 1000, trip
    return None


def _time_us(packet, at):
    """Microseconds since 1970 of an NTP time: seconds and their fraction, each in 32 bits."""
    seconds = int.from_bytes(packet[at : at + 4], "big")
    if seconds < 1 << 31:  # the count begins anew in 2036
        seconds += 1 << 32
    return (seconds - _S_1970) * _US + (int.from_bytes(packet[at + 4 : at + 8], "big") * _US >> 32)


def set_clock(clock, settings):
    """Ask, and set `clock` and the chip's own; (None, or why not in words; seconds until asked again)."""
    try:
        ticks, ms, _ = ask(settings["time_host"], settings["time_port"])
        correct(clock, ticks, ms)
        _set_chip(ms)
        # After an hour the drift of the clock can be told.
        return None, _DRIFT_WAIT_S if clock.ppm is None else _WAIT_S
    except _Refused:
        return "the time server wants to be left alone", _REFUSED_WAIT_S
    except OSError as error:
        why = "no answer from the time server"
        # The name lookup's numbers are negative on the chip.
        if not isinstance(error.errno, int) or error.errno < 0:
            why = "cannot resolve its name"
        return why, _REFUSED_WAIT_S if clock.trusted else _FAILED_WAIT_S
    finally:
        # Needed once a day: its code would be heap that nobody else has.
        del sys.modules[__name__]
        del sys.modules["firmware.board"].sntp


def correct(clock, ticks, ms):
    """It was `ms` since 1970 at `ticks`, which are not long ago: set the clock, learn the drift of its ticks."""
    anchor = clock.anchor
    carry(anchor, ticks)
    error_ms = ms - (anchor[_C_HI] * _BILLION + anchor[_C_LO])
    if not anchor[_C_SET]:
        error_ms = 0  # of a clock that meant nothing
    elif anchor[_C_SPAN_MS] >= _LEAST_SPAN_MS and abs(error_ms) <= _MOST_ERROR_MS:
        drift = anchor[_C_DRIFT] + error_ms * _PARTS // anchor[_C_SPAN_MS]
        anchor[_C_DRIFT] = min(max(drift, 0 - _MOST_DRIFT), _MOST_DRIFT)
        clock.ppm = (anchor[_C_DRIFT] + _PARTS_PER_PPM // 2) // _PARTS_PER_PPM
    clock.offset_ms = error_ms
    clock.trusted = True
    anchor[_C_SET] = 1
    anchor[_C_SPAN_MS] = anchor[_C_PARTS] = 0
    anchor[_C_HI] = ms // _BILLION
    anchor[_C_LO] = ms % _BILLION


def _set_chip(ms):
    """The chip's own clock, by which TLS judges certificates; nothing where there is none to set."""
    try:
        from machine import RTC
    except ImportError:
        return
    seconds = ms // 1000
    if time.gmtime(0)[0] == 2000:
        seconds -= _S_2000
    year, month, day, hour, minute, second, weekday = time.gmtime(seconds)[:7]
    RTC().datetime((year, month, day, weekday, hour, minute, second, ms % 1000 * 1000))
