"""Power-on: full clock speed, and why the board started; harmless where there is no chip."""

from micropython import const

try:
    import machine
except ImportError:  # CPython
    machine = None  # type: ignore[assignment]

_FULL_SPEED_HZ = const(240_000_000)

_on_chip = hasattr(machine, "reset_cause")


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
