"""Power-on: full speed, why the board started, whether it is to stay safe; harmless where there is no chip."""

import os
from time import sleep_ms

from micropython import const

try:
    import machine
except ImportError:  # CPython
    machine = None  # type: ignore[assignment]

_FULL_SPEED_HZ = const(240_000_000)
_BOOT_BUTTON = const(
    0
)  # GPIO0; held while the chip comes out of reset, it starts the ROM's loader
_HELD_MS = const(250)  # a PC that opens the port may pull the same line low for a moment
_CAUSES = const("unknown pwron hard wdt deepsleep soft")  # as `machine` numbers them

_on_chip = hasattr(machine, "reset_cause")


def begin():
    """240 MHz (the stock firmware boots at 160); finish an installation that a power cut interrupted."""
    if _on_chip:
        machine.freq(_FULL_SPEED_HZ)
    if _exists("new/ready"):
        from firmware.board.install import install

        install()


def safe_mode():
    """Whether the application is to be left alone, and say so: BOOT is held now, or there is a file `safe`."""
    if _on_chip and _boot_held():
        print('{"k":"safe","why":"BOOT held"}')
        return True
    if _exists("safe"):
        print('{"k":"safe","why":"file safe"}')
        return True
    return False


def reset_cause():
    """Why the board started, in a word."""
    return _CAUSES.split()[machine.reset_cause()] if _on_chip else "start"


def has_radio():
    """Whether there is a Wi-Fi to join; elsewhere the network is there already."""
    try:
        import network
    except ImportError:
        return False
    return hasattr(network, "WLAN")


def _boot_held():
    button = machine.Pin(_BOOT_BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
    if button.value():
        return False
    sleep_ms(_HELD_MS)
    return not button.value()


def _exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True
