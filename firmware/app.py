"""The application: settings and buffers first, while the heap is one piece; then the code that runs for ever."""

import gc
import sys

from micropython import const

from firmware.telemetry import Telemetry

VERSION = "0.1.0"  # as in pyproject.toml

_COLLECT_EVERY = const(1024)  # bytes


def run():
    """Run until the power goes; returns only when the settings cannot be used."""
    # What loading leaves behind is swept up at once: it would break the heap to pieces too small
    # for a TLS session.
    gc.threshold(_COLLECT_EVERY)
    telemetry = Telemetry()
    try:
        prepared = _prepare(telemetry)
        if not _reach_network(telemetry):
            return
        # Imported now, because code comes in small blocks that fit where large buffers would not.
        import asyncio

        from firmware.online import stay_connected

        gc.threshold(-1)
        asyncio.run(stay_connected(telemetry, *prepared))
    except OSError as error:
        why = str(error)
    except MemoryError:
        why = "too little heap for so many pairs at this depth"
    telemetry.bytes_per_s = 0  # the last words are worth waiting for
    telemetry.say(k="error", why=why)
    telemetry.drain()


def _prepare(telemetry):
    """Say the boot record; settings, trust, book buffers, receive buffer; raises OSError with what is wrong."""
    from firmware import config
    from firmware.board import power
    from firmware.feeds import buffers
    from tlsconn import ConnectError, trust

    settings = config.load()
    try:
        with open(settings["ca"], "rb") as file:
            trusted = trust(file.read())
    except OSError:
        raise OSError("the certificate " + settings["ca"] + " cannot be read")
    except ConnectError as error:
        raise OSError(settings["ca"] + ": " + error.why)
    receive = bytearray(settings["buffer_bytes"])
    books = buffers.make(settings)
    telemetry.say(
        k="boot",
        v=VERSION,
        py=sys.implementation.name + " %d.%d.%d" % sys.implementation.version[:3],
        cause=power.reset_cause(),
        n=len(settings["pairs"]),
    )
    _forget("firmware", "config")
    _forget("firmware.feeds", "buffers")
    return settings, trusted, books, receive


def _reach_network(telemetry):
    """Wi-Fi and the right time, on a board that has a radio; whether to go on. Raises OSError."""
    from firmware.board import power

    telemetry.drain()
    online = True
    if power.has_radio():
        from firmware.board import wifi

        online = wifi.go_online(telemetry)
        _forget("firmware.board", "wifi")
    _forget("firmware.board", "power")
    return online


def _forget(path, name):
    """A module whose work is done for good: its code is heap that the rest can use."""
    del sys.modules[path + "." + name]
    delattr(sys.modules[path], name)
