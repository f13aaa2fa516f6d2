"""Certificates, and TLS servers in a thread, for tests: the other end of the line."""

import asyncio
import contextlib
import queue
import ssl
import threading
from datetime import UTC, datetime, timedelta
from functools import cache

import trustme
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Request

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@cache
def authority(name):
    return trustme.CA(organization_name=name)


@cache
def ca_file(name, folder):
    """The authority's certificate as a DER file in `folder`."""
    path = folder / f"{name}.der"
    certificate = _x509(authority(name).cert_pem.bytes())
    path.write_bytes(certificate.public_bytes(Encoding.DER))
    return path


def server_context(ca="good", host="localhost", **validity):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority(ca).issue_cert(host, **validity).configure_cert(context)
    return context


def serving(handler, context=None):
    """A server in a thread: `await handler(reader, writer)` per connection. Gives its port."""

    async def one(reader, writer):
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                await asyncio.wait_for(handler(reader, writer), 20)
        finally:
            writer.close()

    async def start():
        server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=context)
        return server, server.sockets[0].getsockname()[1]

    return _in_thread(start)


def serving_app(talk, context):
    """An aiohttp server in a thread: `await talk(websocket)` per connection. Gives its port."""

    async def handle(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await asyncio.wait_for(talk(ws), 20)
        return ws

    async def start():
        app = web.Application()
        app.router.add_get("/feed", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        return runner, runner.addresses[0][1]

    return _in_thread(start)


async def upgraded(reader, writer):
    """Answer the request for a WebSocket as wsproto says."""
    server = WSConnection(ConnectionType.SERVER)
    server.receive_data(await reader.readuntil(b"\r\n\r\n"))
    assert isinstance(next(server.events()), Request)
    writer.write(server.send(AcceptConnection()))


@contextlib.contextmanager
def _in_thread(start):
    started = queue.Queue()

    async def serve():
        loop = asyncio.get_running_loop()
        # A client that breaks off in the handshake is what the tests are about.
        loop.set_exception_handler(lambda loop, context: None)
        stop = asyncio.Event()
        # It lives as long as it is referred to.
        server, port = await start()
        started.put((port, lambda: loop.call_soon_threadsafe(stop.set)))
        await stop.wait()
        del server

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    port, stop = started.get(timeout=10)
    try:
        yield port
    finally:
        stop()
        thread.join(10)


def _x509(pem):
    return x509.load_pem_x509_certificate(pem)
