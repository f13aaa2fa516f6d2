"""Small helpers for tests that talk to the local Kraken."""

import asyncio
import functools
import json
from contextlib import asynccontextmanager

import aiohttp

PAIRS = ["BTC/USD", "ETH/USD", "BTC/EUR"]
_PATIENCE_S = 10


def asynchronous(test):
    """Run an `async def` test in an event loop of its own."""

    @functools.wraps(test)
    def run(*args, **keys):
        asyncio.run(test(*args, **keys))

    return run


def subscribe(symbols, depth=10, method="subscribe", **keys):
    params = {"channel": "book", "symbol": symbols, "depth": depth, **keys}
    return {"method": method, "params": params, "req_id": 7}


@asynccontextmanager
async def client(exchange, dialect="spot_v2", greeting='"channel":"status"'):
    """A WebSocket to the exchange over verified TLS, with the greeting already read."""
    context = exchange.credentials.client_context()
    async with (
        asyncio.timeout(_PATIENCE_S),
        aiohttp.ClientSession() as session,
        session.ws_connect(exchange.url_of(dialect), ssl=context) as socket,
    ):
        assert greeting in (await socket.receive()).data
        yield socket


async def book_frames(socket, count):
    """The next `count` book frames, whatever comes between."""
    frames = []
    while len(frames) < count:
        message = await socket.receive()
        assert message.type == aiohttp.WSMsgType.TEXT, message
        if json.loads(message.data).get("channel") == "book":
            frames.append(message.data)
    return frames


async def ask(socket, request):
    """Send a request (JSON value or text) and return the next answer's text."""
    await socket.send_str(request if isinstance(request, str) else json.dumps(request))
    while True:
        message = await socket.receive()
        assert message.type == aiohttp.WSMsgType.TEXT, message
        if "channel" not in json.loads(message.data):
            return message.data
