"""Serves REST's public methods over HTTP: small answers whole, large ones in chunks."""

from collections.abc import Callable
from itertools import cycle

from aiohttp import web

from host.exchange.address import REST_PATH
from host.exchange.rest import Rest

PATH = REST_PATH + "/{method}"

# These are sent in chunks, of sizes that cut numbers and names anywhere.
_CHUNKED_METHODS = frozenset({"AssetPairs", "Depth"})
_CHUNK_BYTES = (700, 1, 97, 1400, 3)


class RestEndpoint:
    """Answers at exchange time."""

    def __init__(self, rest: Rest, now_us: Callable[[], int]):
        self._rest = rest
        self._now_us = now_us

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        text = self._rest.answer(method, request.query, self._now_us())
        kind = _InChunks if method in _CHUNKED_METHODS else web.Response
        return kind(text=text, content_type="application/json")


class _InChunks(web.Response):
    """Has its body whole, and sends it in pieces."""

    def __init__(self, **keys):
        super().__init__(**keys)
        self.enable_chunked_encoding()

    async def write_eof(self, data: bytes = b"") -> None:
        at, body = 0, self.body
        for size in cycle(_CHUNK_BYTES):
            if at >= len(body):
                break
            await self.write(body[at : at + size])
            at += size
        await web.StreamResponse.write_eof(self)
