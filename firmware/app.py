"""The application: what is done once, while the heap is one piece; then the code that runs for ever."""

import asyncio
import gc

from micropython import const

from borrow import give_back, lent
from firmware.board import guard
from firmware.board.device import print_exception
from firmware.online import begin, stay_connected
from firmware.telemetry import Telemetry

_LITTLE_HEAP = const("too little heap: fewer pairs or channels, or depth 10")
_COLLECT_EVERY = const(1024)  # bytes


def run():
    """Run until the power goes; returns when the board cannot, or shall not, go on, and has said why.

    What goes wrong later, of whatever kind, restarts the board with its cause kept.
    """
    # What loading leaves behind is swept up at once: it would break the heap to pieces too small
    # for a TLS session.
    gc.threshold(_COLLECT_EVERY)
    telemetry = Telemetry()
    cause = None
    try:
        cause = _run(telemetry)
    except Exception as error:  # whatever it was, a board that nobody watches has to run again
        cause = "crash: " + type(error).__name__
        print_exception(error)
    finally:
        # Also for Ctrl-C: the last words are worth waiting for.
        if cause:
            telemetry.say(k="restart", why=cause)
        telemetry.drain_all()
        guard.rest()
    if cause:
        guard.restart(cause)


def _run(telemetry):
    """Why the board is to be started anew; None if it shall not go on."""
    try:
        prepared = _prepare(telemetry)
        if prepared is None:
            return None
        begun = begin(telemetry, *prepared)
    except (OSError, MemoryError) as error:
        # The last words of a board that a person must mend.
        little = isinstance(error, MemoryError)
        why = _LITTLE_HEAP if little else str(error)
        telemetry.say(k="error", why=why)
        return None
    gc.threshold(-1)
    return asyncio.run(stay_connected(*begun))


def _prepare(telemetry):
    """What is done once (see start.py), in the order in which `begin` takes it; None when the board is to stay safe.

    Raises OSError, MemoryError.
    """
    from firmware import start

    settings, dialect, trusted, receive = start.prepare(telemetry)
    clock = lent("firmware", "reach").reach_network(telemetry, settings)
    if clock is None:
        return None
    listing = start.look_up(telemetry, settings, trusted, receive)
    buffers, settings = start.books(settings)
    give_back("firmware", "start")
    return settings, dialect, trusted, buffers, receive, clock, listing
