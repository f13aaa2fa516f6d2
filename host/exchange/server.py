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
from host.exchange.clients import Clients
from host.exchange.connection import CLOSE_S
from host.exchange.engine import DEFAULT_SNAPSHOT_DELAY_MS, Engine
from host.exchange.faults.injector import Injected, Injector
from host.exchange.faults.plan import Plan
from host.exchange.market import Market
from host.exchange.pump import Pump
from host.exchange.recording import Recording
from host.exchange.rest import Rest
from host.exchange.rest_endpoint import PATH, RestEndpoint
from host.exchange.source import SPOT_V2, Source

DEFAULT_PORT = 8443
IDLE_MS = 60_000


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
        self._faults = Injector(self, plan, on_event)
        self._pump = Pump(self._engine, self._faults, speed, repeats=not exit_at_end)
        self._clients = Clients(self._engine, self._faults, self._pump, idle_ms / 1000, on_event)
        self._exit_at_end = exit_at_end
        self._tell = on_event
        self._record = record

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
        return len(self._clients)

    @property
    def messages_sent(self) -> int:
        return self._clients.sent

    @property
    def frames_recorded(self) -> int:
        return self._clients.recording.frames if self._clients.recording else 0

    async def __aenter__(self) -> "Exchange":
        app = web.Application(middlewares=[self._faults.middleware()])
        for dialect in self._source.dialects:
            app.router.add_get(
                address.PATHS[dialect], partial(self._clients.serve, dialect=dialect)
            )
        if isinstance(self._source, Market):
            rest = Rest(self._engine, self._source)
            app.router.add_get(PATH, RestEndpoint(rest, self.now_us).answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_S)
        await self._runner.setup()
        self._context = self._faults.guard(self.credentials.server_context())
        try:
            await self._faults.door.open()
        except OSError as error:
            await self._leave()
            raise UserError(address.why_not(self.host, self.port, error)) from None
        self.port = self._runner.addresses[0][1]
        try:
            self._clients.recording = Recording(self._record) if self._record else None
        except UserError:
            await self._leave()
            raise
        self._pump.begin()
        self._pump_task = asyncio.create_task(self._pump.run(self._clients.caught_up, self._end))
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

    @property
    def system(self) -> str:
        """How it is, in Kraken's own word."""
        return self._engine.system

    def set_system(self, word: str, upcoming: list[dict] | None = None) -> None:
        """Be `online`, in `maintenance`, `cancel_only` or `post_only`, and tell everybody.

        `upcoming` is the maintenance that is announced, see `protocol.maintenance`.
        """
        self._engine.set_system(word, self.now_us(), upcoming)

    async def close_all(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """Close all connections with a WebSocket close code, once all frames have been sent."""
        await self._clients.close_all(code)

    # Faults, for tests and fault scripts.

    @property
    def injected(self) -> list[Injected]:
        """The faults that have struck, in order."""
        return list(self._faults.injected)

    def fault(self, name: str, **options) -> None:
        """Inject a fault by its name; `host.exchange.faults` has the table. Raises UserError."""
        self._faults.fault(name, **options)

    # What faults ask for.

    def site(self) -> web.TCPSite:
        """The port, to listen at."""
        return web.TCPSite(self._runner, self.host, self.port, ssl_context=self._context)

    def now_us(self) -> int:
        """Exchange time."""
        return self._pump.now_us()

    def wake(self) -> None:
        """Look again what is due."""
        self._pump.wake()

    async def _end(self) -> None:
        """The source has no more."""
        self._tell("the capture has ended")
        if self._exit_at_end:
            await self.close_all()
            self.finished.set()

    async def _leave(self) -> None:
        try:
            if self._clients.recording:
                self._clients.recording.close()
        finally:
            await self._runner.cleanup()
