"""What is done once, before the first connection: settings, trust, what REST tells, buffers. Then it is forgotten."""

import sys

from micropython import const

from borrow import borrow, give_back, lent
from firmware.board import device

_BOX_BYTES = const(160)  # events that wait to be written together, and for each pair
_BOX_PAIR_BYTES = const(96)
_BOX_KINDS = const(b'bootsafewificlocnet"staterrorestresyleakset"cont')
_DONE = (
    "levels imbalance_threshold spread_threshold_bps signal_cooldown_ms book_interval_ms"
    " depth_bps correlation_window contagion_threshold rest_port rest_host buffer_bytes"
    " serial_bytes_per_s ca blackbox_kb blackbox_on heap_kb"
)

VERSION = "0.1.0"  # as in pyproject.toml


def prepare(telemetry):
    """Say the boot record; settings, dialect, trust, receive buffer.

    Raises OSError with what is wrong.
    """
    from firmware import config

    settings = config.load()
    give_back("firmware", "config")
    del config  # or this call would keep its code
    # Native code passes through the heap in one piece on its way to the chip's instruction memory,
    # 11 KB for the decoder: that needs the heap while it is empty.
    import wsframe  # noqa: F401

    dialect = borrow("firmware.feeds", settings["dialect"])
    if settings["channels"]:
        from firmware.feeds import take_market  # noqa: F401
    if settings["rest_host"]:
        from firmware.kernels import pick  # noqa: F401
    telemetry.bytes_per_s = settings["serial_bytes_per_s"]
    device.allow_heap(settings["heap_kb"])
    receive = bytearray(settings["buffer_bytes"])
    if settings["blackbox_kb"]:
        telemetry.box = _black_box(telemetry, settings)
    _say_boot(telemetry, len(settings["pairs"]))
    return settings, dialect, _trust(settings["ca"]), receive


def books(settings):
    """The buffers of the books, and the settings that are of use from now on. Raises MemoryError.

    Last of all, because what came before needs the room.
    """
    talk = lent("firmware.feeds", settings["dialect"] + "_talk")
    names = [talk.wire_name(pair) for pair in settings["pairs"]]
    del talk
    plan = None
    if settings["channels"]:
        plan = lent("firmware.feeds", "market").make(settings)
        give_back("firmware.feeds", "paths")
    made = lent("firmware.feeds", "buffers").make(settings, names, plan)
    # In a dict of their own: one keeps the room of what is taken out of it.
    done = _DONE.split()
    return made, {key: value for key, value in settings.items() if key not in done}


def _say_boot(telemetry, count):
    from firmware.board import guard, power

    boot = {
        "v": VERSION,
        "py": sys.implementation.name + " %d.%d.%d" % sys.implementation.version[:3],
        "cause": power.reset_cause(),
        "n": count,
    }
    why = guard.last_cause()
    if why:
        boot["why"] = why
    telemetry.say(k="boot", **boot)


def _trust(ca):
    """What is believed of certificates, by the file `ca`; raises OSError."""
    from tlsconn import trust
    from tlsstream import ConnectError

    give_back("", "tlsconn")
    try:
        with open(ca, "rb") as file:
            return trust(file.read())
    except OSError:
        raise OSError("the certificate " + ca + " cannot be read")
    except ConnectError as error:
        raise OSError(ca + ": " + error.why)


def _black_box(telemetry, settings):
    from blackbox import BlackBox

    folder = "log"
    if settings["blackbox_on"] != "flash":
        from firmware.board import storage

        folder, why = storage.folder(settings["blackbox_on"])
        give_back("firmware.board", "storage")
        if why:
            telemetry.say(k="error", why=why)
    room = _BOX_BYTES + _BOX_PAIR_BYTES * len(settings["pairs"])
    return BlackBox(folder, settings["blackbox_kb"] * 1024, room, _BOX_KINDS)


def look_up(telemetry, settings, trusted, receive):
    """What REST tells of the pairs, or None."""
    listing = None
    if settings["rest_host"] and settings["dialect"] != "futures_v1":
        try:
            from asyncio import run

            from firmware.feeds import listing as listings

            listing = listings.make(settings)
            run(listings.look_up(settings, trusted, receive, telemetry, listing))
        except MemoryError:
            telemetry.say(k="error", why="REST: out of memory")
        for module in ("listing", "rest", "paths"):
            give_back("firmware.feeds", module)
        give_back("", "httpget")
        give_back("", "tlsconn")
        if not settings["channels"]:
            give_back("firmware.kernels", "pick")
    return listing
