"""Faults of those who come: the certificate shown, the upgrade's answer, and nobody listening."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from host.exchange import certificates

_LOOK_S = 0.02
_REBIND_S = 0.05

PAGE = """<!DOCTYPE html>
<html lang="en-US"><head><title>{status} | Kraken</title></head>
<body><div id="cf-wrapper"><h1>Error {status}</h1><p>{reason}</p>
<p>Cloudflare Ray ID: 8f2d0c6e9b1a4c37 &bull; "{{not}}": [JSON]</p></div></body></html>
"""
# RFC 6455's example of an accept: right for one key only, and never for the client's.
_WRONG_ACCEPT_S = 5.0
_WRONG_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def page(status: int) -> web.Response:
    """What stands before Kraken answers when Kraken does not."""
    response = web.Response(status=status, content_type="text/html")
    # A client that goes on as if it were upgraded is not to be taken for HTTP.
    response.force_close()
    response.text = PAGE.format(status=status, reason=response.reason)
    return response


class Waiting:
    """A fault that waits for the next so many who come; `took` is called as each is struck."""

    def __init__(self, kind, options: dict, took: Callable[[], None]):
        self.kind = kind
        self.options = options
        self.left = options["times"]
        self._took = took

    def take(self) -> None:
        self.left -= 1
        self._took()


class Door:
    """Who comes is struck by the first fault that waits, one fault each."""

    def __init__(self, site: Callable[[], web.TCPSite]):
        self._site = site
        self._serving: web.TCPSite | None = None
        self._closings = 0
        self._waiting: list[Waiting] = []
        self._contexts: dict[str, ssl.SSLContext] = {}

    def is_waiting(self, name: str) -> bool:
        return any(each.kind.name == name for each in self._waiting)

    def add(self, waiting: Waiting, credentials: certificates.Credentials) -> None:
        """Raises UserError when a certificate cannot be had."""
        if waiting.kind.name == "certificate":
            kind = waiting.options["kind"]
            if kind not in self._contexts:
                self._contexts[kind] = _credentials(kind, credentials).server_context()
        self._waiting.append(waiting)

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
            return page(waiting.options["status"])
        if waiting := self._next("upgrade-silent"):
            await _wait(request, waiting.options["seconds"])
        elif waiting := self._next("wrong-accept"):
            assert request.transport
            request.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: upgrade\r\nSec-WebSocket-Accept: "
                + _WRONG_ACCEPT.encode()
                + b"\r\n\r\n"
            )
            # What a client says that does not look is no HTTP.
            request.transport.pause_reading()
            await _wait(request, _WRONG_ACCEPT_S)
        else:
            return None
        if request.transport:
            request.transport.abort()
        return web.Response()

    def _next(self, name: str) -> Waiting | None:
        for waiting in self._waiting:
            if waiting.kind.name == name:
                waiting.take()
                if not waiting.left:
                    self._waiting.remove(waiting)
                return waiting
        return None

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


async def _wait(request: web.Request, seconds: float) -> None:
    """Until the client has left, and no longer than that."""
    for _ in range(int(seconds / _LOOK_S)):
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(_LOOK_S)


def _credentials(kind: str, ours: certificates.Credentials) -> certificates.Credentials:
    folder: Path = ours.ca_path.parent
    if kind == "other-ca":
        return certificates.local(folder / "other-ca")
    return certificates.broken(kind, folder) if kind != "another" else certificates.another(folder)
