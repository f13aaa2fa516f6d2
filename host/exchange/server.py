"""The local Kraken: a TLS server of WebSockets and REST, running an engine by the clock."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from aiohttp import WSCloseCode, web

from host.errors import UserError
from host.exchange import address, certificates
from host.exchange.address import LOOPBACK
from host.exchange.clock import Clock
from host.exchange.connection import Connection
from host.exchange.engine import DEFAULT_SNAPSHOT_DELAY_MS, Engine
from host.exchange.faults.injector import Injected, Injector
from host.exchange.faults.plan import Plan
from host.exchange.listener import Listener
from host.exchange.market import Market
from host.exchange.recording import Recording
from host.exchange.rest import Rest
from host.exchange.rest_endpoint import PATH, RestEndpoint
from host.exchange.session import Session
from host.exchange.source import FUTURES_V1, SPOT_V2, Source

DEFAULT_PORT = 8443
IDLE_MS = 60_000
# How long a client may take over its half of the close handshake.
_CLOSE_S = 2.0
# At full speed the exchange waits while a client has more frames than this before it.
_FRAMES_AHEAD = 256
# The pump lets clients have their turn after so many steps in one go.
_STEPS_A_TURN = 64


class Exchange:
    """A local Kraken; `async with` serves from `port` (0: any free one) until it is left.

    `speed` times true speed, `clock.FULL_SPEED` for as fast as clients read. `record` names a file
    for what the first client hears. `exit_at_end` closes the connections with 1001 when the source
    has ended, and sets `finished`. `plan` says which faults come when. `on_event` is told in one line what happens.

    Entering raises UserError when the port is in use or the address cannot be had, and for
    certificates or a recording that cannot be written.
    """

    def __init__(
        self,
        source: Source,
        *,
        host: str = LOOPBACK,
        port: int = 0,
        speed: float = 1.0,
        credentials: certificates.Credentials | None = None,
        record: str | Path | None = None,
        exit_at_end: bool = False,
        snapshot_delay_ms: int = DEFAULT_SNAPSHOT_DELAY_MS,
        idle_ms: int = IDLE_MS,
        plan: Plan | None = None,
        on_event: Callable[[str], None] = lambda line: None,
    ):
        self.credentials = credentials or certificates.local(names=address.names(host))
        self.host = host
        self.port = port
        self.finished = asyncio.Event()
        self._source = source
        self._engine = Engine(source, snapshot_delay_ms)
        self._clock = Clock(self._engine.start_us, speed, source.is_now)
        self._speed = speed
        self._idle_s = idle_ms / 1000
        self._exit_at_end = exit_at_end
        self._tell = on_event
        self._record = record
        self._recording: Recording | None = None
        self._connections: list[Connection] = []
        self._count = 0
        # Frames sent to clients that have left.
        self._sent_before = 0
        self._changed = asyncio.Event()
        self._is_over = False
        self._refusals: list[int] = []
        self._faults = Injector(self, plan, on_event)

    @property
    def ca_der(self) -> bytes:
        return self.credentials.ca_der

    @property
    def ca_path(self) -> Path:
        return self.credentials.ca_path

    @property
    def url(self) -> str:
        """Where v2 is."""
        return self.url_of(SPOT_V2)

    @property
    def rest_url(self) -> str:
        return address.rest_url(self.host, self.port)

    def url_of(self, dialect: str) -> str:
        """Where `spot_v2`, `spot_v1` or `futures_v1` is spoken."""
        return address.url(self.host, self.port, dialect)

    @property
    def clients(self) -> int:
        return len(self._connections)

    @property
    def messages_sent(self) -> int:
        return self._sent_before + sum(connection.sent for connection in self._connections)

    @property
    def frames_recorded(self) -> int:
        return self._recording.frames if self._recording else 0

    async def __aenter__(self) -> "Exchange":
        app = web.Application(middlewares=[self._faults.middleware()])
        for dialect in self._source.dialects:
            app.router.add_get(address.PATHS[dialect], partial(self._accept, dialect=dialect))
        if isinstance(self._source, Market):
            rest = Rest(self._engine, self._source)
            app.router.add_get(PATH, RestEndpoint(rest, lambda: self._clock.now_us()).answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_S)
        await self._runner.setup()
        self._context = self._faults.guard(self.credentials.server_context())
        try:
            await self._faults.door.open()
        except OSError as error:
            await self._leave()
            raise UserError(address.why_not(self.host, self.port, error)) from None
        self.port = self._runner.addresses[0][1]
        try:
            self._recording = Recording(self._record) if self._record else None
        except UserError:
            await self._leave()
            raise
        if not self._source.waits_for_subscriber:
            self._clock.start()
        self._faults.begin(self._clock.now_us())
        self._pump_task = asyncio.create_task(self._pump())
        # Should the pump fail, whoever waits for the end learns it by leaving the context.
        self._pump_task.add_done_callback(lambda task: self.finished.set())
        return self

    async def __aexit__(self, *exception) -> None:
        self._pump_task.cancel()
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump_task
        finally:
            await self._faults.stop()
            await self.close_all()
            await self._leave()

    def set_system(self, word: str, upcoming: list[dict] | None = None) -> None:
        """Be `online`, in `maintenance`, `cancel_only` or `post_only`, and tell everybody.

        `upcoming` is the maintenance that is announced, see `protocol.maintenance`.
        """
        self._engine.set_system(word, self._clock.now_us(), upcoming)

    def site(self) -> web.TCPSite:
        """The port, to listen at."""
        return web.TCPSite(self._runner, self.host, self.port, ssl_context=self._context)

    def now_us(self) -> int:
        """Exchange time."""
        return self._clock.now_us()

    def wake(self) -> None:
        """Look again what is due."""
        self._changed.set()

    # Faults, for tests and fault scripts.

    @property
    def injected(self) -> list[Injected]:
        """The faults that have struck, in order."""
        return list(self._faults.injected)

    def fault(self, name: str, **options) -> None:
        """Inject a fault by its name; `host.exchange.faults` has the table. Raises UserError."""
        self._faults.fault(name, **options)

    def corrupt_next_checksum(self, symbol: str) -> None:
        """The next update of `symbol` goes out with a wrong checksum."""
        self._engine.corrupt_next_checksum(symbol)

    def drop_connections(self) -> None:
        """Cut all connections without a word, as a failing network does."""
        for connection in self._connections:
            connection.transport.abort()

    def say_to_all(self, frame: str) -> None:
        """Send every client a frame that is none of the exchange's, a malformed one for example."""
        for connection in self._connections:
            connection.put(self._clock.now_us(), frame)

    def refuse_upgrades(self, status: int, times: int = 1) -> None:
        """Answer the next `times` connections with HTTP `status`."""
        self._refusals += [status] * times

    async def close_all(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """Close all connections with a WebSocket close code, once all frames have been sent."""
        await asyncio.gather(*(self.close(each, code) for each in list(self._connections)))

    async def close(self, connection: Connection, code: int, reason: str = "") -> None:
        """Close one connection with a WebSocket close code, once all its frames have been sent."""
        if connection.is_silent:
            connection.transport.abort()
            return
        connection.closing = asyncio.Event()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await connection.drained()
                await connection.socket.close(code=code, message=reason.encode())
        except (TimeoutError, ConnectionError):
            pass
        finally:
            connection.closing.set()

    async def _leave(self) -> None:
        try:
            if self._recording:
                self._recording.close()
        finally:
            await self._runner.cleanup()

    async def _accept(self, request: web.Request, dialect: str) -> web.StreamResponse:
        if self._refusals:
            return web.Response(status=self._refusals.pop(0))
        # The futures want to be pinged, so there the pings are looked at.
        wants_pings = dialect == FUTURES_V1
        # Pongs wait for their turn like all that is sent.
        socket = web.WebSocketResponse(compress=False, timeout=_CLOSE_S, autoping=False)
        await socket.prepare(request)
        self._count += 1
        connection = Connection(socket, request, f"client {self._count}")
        if self._count == 1:
            connection.recording = self._recording
        self._connections.append(connection)
        self._tell(f"{connection.name} connected from {request.remote}")
        number = self._count
        self._faults.open(
            connection,
            number,
            true_book=lambda symbol: self._engine.true_book(session, symbol, self.now_us()),
            request=lambda text: self._take_back(connection, session, text),
        )
        session = self._engine.open(connection.put, self._clock.now_us(), dialect)
        writer = asyncio.create_task(connection.write())
        try:
            on_request = partial(self._request, connection, session)
            await Listener(connection, session, self._idle_s, wants_pings, on_request).listen()
        finally:
            writer.cancel()
            self._engine.close(session)
            self._connections.remove(connection)
            self._faults.close(number)
            self._sent_before += connection.sent
            connection.end()
            self._tell(f"{connection.name} left, {connection.sent:,} messages sent")
            if connection.recording:
                recording = connection.recording
                self._tell(f"recorded {recording.frames:,} frames in {recording.path}")
            self._rewind()
        return socket

    def _request(self, connection: Connection, session: Session, text: str) -> None:
        before = set(session.subscriptions)
        self._engine.request(session, text, self._clock.now_us())
        self._tell_changes(connection, before, set(session.subscriptions))
        if session.subscriptions:
            self._clock.start()
        self._changed.set()

    def _take_back(self, connection: Connection, session, request: str) -> None:
        """A request in the name of a client that knows nothing of it."""
        if connection in self._connections:
            self._engine.request(session, request, self._clock.now_us())

    def _tell_changes(self, connection: Connection, before: set, now: set) -> None:
        for word, topics in (
            ("subscribed to", now - before),
            ("unsubscribed from", before - now),
        ):
            if topics:
                self._tell(f"{connection.name} {word} {', '.join(sorted(map(str, topics)))}")

    def _rewind(self) -> None:
        """A capture that has been played to its end is played again to the next who comes."""
        if self._is_over and not self._connections and not self._exit_at_end:
            self._engine.rewind()
            self._clock = Clock(self._engine.start_us, self._speed, self._source.is_now)
            self._faults.begin(self._clock.now_us())
            self._is_over = False

    async def _pump(self) -> None:
        """Step the engine whenever something is due."""
        steps = 0
        while True:
            engine_us, faults_us = self._engine.next_us(), self._faults.next_us()
            due_us = min((us for us in (engine_us, faults_us) if us is not None), default=None)
            by_hand = self._clock.is_set_by_hand
            self._changed.clear()
            if due_us is None or (by_hand and not self._engine.is_subscribed):
                await self._changed.wait()
                continue
            if by_hand:
                self._clock.set(due_us)
            elif (wait_s := self._clock.seconds_until(due_us)) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait_s)
                continue
            if due_us == faults_us:
                self._faults.step(due_us)
            else:
                self._engine.step()
            if self._engine.has_ended and not self._is_over:
                await self._end()
            steps += 1
            if steps % _STEPS_A_TURN == 0:
                await asyncio.sleep(0)
                if by_hand:
                    for connection in list(self._connections):
                        await connection.drained(_FRAMES_AHEAD)

    async def _end(self) -> None:
        self._is_over = True
        self._tell("the capture has ended")
        if self._exit_at_end:
            await self.close_all()
            self.finished.set()
        elif self._clock.is_set_by_hand:
            # Only heartbeats are left, and those have their second.
            self._clock.run_true()
