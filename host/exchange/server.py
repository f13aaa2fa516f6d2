"""The local Kraken: TLS WebSocket v2 server at `/v2`, running an engine by the clock."""

import asyncio
import contextlib
import errno
from collections.abc import Callable
from pathlib import Path

from aiohttp import WSCloseCode, WSMsgType, web

from host.errors import UserError
from host.exchange import certificates
from host.exchange.clock import Clock
from host.exchange.connection import Connection
from host.exchange.engine import DEFAULT_SNAPSHOT_DELAY_MS, Engine
from host.exchange.recording import Recording
from host.exchange.source import Source

DEFAULT_PORT = 8443
LOOPBACK = "127.0.0.1"
# Addresses to listen on that no client connects to by that name.
_ANY_ADDRESS = ("0.0.0.0", "::")

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
    has ended, and sets `finished`. `on_event` is told in one line what happens.

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
        on_event: Callable[[str], None] = lambda line: None,
    ):
        names = () if host in _ANY_ADDRESS else (host,)
        self.credentials = credentials or certificates.local(names=names)
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

    @property
    def ca_der(self) -> bytes:
        return self.credentials.ca_der

    @property
    def ca_path(self) -> Path:
        return self.credentials.ca_path

    @property
    def url(self) -> str:
        # Not "localhost": that may mean ::1 first, where nobody listens.
        host = LOOPBACK if self.host in _ANY_ADDRESS else self.host
        return f"wss://{f'[{host}]' if ':' in host else host}:{self.port}/v2"

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
        app = web.Application()
        app.router.add_get("/v2", self._accept)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_S)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner,
            self.host,
            self.port,
            ssl_context=self.credentials.server_context(),
        )
        try:
            await site.start()
        except OSError as error:
            await self._leave()
            raise UserError(self._why_not(error)) from None
        self.port = self._runner.addresses[0][1]
        try:
            self._recording = Recording(self._record) if self._record else None
        except UserError:
            await self._leave()
            raise
        if not self._source.waits_for_subscriber:
            self._clock.start()
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
            await self.close_all()
            await self._leave()

    # Faults, for tests and fault scripts; all of them at once and once only.

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
        await asyncio.gather(*(self._close(each, code) for each in list(self._connections)))

    async def _close(self, connection: Connection, code: int) -> None:
        connection.closing = asyncio.Event()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await connection.drained()
                await connection.socket.close(code=code)
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

    def _why_not(self, error: OSError) -> str:
        place = f"{self.host}:{self.port}"
        if error.errno == errno.EADDRINUSE:
            return f"{place} is in use; --port names another port, 0 takes any free one"
        return f"cannot listen on {place} ({error.strerror})"

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        if self._refusals:
            return web.Response(status=self._refusals.pop(0))
        socket = web.WebSocketResponse(compress=False, timeout=_CLOSE_S)
        await socket.prepare(request)
        self._count += 1
        connection = Connection(socket, request, f"client {self._count}")
        if self._count == 1:
            connection.recording = self._recording
        self._connections.append(connection)
        self._tell(f"{connection.name} connected from {request.remote}")
        session = self._engine.open(connection.put, self._clock.now_us())
        writer = asyncio.create_task(connection.write())
        try:
            await self._listen(connection, session)
        finally:
            writer.cancel()
            self._engine.close(session)
            self._connections.remove(connection)
            self._sent_before += connection.sent
            connection.end()
            self._tell(f"{connection.name} left, {connection.sent:,} messages sent")
            if connection.recording:
                recording = connection.recording
                self._tell(f"recorded {recording.frames:,} frames in {recording.path}")
            self._rewind()
        return socket

    async def _listen(self, connection: Connection, session) -> None:
        socket = connection.socket
        while True:
            try:
                message = await socket.receive(timeout=self._idle_s)
            except TimeoutError:
                if session.subscriptions:
                    continue
                await socket.close(message=b"idle")
                return
            if message.type == WSMsgType.TEXT:
                before = {symbol: each.depth for symbol, each in session.subscriptions.items()}
                self._engine.request(session, message.data, self._clock.now_us())
                self._tell_changes(connection, session, before)
                if session.subscriptions:
                    self._clock.start()
                self._changed.set()
            elif message.type != WSMsgType.BINARY:
                if connection.closing:
                    # The close handshake is under way; returning would cut it short.
                    await connection.closing.wait()
                return

    def _tell_changes(self, connection: Connection, session, before: dict[str, int]) -> None:
        now = {symbol: each.depth for symbol, each in session.subscriptions.items()}
        for word, pairs in (
            ("subscribed to", now.items() - before.items()),
            ("unsubscribed from", before.items() - now.items()),
        ):
            if pairs:
                names = ", ".join(f"{symbol} (depth {depth})" for symbol, depth in sorted(pairs))
                self._tell(f"{connection.name} {word} {names}")

    def _rewind(self) -> None:
        """A capture that has been played to its end is played again to the next who comes."""
        if self._is_over and not self._connections and not self._exit_at_end:
            self._engine.rewind()
            self._clock = Clock(self._engine.start_us, self._speed, self._source.is_now)
            self._is_over = False

    async def _pump(self) -> None:
        """Step the engine whenever something is due."""
        steps = 0
        while True:
            due_us = self._engine.next_us()
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
