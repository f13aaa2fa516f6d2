"""What is done once, before the first connection: settings, trust, buffers, Wi-Fi, the time. Then it is forgotten."""

import sys

VERSION = "0.1.0"  # as in pyproject.toml


def prepare(telemetry):
    """Say the boot record; settings, trust, book buffers, receive buffer; raises OSError with what is wrong."""
    from firmware import config
    from firmware.board import power
    from firmware.feeds import buffers
    from tlsconn import ConnectError, trust

    settings = config.load()
    telemetry.bytes_per_s = settings["serial_bytes_per_s"]
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
    forget("firmware", "config")
    forget("firmware.feeds", "buffers")
    return settings, trusted, books, receive


def reach_network(telemetry):
    """Wi-Fi and the right time, on a board that has a radio; whether to go on. Raises OSError."""
    from firmware.board import power

    telemetry.drain()
    online = True
    if power.has_radio():
        from firmware.board import wifi

        online = wifi.go_online(telemetry)
        forget("firmware.board", "wifi")
    forget("firmware.board", "power")
    return online


def forget(path, name):
    """A module whose work is done for good: its code is heap that the rest can use."""
    del sys.modules[path + "." + name]
    delattr(sys.modules[path], name)
