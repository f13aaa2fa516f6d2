"""Where faults come in: one call each, struck at their time, told and kept in a list."""

import asyncio
import heapq
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from aiohttp import web

from host.exchange.faults import acks, catalogue, wire
from host.exchange.faults.door import Door, Waiting
from host.exchange.faults.kinds import CONNECT, FEED, NOW, REST, WINDOW, Kind
from host.exchange.faults.looks import FUTURES, is_same, look
from host.exchange.faults.plan import Plan
from host.exchange.faults.rest import Rest
from host.exchange.faults.tamper import Tamper
from host.exchange.protocol import time_text

if TYPE_CHECKING:
    from host.exchange.connection import Connection
    from host.exchange.server import Exchange

# Options that say what need not be told.
_UNTOLD = ("client", "symbol", "cut", "until_us")


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


class Arm:
    """A fault that waits for frames: for `left[client]` of each, and `to_come` clients more."""

    def __init__(self, kind: Kind, options: dict[str, Any]):
        self.kind = kind
        self.options = options
        self.left: dict[int, int] = {}
        self.to_come = 0
        self.has_struck: set[int] = set()

    @property
    def frames(self) -> int:
        return self.options.get("frames", 1)

    def is_for(self, symbol: str | None) -> bool:
        return is_same(self.options["symbol"], symbol)


