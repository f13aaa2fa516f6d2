"""Keeps one connection up for ever: connect, run the session, say why it ended, wait, again."""

import gc
from asyncio import create_task, sleep_ms
from time import ticks_diff, ticks_ms

from micropython import const

from backoff import Backoff
from firmware.board import device
from firmware.board.clock import Clock
from firmware.feeds.session import Session
from firmware.health import Health
from wsclient import ConnectError, WebSocket

_HEALTHY_MS = const(60_000)  # a connection that lasted so long starts the backoff afresh
_SERVE_LINE_MS = const(20)
_SESSION_BYTES = const(5000)  # what a TLS connection takes, with what its beginning takes besides


async def stay_connected(telemetry, settings, trusted, buffers, receive):
    """Feed `buffers` from the exchange until the power goes; raises MemoryError if it cannot begin."""
    ws = WebSocket(receive)
    health = Health(buffers, telemetry, Clock(), settings["health_interval_ms"])
    session = Session(ws, buffers, telemetry, settings)
    backoff = Backoff(settings["backoff_min_ms"], settings["backoff_max_ms"])
    gc.collect()
    if 0 <= device.heap_free() < _SESSION_BYTES:
        raise MemoryError
    health.start()
    create_task(_serve_line(telemetry))  # noqa: RUF006  the loop keeps it, it never ends
    while True:
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
            why = "out of memory"
        except OSError as error:
            why = "error " + str(error.errno)
        await ws.close(timeout_ms=0)
        telemetry.say(k="net", st="down", why=why)
        # After six days the difference of ticks turns negative, and that is long enough, too.
        if up_since is not None and not 0 <= ticks_diff(ticks_ms(), up_since) < _HEALTHY_MS:
            backoff.reset()
        delay_ms = backoff.next_ms()
        telemetry.say(k="net", st="retry", ms=delay_ms)
        gc.collect()
        await sleep_ms(delay_ms)
        health.reconnects += 1


async def _serve_line(telemetry):
    """Whatever else goes on, what is to be said gets said."""
    while True:
        telemetry.drain()
        await sleep_ms(_SERVE_LINE_MS)
