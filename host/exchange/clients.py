"""Serves the clients: each has its session, a writer and a listener from coming to leaving."""

import asyncio
from collections.abc import Callable
from functools import partial

from aiohttp import WSCloseCode, web

from host.exchange.connection import CLOSE_S, Connection
from host.exchange.engine import Engine
from host.exchange.faults.injector import Injector
from host.exchange.listener import Listener
from host.exchange.pump import Pump
from host.exchange.recording import Recording
from host.exchange.session import Session
from host.exchange.source import FUTURES_V1

# At full speed the exchange waits while a client has more frames than this before it.
_FRAMES_AHEAD = 256


class Clients:
    """Those that are connected; `tell` is told in one line what they do."""

    def __init__(
        self,
        engine: Engine,
        faults: Injector,
        pump: Pump,
        idle_s: float,
        tell: Callable[[str], None],
    ):
        self.recording: Recording | None = None
        """What the first client hears, if it is recorded."""
        self._engine = engine
        self._faults = faults
        self._pump = pump
        self._idle_s = idle_s
        self._tell = tell
        self._connections: list[Connection] = []
        self._count = 0
        # Frames sent to clients that have left.
        self._sent_before = 0

    def __len__(self) -> int:
        return len(self._connections)

    @property
    def sent(self) -> int:
        """Frames sent to all that ever were here."""
        return self._sent_before + sum(connection.sent for connection in self._connections)

    async def serve(self, request: web.Request, dialect: str) -> web.StreamResponse:
        """Answer an upgrade, and whatever the client says until it has left."""
        # Pongs wait for their turn like all that is sent.
        socket = web.WebSocketResponse(compress=False, timeout=CLOSE_S, autoping=False)
        await socket.prepare(request)
        connection, session = self._welcome(socket, request, dialect)
        writer = asyncio.create_task(connection.write())
        # The futures want to be pinged, so there the pings are looked at.
        wants_pings = dialect == FUTURES_V1
        on_request = partial(self._request, connection, session)
        try:
            await Listener(connection, session, self._idle_s, wants_pings, on_request).listen()
        finally:
            writer.cancel()
            self._part(connection, session)
        return socket

    async def caught_up(self) -> None:
        """Wait until nobody has much left to read."""
        for connection in list(self._connections):
            await connection.drained(_FRAMES_AHEAD)

    async def close_all(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """Close all connections with a WebSocket close code, once all frames have been sent."""
        await asyncio.gather(*(each.close(code) for each in list(self._connections)))

    def _welcome(
        self, socket: web.WebSocketResponse, request: web.Request, dialect: str
    ) -> tuple[Connection, Session]:
        self._count += 1
        connection = Connection(socket, request, self._count)
        if self._count == 1:
            connection.recording = self.recording
        self._connections.append(connection)
        self._tell(f"{connection.name} connected from {request.remote}")
        self._faults.open(
            connection,
            true_book=lambda symbol: self._engine.true_book(session, symbol, self._pump.now_us()),
            request=lambda text: self._take_back(connection, session, text),
        )
        session = self._engine.open(connection.put, self._pump.now_us(), dialect)
        return connection, session

    def _part(self, connection: Connection, session: Session) -> None:
        self._engine.close(session)
        self._connections.remove(connection)
        self._faults.close(connection)
        self._sent_before += connection.sent
        connection.end()
        self._tell(f"{connection.name} left, {connection.sent:,} messages sent")
        if recording := connection.recording:
            self._tell(f"recorded {recording.frames:,} frames in {recording.path}")
        if not self._connections:
            self._pump.rewind()

    def _request(self, connection: Connection, session: Session, text: str) -> None:
        before = set(session.subscriptions)
        self._engine.request(session, text, self._pump.now_us())
        self._tell_changes(connection, before, set(session.subscriptions))
        if session.subscriptions:
            self._pump.start_clock()
        self._pump.wake()

    def _take_back(self, connection: Connection, session: Session, request: str) -> None:
        """A request in the name of a client that knows nothing of it."""
        if connection in self._connections:
            self._engine.request(session, request, self._pump.now_us())

    def _tell_changes(self, connection: Connection, before: set, now: set) -> None:
        for word, topics in (
            ("subscribed to", now - before),
            ("unsubscribed from", before - now),
        ):
            if topics:
                self._tell(f"{connection.name} {word} {', '.join(sorted(map(str, topics)))}")
