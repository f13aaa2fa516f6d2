"""Faults that strike a connection at once, each in one function."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from host.exchange.faults import wire

if TYPE_CHECKING:
    from host.exchange.connection import Connection

# What goes on in the background after a strike, None if nothing does.
_Work = Awaitable[None] | None


def strike(name: str, options: dict[str, Any], connection: "Connection") -> _Work:
    """Do it; what is returned is still to be awaited."""
    return _STRIKES[name](connection, options)


def _drop(connection: "Connection", options: dict[str, Any]) -> None:
    connection.transport.abort()


def _half_open(connection: "Connection", options: dict[str, Any]) -> None:
    connection.fall_silent()
    asyncio.get_running_loop().call_later(options["seconds"], connection.transport.abort)


def _close(connection: "Connection", options: dict[str, Any]) -> _Work:
    return connection.close(options["code"], options["reason"])


def _reset_mid_frame(connection: "Connection", options: dict[str, Any]) -> None:
    connection.behave(wire.ResetMidFrame(options["after_ms"]))


def _drip(connection: "Connection", options: dict[str, Any]) -> None:
    connection.behave(wire.Drip(options["ms"], options["pause_ms"]))


def _fragmented(connection: "Connection", options: dict[str, Any]) -> None:
    connection.behave(wire.Fragmented(options["frames"], options["pieces"], options["ping"]))


def _huge_frame(connection: "Connection", options: dict[str, Any]) -> None:
    connection.do_next(partial(wire.huge, size=options["size"]))


def _ping_storm(connection: "Connection", options: dict[str, Any]) -> None:
    connection.do_next(partial(wire.pings, count=options["count"], size=options["size"]))


def _no_close_notify(connection: "Connection", options: dict[str, Any]) -> None:
    connection.do_next(wire.end_without_notify)


_STRIKES: dict[str, Callable[["Connection", dict[str, Any]], _Work]] = {
    "drop": _drop,
    "half-open": _half_open,
    "close": _close,
    "reset-mid-frame": _reset_mid_frame,
    "drip": _drip,
    "fragmented": _fragmented,
    "huge-frame": _huge_frame,
    "ping-storm": _ping_storm,
    "no-close-notify": _no_close_notify,
}
