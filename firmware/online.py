"""Keeps one connection up for ever: connect, run the session, say why it ended, wait, again."""

import gc
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

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
    """Feed `buffers` (of `buffers.make`) from the exchange until the power goes; returns only for want of heap."""
    ws = WebSocket(receive)
    telemetry.bytes_per_s = settings["serial_bytes_per_s"]
    health = Health(buffers, telemetry, Clock(), settings["health_interval_ms"])
    session = Session(ws, buffers, telemetry, settings)
    backoff = Backoff(settings["backoff_min_ms"], settings["backoff_max_ms"])
    gc.collect()
    if 0 <= device.heap_free() < _SESSION_BYTES:
        telemetry.say(k="error", why="too little heap for so many pairs at this depth")
        telemetry.bytes_per_s = 0  # the last words are worth waiting for
        telemetry.drain()
        return
    health.start()
    while True:
        telemetry.say(k="net", st="connect", host=settings["host"])
        telemetry.drain()
        began = ticks_ms()
        try:
            await ws.connect(
                settings["host"],
                settings["port"],
                settings["path"],
                trusted,
                settings["connect_timeout_ms"],
            )
            telemetry.say(k="net", st="up")
            began = ticks_ms()
            why = await session.run()
        except ConnectError as error:
            why = error.why
        except MemoryError:
            why = "out of memory"
        await ws.close(timeout_ms=0)
        telemetry.say(k="net", st="down", why=why)
        if ticks_diff(ticks_ms(), began) >= _HEALTHY_MS:
            backoff.reset()
        delay_ms = backoff.next_ms()
        telemetry.say(k="net", st="retry", ms=delay_ms)
        gc.collect()
        until = ticks_add(ticks_ms(), delay_ms)
        while ticks_diff(until, ticks_ms()) > 0:
            telemetry.drain()
            await sleep_ms(_SERVE_LINE_MS)
        health.reconnects += 1
