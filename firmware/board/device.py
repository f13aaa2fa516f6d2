"""The chip itself: clock frequency, reset cause, heap, serial line; harmless where there is no chip."""

import gc
import sys

from micropython import const

try:
    import machine
except ImportError:  # CPython
    machine = None

_FULL_SPEED_HZ = const(240_000_000)

_on_chip = hasattr(machine, "reset_cause")
_stdout = getattr(sys.stdout, "buffer", sys.stdout)
_is_micropython = sys.implementation.name == "micropython"


def full_speed():
    """240 MHz; the stock firmware boots at 160."""
    if _on_chip:
        machine.freq(_FULL_SPEED_HZ)


def reset_cause():
    """Why the board started, in a word."""
    if not _on_chip:
        return "start"
    for name in ("PWRON", "HARD", "WDT", "DEEPSLEEP", "SOFT"):
        if machine.reset_cause() == getattr(machine, name + "_RESET", None):
            return name.lower()
    return "unknown"


def heap_free():
    """Bytes free in the Python heap, -1 where nobody knows."""
    return gc.mem_free() if _is_micropython else -1


def heap_used():
    """Bytes taken in the Python heap, garbage included, -1 where nobody knows."""
    return gc.mem_alloc() if _is_micropython else -1


def version():
    """Of the Python that runs."""
    return ".".join([str(number) for number in sys.implementation.version[:3]])


if _is_micropython:

    def serial_write(buf, start, count):
        """Write `buf[start:start + count]` to the serial line, without a copy."""
        _stdout.write(buf, start, count)

else:

    def serial_write(buf, start, count):
        """Write `buf[start:start + count]` to standard output at once."""
        _stdout.write(buf[start : start + count])
        _stdout.flush()
