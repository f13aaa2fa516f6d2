"""Hears a client out: its requests, its pings, and its silence."""

import time
from collections.abc import Callable
from functools import partial

from aiohttp import WSMsgType

from host.exchange.connection import Connection
from host.exchange.session import Session


class Listener:
    """`on_request(text)` is told each text; a client that is idle for `idle_s` is closed.

    Idle is who has nothing subscribed and says nothing, or, where it `wants_pings`, who does not ping.
    """

    def __init__(
        self,
        connection: Connection,
        session: Session,
        idle_s: float,
        wants_pings: bool,
        on_request: Callable[[str], None],
    ):
        self._connection = connection
        self._session = session
        self._idle_s = idle_s
        self._wants_pings = wants_pings
        self._on_request = on_request
        self._pinged_s = time.monotonic()

    async def listen(self) -> None:
        """Return when the connection is over."""
        socket = self._connection.socket
        while True:
            try:
                message = await socket.receive(timeout=self._patience_s())
            except TimeoutError:
                if self._connection.is_silent:
                    self._pinged_s = time.monotonic()
                    continue
                if self._session.subscriptions and not self._wants_pings:
                    continue
                await socket.close(message=b"idle")
                return
            if message.type == WSMsgType.TEXT:
                self._on_request(message.data)
            elif message.type == WSMsgType.PING:
                self._pinged_s = time.monotonic()
                self._connection.do_next(partial(_pong, payload=message.data))
            elif message.type not in (WSMsgType.BINARY, WSMsgType.PONG):
                if closing := self._connection.closing:
                    # The close handshake is under way; returning would cut it short.
                    await closing.wait()
                return

    def _patience_s(self) -> float:
        if not self._wants_pings:
            return self._idle_s
        return max(0.0, self._idle_s + self._pinged_s - time.monotonic())


async def _pong(connection: Connection, payload: bytes) -> None:
    await connection.socket.pong(payload)
