"""Faults of those who come: the certificate shown, the upgrade's answer, and nobody listening."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from host.exchange import certificates
from host.exchange.faults import answers
from host.exchange.faults.waiting import Queue, Waiting

_REBIND_S = 0.05
# RFC 6455's example of an accept: right for one key only, and never for the client's.
_WRONG_ACCEPT_S = 5.0
_WRONG_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class Door:
    """Who comes is struck by the first fault that waits, one fault each."""

    def __init__(self, site: Callable[[], web.TCPSite]):
        self._site = site
        self._serving: web.TCPSite | None = None
        self._closings = 0
        self._queue = Queue()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def has(self, name: str) -> bool:
        return self._queue.has(name)

    def add(self, waiting: Waiting, credentials: certificates.Credentials) -> None:
        """Raises UserError when a certificate cannot be had."""
        if waiting.name == "certificate":
            kind = waiting.options["kind"]
            if kind not in self._contexts:
                self._contexts[kind] = _credentials(kind, credentials).server_context()
        self._queue.add(waiting)

    # The certificate.

    def guard(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """Let `context` show another certificate when it is to."""
        context.sni_callback = self._choose
        return context

    def _choose(self, connection, name, context) -> None:
        if waiting := self._next("certificate"):
            connection.context = self._contexts[waiting.options["kind"]]

    # The upgrade.

    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """A wrong answer to an upgrade, None for no fault."""
        if waiting := self._next("upgrade-refused"):
            return answers.page(waiting.options["status"])
        if waiting := self._next("upgrade-silent"):
            return await answers.silence(request, waiting.options["seconds"])
        if not self._next("wrong-accept"):
            return None
        assert request.transport
        request.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: upgrade\r\nSec-WebSocket-Accept: " + _WRONG_ACCEPT.encode() + b"\r\n\r\n"
        )
        # What a client says that does not look is no HTTP.
        request.transport.pause_reading()
        return await answers.silence(request, _WRONG_ACCEPT_S)

    def _next(self, name: str) -> Waiting | None:
        return self._queue.take(lambda waiting: waiting.name == name)

    # The port.

    async def open(self) -> None:
        """Listen; raises OSError."""
        self._serving = self._site()
        await self._serving.start()

    async def close_for(self, ms: float) -> None:
        """Nobody listens for so long; those inside stay."""
        self._closings += 1
        if self._serving:
            await self._serving.stop()
            self._serving = None
        await asyncio.sleep(ms / 1000)
        self._closings -= 1
        while not self._closings and not self._serving:
            try:
                await self.open()
            except OSError:
                # Somebody else has it for the moment.
                self._serving = None
                await asyncio.sleep(_REBIND_S)


def _credentials(kind: str, ours: certificates.Credentials) -> certificates.Credentials:
    folder: Path = ours.ca_path.parent
    if kind == "other-ca":
        return certificates.local(folder / "other-ca")
    return certificates.broken(kind, folder) if kind != "another" else certificates.another(folder)
