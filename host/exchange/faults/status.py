"""The fault `status`: the exchange's own state for a while, or what a single client is told of it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from host.exchange.faults import acks
from host.exchange.faults.kinds import Kind
from host.exchange.faults.looks import look
from host.exchange.faults.windows import Windows
from host.exchange.protocol import ONLINE, maintenance
from host.exchange.source import FUTURES_V1
from host.exchange.texts import time_text

if TYPE_CHECKING:
    from host.exchange.connection import Connection
    from host.exchange.server import Exchange

_MAINTENANCE = "maintenance"


class Status:
    """`named(client)` returns the connections meant, `record` and `tell` are told of it."""

    def __init__(
        self,
        exchange: "Exchange",
        windows: Windows,
        named: Callable[[int], Iterable["Connection"]],
        record: Callable[..., None],
        tell: Callable[[str], None],
    ):
        self._exchange = exchange
        self._windows = windows
        self._named = named
        self._record = record
        self._tell = tell
        # Whether it is by a fault that the exchange is as it is.
        self._is_struck = False

    def clear(self) -> None:
        """Time begins anew: what would have ended the fault does not come any more."""
        if self._is_struck:
            self._be(0, ONLINE)

    def begin(self, kind: Kind, options: dict[str, Any]) -> None:
        word, client = options["system"], options["client"]
        now_us = self._exchange.now_us()
        begin_us = now_us + int(options["announced_s"] * 1e6)
        end_us = begin_us + int(options["seconds"] * 1e6)

        def end() -> None:
            self._be(client, self._exchange.system if client else ONLINE)

        def strike() -> None:
            self._windows.open(kind.name, options, end_us)
            self._be(client, word)
            self._record(kind, options, client)
            if word != ONLINE:
                self._windows.at(end_us, end)

        if not options["announced_s"]:
            strike()
            return
        if word == _MAINTENANCE:
            self._be(client, ONLINE, [maintenance(now_us, begin_us, end_us)])
            self._tell(f"fault {kind.name}: maintenance is announced for {time_text(begin_us)}")
        self._windows.at(begin_us, strike)

    def _be(self, client: int, word: str, upcoming: list[dict] | None = None) -> None:
        if not client:
            self._is_struck = word != ONLINE or bool(upcoming)
            self._exchange.set_system(word, upcoming)
        for connection in self._named(client):
            greeting = connection.tamper.greeting
            if look(greeting).dialect == FUTURES_V1:
                said = acks.alert(word)
            elif client:
                said = acks.system(greeting, word, upcoming)
            else:
                continue
            connection.put_as_it_is(self._exchange.now_us(), said)
