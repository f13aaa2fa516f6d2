"""The application: reads the settings, makes every buffer, keeps one connection up for ever."""

import asyncio
import gc
import sys

from firmware.board import device
from firmware.board.clock import Clock
from firmware.feeds.session import Session
from firmware.health import Health
from firmware.telemetry import Telemetry
from backoff import Backoff
from ticks import sleep_ms, ticks_add, ticks_diff, ticks_ms
from wsclient import ConnectError, WebSocket

VERSION = "0.1.0"

_HEALTHY_MS = 60_000  # a connection that lasted so long starts the backoff afresh
_SERVE_LINE_MS = 20


def run():
    """Run until the power goes; returns only when the settings cannot be used."""
    try:
        settings, ca_der, buffers = _prepare()
    except OSError as error:
        telemetry = Telemetry(0)
        telemetry.say(k="error", why=str(error))
        telemetry.drain()
        return
    asyncio.run(_stay_connected(settings, ca_der, buffers))


def _prepare():
    """Settings, certificate and buffers; raises OSError with what is wrong with them."""
    from firmware import config
    from firmware.feeds import buffers

    settings = config.load()
    try:
        with open(settings["ca"], "rb") as file:
            ca_der = file.read()
    except OSError:
        raise OSError("the certificate " + settings["ca"] + " cannot be read")
    made = buffers.make(settings)
    # Their work is done for good, and their code is heap that the rest can use.
    for package, module in (("firmware", "config"), ("firmware.feeds", "buffers")):
        del sys.modules[package + "." + module]
        delattr(sys.modules[package], module)
    return settings, ca_der, made


async def _stay_connected(settings, ca_der, buffers):
    ws = WebSocket(settings["buffer_bytes"])
    telemetry = Telemetry(settings["serial_bytes_per_s"])
    health = Health(buffers, telemetry, Clock(), settings["health_interval_ms"])
    session = Session(ws, buffers, telemetry, settings)
    backoff = Backoff(settings["backoff_min_ms"], settings["backoff_max_ms"])
    gc.collect()
    telemetry.say(
        k="boot",
        v=VERSION,
        py=device.version(),
        cause=device.reset_cause(),
        free=device.heap_free(),
        n=len(settings["pairs"]),
    )
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
                ca_der,
                settings["connect_timeout_ms"],
            )
            telemetry.say(k="net", st="up")
            began = ticks_ms()
            why = await session.run()
        except ConnectError as error:
            why = error.why
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