class Injector:
    """All faults of one exchange; in its event loop."""

    def __init__(self, exchange: "Exchange", plan: Plan | None, tell: Callable[[str], None]):
        self.injected: list[Injected] = []
        self.door = Door(exchange.site)
        self.random = Random(plan.seed if plan else 0)
        self._exchange = exchange
        self._plan = plan
        self._tell = tell
        self._rest = Rest()
        self._connections: dict[int, Connection] = {}
        self._arms: list[Arm] = []
        # (until when, name, options), with the client if it is one's alone.
        self._windows: list[tuple[int, str, dict[str, Any]]] = []
        # What is to be done at an exchange time: (time, order, what).
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._tasks: set[asyncio.Task] = set()

    def fault(self, name: str, **options: Any) -> None:
        """Inject a fault, or let it wait for what it fits; raises UserError for a wrong one."""
        kind = catalogue.find(name)
        self._inject(kind, kind.checked(options))

    # Time: the server's pump asks what is due, and does it.

    def begin(self, now_us: int) -> None:
        """Start the plan, again when the exchange begins again."""
        self._windows.clear()
        self._timers.clear()
        if self._plan:
            self._plan.begin(now_us)

    def next_us(self) -> int | None:
        due = [tamper.next_us for tamper in self._tampers() if tamper.next_us is not None]
        if self._timers:
            due.append(self._timers[0][0])
        if self._plan and (plan_us := self._plan.next_us()) is not None:
            due.append(plan_us)
        return min(due, default=None)

    def step(self, now_us: int) -> None:
        """Do what is due until `now_us`."""
        while self._timers and self._timers[0][0] <= now_us:
            heapq.heappop(self._timers)[2]()
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

    # Connections.

    @property
    def is_armed(self) -> bool:
        return bool(self._arms or self._windows)

    def open(self, connection: "Connection", number: int, true_book, request) -> None:
        """A client has come; `true_book` and `request` are its session's."""
        connection.tamper = Tamper(self, number, true_book, request)
        self._connections[number] = connection
        for arm in self._arms:
            if arm.to_come and arm.options["client"] in (0, number):
                arm.to_come -= 1
                arm.left[number] = arm.frames

    def close(self, number: int) -> None:
        """A client has left; what it was not struck by strikes another."""
        del self._connections[number]
        for arm in list(self._arms):
            if arm.left.pop(number, 0) == arm.frames and not arm.options["client"]:
                arm.to_come += 1
            self._settle(arm)

    def arms_for(self, number: int) -> list[Arm]:
        return [arm for arm in self._arms if number in arm.left]

    def windows_for(self, number: int, now_us: int) -> list[tuple[str, dict[str, Any]]]:
        return [
            (name, options)
            for until_us, name, options in self._windows
            if now_us < until_us and options["client"] in (0, number)
        ]

    def struck(self, arm: Arm, number: int, symbol: str | None) -> None:
        """A frame of that client was struck; only the first is told."""
        arm.left[number] -= 1
        if not arm.left[number]:
            del arm.left[number]
        if number not in arm.has_struck:
            arm.has_struck.add(number)
            self._record(arm.kind, arm.options, number, symbol)
        self._settle(arm)

    def soon(self, call: Callable, *args) -> None:
        asyncio.get_running_loop().call_soon(call, *args)

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

    async def stop(self) -> None:
        """End what is still under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Injecting.

    def _inject(self, kind: Kind, options: dict[str, Any]) -> None:
        if kind.when == NOW:
            self._strike(kind, options)
        elif kind.when == WINDOW:
            self._begin_window(kind, options)
        elif kind.when == REST:
            self._rest.add(Waiting(kind, options, partial(self._record, kind, options)))
        elif kind.when == CONNECT:
            self._at_the_door(kind, options)
        else:
            self._arm(kind, options)
        self.changed()

    def _arm(self, kind: Kind, options: dict[str, Any]) -> None:
        arm = Arm(kind, options)
        here = self._numbers(options["client"])
        if kind.when == FEED:
            arm.left = dict.fromkeys(here, arm.frames)
        elif options["cut"]:
            arm.to_come = len(here)
            self._cut(here)
            # Their successors have other numbers.
            arm.options = options | {"client": 0}
        else:
            arm.left = dict.fromkeys(here, arm.frames)
        if not here:
            arm.to_come = 1
        self._arms.append(arm)

    def _at_the_door(self, kind: Kind, options: dict[str, Any]) -> None:
        if kind.name == "refuse-connects":
            self._task(self.door.close_for(options["ms"]))
            self._record(kind, options)
        else:
            waiting = Waiting(kind, options, partial(self._record, kind, options))
            self.door.add(waiting, self._exchange.credentials)
        if options["cut"]:
            self._cut(self._numbers(0))

    def _cut(self, numbers: list[int]) -> None:
        for number in numbers:
            self._connections[number].transport.abort()

    def _strike(self, kind: Kind, options: dict[str, Any]) -> None:
        struck = [
            number
            for number in self._numbers(options["client"])
            if not self._connections[number].is_silent
        ]
        if not struck:
            self._tell(f"fault {kind.name}: nobody is there to be struck")
        for number in struck:
            self._strike_one(kind.name, options, self._connections[number])
            self._record(kind, options, number)

    def _strike_one(self, name: str, options: dict[str, Any], connection: "Connection") -> None:
        act: Callable[[Connection], Awaitable[None]] | None = None
        if name == "drop":
            connection.transport.abort()
        elif name == "half-open":
            connection.fall_silent()
            loop = asyncio.get_running_loop()
            loop.call_later(options["seconds"], connection.transport.abort)
        elif name == "close":
            self._task(self._exchange.close(connection, options["code"], options["reason"]))
        elif name == "reset-mid-frame":
            connection.behave(wire.ResetMidFrame(options["after_ms"]))
        elif name == "drip":
            connection.behave(wire.Drip(options["ms"], options["pause_ms"]))
        elif name == "fragmented":
            connection.behave(
                wire.Fragmented(options["frames"], options["pieces"], options["ping"])
            )
        elif name == "huge-frame":
            act = partial(wire.huge, size=options["size"])
        elif name == "ping-storm":
            act = partial(wire.pings, count=options["count"], size=options["size"])
        elif name == "no-close-notify":
            act = wire.end_without_notify
        if act:
            connection.do_next(act)

    def _begin_window(self, kind: Kind, options: dict[str, Any]) -> None:
        now_us = self._exchange.now_us()
        until_us = now_us + int(options["seconds"] * 1e6)
        if kind.name == "status":
            self._begin_status(kind, options, now_us)
            return
        if kind.name == "lag":
            options = options | {"until_us": until_us}
        self._window(kind, options, until_us)
        self._record(kind, options, options["client"])

    def _begin_status(self, kind: Kind, options: dict[str, Any], now_us: int) -> None:
        word, client = options["system"], options["client"]
        begins_us = now_us + int(options["announced_s"] * 1e6)
        ends_us = begins_us + int(options["seconds"] * 1e6)

        def begin() -> None:
            self._window(kind, options | {"word": word}, ends_us)
            self._say_status(client, word)
            self._record(kind, options, client)

        if options["announced_s"]:
            if word == "maintenance":
                self._say_status(client, "online", begins_us, ends_us)
                self._tell(f"fault status: maintenance is announced for {time_text(begins_us)}")
            self._at(begins_us, begin)
        else:
            begin()
        if word != "online":
            self._at(ends_us, partial(self._say_status, client, "online"))

    def _say_status(self, client: int, word: str, begins_us: int = 0, ends_us: int = 0) -> None:
        now_us = self._exchange.now_us()
        for number in self._numbers(client):
            connection = self._connections[number]
            greeting = connection.tamper.greeting
            if greeting is None:
                continue
            if look(greeting).dialect == FUTURES:
                said = acks.alert(word)
            else:
                said = acks.system(greeting, word, begins_us, ends_us)
            connection.put_as_it_is(now_us, said)

    def _window(self, kind: Kind, options: dict[str, Any], until_us: int) -> None:
        window = (until_us, kind.name, options)
        self._windows.append(window)

        def end() -> None:
            self._windows.remove(window)
            self._tell(f"{time_text(self._exchange.now_us())} fault {kind.name} is over")

        self._at(until_us, end)

    # Small things.

    def _at(self, time_us: int, what: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._timers, (time_us, self._order, what))

    def _numbers(self, client: int) -> list[int]:
        return [number for number in self._connections if client in (0, number)]

    def _tampers(self) -> list[Tamper]:
        return [each.tamper for each in self._connections.values() if each.tamper]

    def _settle(self, arm: Arm) -> None:
        if not arm.left and not arm.to_come and arm in self._arms:
            self._arms.remove(arm)

    def _is_waiting(self, name: str) -> bool:
        return (
            any(arm.kind.name == name for arm in self._arms)
            or self.door.is_waiting(name)
            or self._rest.is_waiting(name)
        )

    def _task(self, work: Coroutine) -> None:
        task = asyncio.create_task(work)
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
