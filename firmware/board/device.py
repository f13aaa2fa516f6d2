"""The Python heap, the serial line and the radio's signal, on the board and on CPython."""

import gc
import select
import sys

from micropython import const

try:
    from network import WLAN
except ImportError:  # no radio
    WLAN = None  # type: ignore[assignment,misc]

_USABLE = const(1000)  # bytes of a KiB: the rest is the heap's own

_stdout = getattr(sys.stdout, "buffer", sys.stdout)
_heap_kb = [56]  # what the firmware starts with
_is_micropython = sys.implementation.name == "micropython"
# The serial line's input: `for _ in heard(0)` comes to pass if `stdin.readinto` has a byte to give.
_inlet = select.poll()
try:
    # CPython's own sys.stdin reads ahead: what it holds, no poll sees.
    stdin = getattr(sys.stdin, "buffer", sys.stdin) if _is_micropython else open(0, "rb", 0)
    _inlet.register(stdin, select.POLLIN)
except OSError:  # there is none
    pass
heard = getattr(_inlet, "ipoll", _inlet.poll)  # CPython has no ipoll
heard(0)  # the first call makes the tuple that the later ones reuse
del _inlet


def allow_heap(kb):
    """How much of the memory may become heap: `heap_free` counts against that."""
    _heap_kb[0] = kb


def heap_free():
    """Bytes free in the heap that is allowed, -1 where nobody knows.

    On the chip `gc.mem_free` counts in what the heap could still grow by, which is not all ours:
    WiFi and TLS need it.
    """
    if not _is_micropython:
        return -1
    return min(gc.mem_free(), max(0, _heap_kb[0] * _USABLE - gc.mem_alloc()))


def heap_used():
    """Bytes taken in the Python heap, garbage included, -1 where nobody knows."""
    return gc.mem_alloc() if _is_micropython else -1


def rssi_dbm():
    """How strong the Wi-Fi is; None without one."""
    try:
        return None if WLAN is None else WLAN(0).status("rssi")
    except OSError:  # lost
        return None


def is_online():
    """Whether the radio is connected; where there is none, the network is there."""
    return WLAN is None or WLAN(0).isconnected()


# The chip's default would be too small; CPython's smallest is larger than what the chip has.
THREAD_STACK_BYTES = 8192 if _is_micropython else 1 << 18


if _is_micropython:
    print_exception = sys.print_exception

    def serial_write(buf, start, count):
        """Write `buf[start:start + count]` to the serial line, without a copy."""
        _stdout.write(buf, start, count)  # type: ignore[call-overload]  # the stubs forgot it

else:
    from traceback import print_exception  # type: ignore[import-not-found,no-redef]  # noqa: F401

    def serial_write(buf, start, count):
        """Write `buf[start:start + count]` to standard output at once."""
        _stdout.write(buf[start : start + count])
        _stdout.flush()
