"""Stands in for the chip's `machine`: resets, the watchdog, GPIO0 and the like."""

import sys
import time

import _devkit
from _devkit import mac as unique_id  # noqa: F401
from _devkit import reset, reset_cause  # noqa: F401

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_PINS = 40
_MHZ = 1_000_000
_hz = 160 * _MHZ  # what stock firmware boots with


def soft_reset():
    sys.exit()


def deepsleep(ms=0):
    _devkit.deepsleep(ms)


def lightsleep(ms=0):
    time.sleep_ms(ms)


sleep = lightsleep


def idle():
    time.sleep_ms(0)


def freq(hz=None):
    global _hz
    if hz is None:
        return _hz
    if hz // _MHZ not in (20, 40, 80, 160, 240):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _hz = hz


class WDT:
    def __init__(self, id=0, timeout=5000):
        if id:
            raise ValueError
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        _devkit.wdt_start(timeout)

    def feed(self):
        _devkit.wdt_feed()


class Pin:
    """GPIO0 is the BOOT button; every other pin reads what was written to it."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_UP = 2
    PULL_DOWN = 1
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=-1, pull=-1, value=None):
        if not 0 <= id < _PINS:
            raise ValueError("invalid pin")
        self._id = id
        self._level = value or 0

    def init(self, mode=-1, pull=-1, value=None):
        if value is not None:
            self._level = value

    def value(self, level=None):
        if level is not None:
            self._level = 1 if level else 0
        elif self._id == 0:
            return _devkit.world(_devkit.GPIO0)
        else:
            return self._level

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class RTC:
    def datetime(self, to=None):
        if to is None:
            year, month, day, hour, minute, second, weekday = time.gmtime()[:7]
            return year, month, day, weekday, hour, minute, second, 0
        year, month, day, _, hour, minute, second, _ = to
        _devkit.set_clock(time.mktime((year, month, day, hour, minute, second, 0, 0, 0)))
