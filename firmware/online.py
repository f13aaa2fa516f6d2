"""Keeps one connection up for ever: connect, run the session, say why it ended, wait, again."""

import gc
from asyncio import create_task, sleep_ms
from time import ticks_diff, ticks_ms

from micropython import const

from backoff import Backoff
from borrow import borrow, give_back, lent
from firmware.board import device, guard
from firmware.feeds.session import Session
from firmware.health import Health
from wsclient import ConnectError, WebSocket

_HEALTHY_MS = const(60_000)  # a connection that lasted so long starts the backoff afresh
_SERVE_LINE_MS = const(20)
_MOST_BYTES = const(32)  # taken from the line at once, lest noise on it keeps the feed waiting
_BRACE = const(123)  # how a line of the PC's begins
_NAP_MS = const(1000)  # of a wait: in each of them the watchdog is fed
_SESSION_BYTES = const(5500)  # what a TLS connection takes, with what its beginning takes besides
_OUT_OF_MEMORY = const("out of memory")
_LITTLE_HEAP = const("too little heap: fewer pairs or channels, or depth 10")
_MOST_FAILURES = const(3)  # for want of memory, one after the other: then it is in too many pieces

_byte = bytearray(1)  # made here, while the heap is in one piece


def begin(telemetry, settings, dialect, trusted, buffers, receive, clock, listing):
    """Make what `stay_connected` needs, start the watchdog and the second thread.

    Raises MemoryError if the heap is too small for all that and a connection.
    """
    ws = WebSocket(receive)
    health = Health(buffers, telemetry, clock, settings)
    session = Session(ws, dialect, buffers, telemetry, settings, health, listing)
    gc.collect()
    if 0 <= device.heap_free() < _SESSION_BYTES:
        raise MemoryError
    guard.arm(settings["watchdog_ms"])
    health.start()
    return telemetry, settings, trusted, ws, session


async def stay_connected(telemetry, settings, trusted, ws, session):
    """Feed the books from the exchange, over one connection after the other.

    Returns why the board is to be started anew, or None if it is to stay safe.
    """
    backoff = Backoff(settings["backoff_min_ms"], settings["backoff_max_ms"])
    gc.collect()  # what stays for ever goes below what comes and goes
    create_task(_serve_line(telemetry, session))  # noqa: RUF006  the loop keeps it, it never ends
    failures = 0
    while True:
        guard.feed()
        if not (device.is_online() or _reach_network(telemetry, settings, session.health.clock)):
            return None
        telemetry.say(k="net", st="connect", host=settings["host"])
        telemetry.drain()
        up_since = None
        try:
            await ws.connect(
                settings["host"],
                settings["port"],
                settings["path"],
                trusted,
                settings["connect_timeout_ms"],
            )
            telemetry.say(k="net", st="up")
            up_since = ticks_ms()
            why = await session.run()
        except ConnectError as error:
            why = error.why
        except MemoryError:
            why = _OUT_OF_MEMORY
        except OSError as error:
            why = "error " + str(error.errno)
        await ws.close(timeout_ms=0)
        telemetry.say(k="net", st="down", why=why)
        failures = failures + 1 if why == _OUT_OF_MEMORY else 0
        if failures == _MOST_FAILURES or session.sick:
            if failures > session.health.reconnects:  # since the start
                telemetry.say(k="error", why=_LITTLE_HEAP)
            return why
        # After six days the difference of ticks turns negative, and that is long enough, too.
        if up_since is not None and not 0 <= ticks_diff(ticks_ms(), up_since) < _HEALTHY_MS:
            backoff.reset()
        delay_ms = max(backoff.next_ms(ticks_ms()), session.least_wait_ms)
        telemetry.say(k="net", st="retry", ms=delay_ms)
        gc.collect()
        while delay_ms > 0:
            guard.feed()
            await sleep_ms(min(delay_ms, _NAP_MS))
            delay_ms -= _NAP_MS
        session.health.reconnects += 1


def _reach_network(telemetry, settings, clock):
    """The Wi-Fi is gone: join it again, as at start; whether to go on."""
    telemetry.say(k="wifi", st="down", why="lost")
    return lent("firmware", "reach").reach_network(telemetry, settings, clock)


async def _serve_line(telemetry, session):
    """Whatever else goes on, what is to be said gets said, what is to be kept gets written, who speaks is heard."""
    box = telemetry.box
    while True:
        telemetry.drain()
        why = box.flush(ticks_ms()) if box else None
        if why:
            telemetry.say(k="error", why=why)
        for _ in range(_MOST_BYTES):
            _byte[0] = 0
            for _ in device.heard(0):
                device.stdin.readinto(_byte)  # type: ignore[misc]  # it is a stream of bytes
            if _byte[0] == 0:
                break
            if _byte[0] == _BRACE:
                try:
                    await borrow("firmware", "live").update(device.heard, device.stdin, session)
                except MemoryError:  # without an answer the PC asks again
                    pass
                give_back("firmware", "live")
        await sleep_ms(_SERVE_LINE_MS)
