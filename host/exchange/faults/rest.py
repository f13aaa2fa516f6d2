"""Faults of REST answers: whatever handler makes them, they pass through here."""

import asyncio
import time

from aiohttp import web

from host.exchange.faults import answers, wire
from host.exchange.faults.waiting import Queue, Waiting


class Rest:
    """Each answer is struck by the first fault that waits for it."""

    def __init__(self) -> None:
        self._queue = Queue()

    def has(self, name: str) -> bool:
        return self._queue.has(name)

    def add(self, waiting: Waiting) -> None:
        self._queue.add(waiting)

    async def answer(self, request: web.Request, handler) -> web.StreamResponse:
        waiting = self._queue.take(lambda each: (each.options["path"] or "") in request.path)
        if waiting is None:
            return await handler(request)
        name, options = waiting.name, waiting.options
        if name == "rest-refused":
            return answers.page(options["status"])
        if name == "rest-error":
            return _envelope(options["error"])
        if name == "rest-throttled":
            return _envelope(f"EService: Throttled: {int(time.time()) + 5}")
        if name == "rest-silent":
            return await answers.silence(request, options["seconds"])
        response = await handler(request)
        body = getattr(response, "body", None)
        if not isinstance(body, bytes):
            return response
        raw = web.StreamResponse(status=response.status, headers=response.headers)
        raw.content_length = len(body)
        await raw.prepare(request)
        if name == "rest-cut":
            await raw.write(body[: len(body) // 2])
            if request.transport:
                await wire.flushed(request.transport)
            return answers.cut(request)
        for at in range(len(body)):
            await raw.write(body[at : at + 1])
            await asyncio.sleep(options["pause_ms"] / 1000)
        await raw.write_eof()
        return raw


def _envelope(error: str) -> web.Response:
    return web.json_response({"error": [error]})
