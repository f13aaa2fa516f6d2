"""Where faults come in: one call each, struck at their time, told and kept in a list."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from aiohttp import web

from host.exchange.faults import catalogue
from host.exchange.faults.arms import Arms
from host.exchange.faults.door import Door
from host.exchange.faults.kinds import CONNECT, NOW, REST, WINDOW, Kind
from host.exchange.faults.plan import Plan
from host.exchange.faults.rest import Rest
from host.exchange.faults.status import Status
from host.exchange.faults.strikes import strike
from host.exchange.faults.tamper import Tamper
from host.exchange.faults.waiting import Waiting
from host.exchange.faults.windows import Windows
from host.exchange.texts import time_text

if TYPE_CHECKING:
    from host.exchange.connection import Connection
    from host.exchange.server import Exchange

# Options that say what need not be told.
_UNTOLD = ("client", "symbol", "cut")


@dataclass(frozen=True)
class Injected:
    """A fault that has struck."""

    name: str
    options: dict[str, Any]
    client: int
    """Number of the client it struck; 0 when it is not one's alone."""
    symbol: str | None
    time_s: float
    """When it struck, seconds since 1970 ..."""
    monotonic_s: float
    """... and as `time.monotonic` has it."""
    exchange_us: int
    """The exchange's own time."""


class Injector:
    """All faults of one exchange; in its event loop."""

    def __init__(self, exchange: "Exchange", plan: Plan | None, tell: Callable[[str], None]):
        self.injected: list[Injected] = []
        self.door = Door(exchange.site)
        self.random = Random(plan.seed if plan else 0)
        self.arms = Arms(self._record)
        self.windows = Windows(exchange.now_us, tell)
        self._status = Status(exchange, self.windows, self._named, self._record, tell)
        self._rest = Rest()
        self._exchange = exchange
        self._plan = plan
        self._tell = tell
        self._connections: dict[int, Connection] = {}
        self._tasks: set[asyncio.Future] = set()

    def fault(self, name: str, **options: Any) -> None:
        """Inject a fault, or let it wait for what it fits; raises UserError for a wrong one."""
        kind = catalogue.find(name)
        self._inject(kind, kind.checked(options))

    # Time: the server's pump asks what is due, and does it.

    def begin(self, now_us: int) -> None:
        """Start the plan, again when the exchange begins again."""
        self.windows.clear()
        self._status.clear()
        if self._plan:
            self._plan.begin(now_us)

    def next_us(self) -> int | None:
        due = [each.tamper.next_us for each in self._connections.values()]
        due += [self.windows.next_us(), self._plan.next_us() if self._plan else None]
        return min((time_us for time_us in due if time_us is not None), default=None)

    def step(self, now_us: int) -> None:
        """Do what is due until `now_us`."""
        self.windows.step(now_us)
        for connection in self._connections.values():
            for frame in connection.tamper.due(now_us):
                connection.put_as_it_is(now_us, frame)
        while self._plan and (due_us := self._plan.next_us()) is not None and due_us <= now_us:
            kind, options = self._plan.take(self._is_waiting)
            if kind:
                self._inject(kind, options)

    def changed(self) -> None:
        """Something may be due earlier than the pump believes."""
        self._exchange.wake()

    async def stop(self) -> None:
        """End what is still under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Connections.

    def open(self, connection: "Connection", true_book, request) -> None:
        """A client has come; `true_book` and `request` are its session's."""
        connection.tamper = Tamper(self, connection.number, true_book, request)
        self._connections[connection.number] = connection
        self.arms.come(connection.number)

    def close(self, connection: "Connection") -> None:
        """A client has left."""
        del self._connections[connection.number]
        self.arms.leave(connection.number)

    # HTTP.

    def guard(self, context: ssl.SSLContext) -> ssl.SSLContext:
        return self.door.guard(context)

    def middleware(self):
        """What every request passes through."""

        @web.middleware
        async def pass_through(request: web.Request, handler) -> web.StreamResponse:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self.door.answer(request) or await handler(request)
            return await self._rest.answer(request, handler)

        return pass_through

    # Injecting.

    def _inject(self, kind: Kind, options: dict[str, Any]) -> None:
        if kind.when == NOW:
            self._strike(kind, options)
        elif kind.when == WINDOW:
            self._last(kind, options)
        elif kind.when == REST:
            self._rest.add(self._waiting(kind, options))
        elif kind.when == CONNECT:
            self._at_the_door(kind, options)
        else:
            here = self._named(options["client"])
            self.arms.add(kind, options, [connection.number for connection in here])
            if options.get("cut"):
                _cut(here)
        self.changed()

    def _strike(self, kind: Kind, options: dict[str, Any]) -> None:
        struck = [each for each in self._named(options["client"]) if not each.is_silent]
        if not struck:
            self._tell(f"fault {kind.name}: nobody is there to be struck")
        for connection in struck:
            if work := strike(kind.name, options, connection):
                self._go_on(work)
            self._record(kind, options, connection.number)

    def _last(self, kind: Kind, options: dict[str, Any]) -> None:
        if kind.name == "status":
            self._status.begin(kind, options)
            return
        until_us = self._exchange.now_us() + int(options["seconds"] * 1e6)
        self.windows.open(kind.name, options, until_us)
        self._record(kind, options, options["client"])

    def _at_the_door(self, kind: Kind, options: dict[str, Any]) -> None:
        if kind.name == "refuse-connects":
            self._go_on(self.door.close_for(options["ms"]))
            self._record(kind, options)
        else:
            self.door.add(self._waiting(kind, options), self._exchange.credentials)
        if options["cut"]:
            _cut(self._named(0))

    def _waiting(self, kind: Kind, options: dict[str, Any]) -> Waiting:
        return Waiting(kind, options, partial(self._record, kind, options))

    # Small things.

    def _named(self, client: int) -> list["Connection"]:
        return [each for number, each in self._connections.items() if client in (0, number)]

    def _is_waiting(self, name: str) -> bool:
        return any(each.has(name) for each in (self.arms, self.door, self._rest))

    def _go_on(self, work: Awaitable) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _record(
        self, kind: Kind, options: dict[str, Any], client: int = 0, symbol: str | None = None
    ) -> None:
        now_us = self._exchange.now_us()
        self.injected.append(
            Injected(kind.name, options, client, symbol, time.time(), time.monotonic(), now_us)
        )
        words = [f"{time_text(now_us)} fault {kind.name}"]
        words += [
            f"{name} {value}"
            for name, value in options.items()
            if value is not None and name not in _UNTOLD
        ]
        words += (
            [f"{symbol} of client {client}" if symbol else f"client {client}"] if client else []
        )
        self._tell(", ".join(words))


def _cut(connections: list["Connection"]) -> None:
    for connection in connections:
        connection.transport.abort()
