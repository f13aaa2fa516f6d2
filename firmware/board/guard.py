"""What lets a board run for weeks unattended: the watchdog, and a restart whose cause is not forgotten."""

import os
import time
from time import ticks_diff, ticks_ms

from micropython import const

try:
    from machine import WDT, reset
except ImportError:  # CPython and the board model without a chip: the process ends instead
    WDT = reset = None  # type: ignore[assignment,misc]

_CAUSE_FILE = const("restart")
_HOUR_MS = const(3_600_000)
# A board that restarts soon after it started waits, longer each time: whoever wants to mend it
# needs a quiet moment, and the exchange one without us.
_SOON_MS = const(600_000)
_WAIT_MS = const(5000)
_MOST_WAITS = const(24)  # two minutes
_NAP_MS = const(1000)

_dog = None
_began = ticks_ms()
_soon = 0  # restarts so far that came soon after a start


def last_cause():
    """Why the firmware restarted the board, once; None if it was not the firmware."""
    global _soon
    try:
        with open(_CAUSE_FILE) as file:
            count, _, cause = file.read().partition(" ")
        os.remove(_CAUSE_FILE)
        _soon = int(count)
    except (OSError, ValueError):
        return None
    return cause


def arm(timeout_ms):
    """Start the watchdog; 0 leaves it off. From now on `feed` comes in time, or the chip resets."""
    global _dog
    if WDT is not None and timeout_ms:
        _dog = WDT(timeout=timeout_ms)


def feed():
    if _dog is not None:
        _dog.feed()


def rest():
    """The application ends, the chip's watchdog cannot be switched off: give whoever types an hour."""
    if _dog is not None:
        arm(_HOUR_MS)


def restart(cause):
    """Begin again from power-on, with `cause` (a line) kept for the next boot record. Does not return."""
    # After six days the difference of ticks turns negative, and that is not soon, either.
    count = _soon + 1 if 0 <= ticks_diff(ticks_ms(), _began) < _SOON_MS else 0
    for _ in range(min(count, _MOST_WAITS) * _WAIT_MS // _NAP_MS):
        feed()
        time.sleep_ms(_NAP_MS)
    try:
        with open(_CAUSE_FILE, "w") as file:
            file.write(str(count) + " " + cause)
    except OSError:  # a full file system must not keep a sick board going
        pass
    if reset is not None:
        reset()
    raise SystemExit
