"""Faults of REST answers: whatever handler makes them, they pass through here."""

import asyncio
import time

from aiohttp import web

from host.exchange.faults.door import Waiting, page

_LOOK_S = 0.02


class Rest:
    """Each answer is struck by the first fault that waits for it."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []

    def is_waiting(self, name: str) -> bool:
        return any(each.kind.name == name for each in self._waiting)

    def add(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)

    async def answer(self, request: web.Request, handler) -> web.StreamResponse:
        waiting = self._next(request.path)
        if waiting is None:
            return await handler(request)
        name, options = waiting.kind.name, waiting.options
        if name == "rest-refused":
            return page(options["status"])
        if name == "rest-error":
            return _envelope(options["error"])
        if name == "rest-throttled":
            return _envelope(f"EService: Throttled: {int(time.time()) + 5}")
        if name == "rest-silent":
            await _wait(request, options["seconds"])
            return _cut_off(request)
        response = await handler(request)
        body = getattr(response, "body", None)
        if not isinstance(body, bytes):
            return response
        raw = web.StreamResponse(status=response.status, headers=response.headers)
        raw.content_length = len(body)
        await raw.prepare(request)
        if name == "rest-cut":
            await raw.write(body[: len(body) // 2])
            await _flushed(request)
            return _cut_off(request)
        for at in range(len(body)):
            await raw.write(body[at : at + 1])
            await asyncio.sleep(options["pause_ms"] / 1000)
        await raw.write_eof()
        return raw

    def _next(self, path: str) -> Waiting | None:
        for waiting in self._waiting:
            if waiting.options["path"] is None or waiting.options["path"] in path:
                waiting.take()
                if not waiting.left:
                    self._waiting.remove(waiting)
                return waiting
        return None


def _envelope(error: str) -> web.Response:
    return web.json_response({"error": [error]})


def _cut_off(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _flushed(request: web.Request) -> None:
    while request.transport and request.transport.get_write_buffer_size():
        if request.transport.is_closing():
            return
        await asyncio.sleep(_LOOK_S)


async def _wait(request: web.Request, seconds: float) -> None:
    for _ in range(int(seconds / _LOOK_S)):
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(_LOOK_S)
