"""Single keys from the terminal, and the terminal as it was on every way out."""

import os
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

QUIT_KEYS = frozenset(b"qQ\x1d")  # Ctrl-] is what serial terminals taught people
RESTART_KEYS = frozenset(b"rR")
DISABLED = b"\0"  # _POSIX_VDISABLE

# Signals that would otherwise end the process without any cleaning up.
DEADLY = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def single_keys() -> Iterator[int | None]:
    """A descriptor that gives each key as it is pressed, or None if there is no keyboard."""
    if sys.stdin is None or not sys.stdin.isatty():
        yield None
        return
    keyboard = sys.stdin.fileno()
    if _is_the_shells(keyboard):
        yield None
        return
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard)
        # A view that Ctrl-Z stopped would leave the shell on the alternate screen.
        modes = termios.tcgetattr(keyboard)
        modes[6][termios.VSUSP] = DISABLED
        termios.tcsetattr(keyboard, termios.TCSANOW, modes)
        yield keyboard
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def _is_the_shells(keyboard: int) -> bool:
    """Whether we are in the background (`&`), where asking for keys would stop us."""
    try:
        return os.tcgetpgrp(keyboard) != os.getpgrp()
    except OSError:  # a terminal, but not the one that this session is controlled by
        return False


@contextmanager
def orderly_death() -> Iterator[None]:
    """Within this block SIGTERM and SIGHUP unwind the stack, so that the screen is restored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def unwind(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, unwind) for number in DEADLY}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
