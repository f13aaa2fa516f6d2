"""The exchange without its sockets: sessions, requests and what is sent to whom at which time.

Time is handed in: a server runs the engine by the clock, a recording as fast as it can.
"""

import json
import re
from collections.abc import Callable
from random import Random

from host.exchange import protocol
from host.exchange.protocol import answer
from host.exchange.source import Source

_HEARTBEAT_US = 1_000_000
DEFAULT_SNAPSHOT_DELAY_MS = 150

_CHECKSUM = re.compile(r'("checksum"\s*:\s*)(\d+)')

# When several things are due at once they go out in this order.
_SNAPSHOT, _MESSAGE, _HEARTBEAT = range(3)


class Subscription:
    """One pair of one session."""

    def __init__(self, depth: int, snapshot: bool):
        self.depth = depth
        self.snapshot = snapshot
        self.due_us: int | None = None
        """When the snapshot is to be made; None when that is not, or no longer, to be done."""


class Session:
    """One connection's state; `send(time_us, frame)` takes what is said to it."""

    def __init__(self, connection_id: int, send: Callable[[int, str], None]):
        self.connection_id = connection_id
        self.send = send
        self.subscriptions: dict[str, Subscription] = {}
        self.heartbeat_us: int | None = None


class Engine:
    """Serves sessions from a source, one due thing at a time."""

    def __init__(self, source: Source, snapshot_delay_ms: int = DEFAULT_SNAPSHOT_DELAY_MS):
        self.source = source
        self._delay_us = snapshot_delay_ms * 1000
        self.start_us = source.start_us
        if source.waits_for_subscriber:
            # The recorded snapshots then come as long after the subscription as made ones do.
            self.start_us -= self._delay_us
        self._sessions: list[Session] = []
        self._ids = Random(self.start_us)
        self._has_begun = not source.waits_for_subscriber
        # symbol -> depth -> sessions that receive its updates.
        self._receivers: dict[str, dict[int, list[Session]]] = {}
        self._to_corrupt: set[str] = set()

    @property
    def is_subscribed(self) -> bool:
        """Whether anybody is subscribed to anything."""
        return any(session.subscriptions for session in self._sessions)

    @property
    def has_ended(self) -> bool:
        return self._has_begun and self.source.next_us() is None

    def open(self, send: Callable[[int, str], None], time_us: int) -> Session:
        """Begin a session: it hears the status at once."""
        # Kraken's ids are beyond what a double, and so a careless JSON parser, can hold.
        session = Session(self._ids.randrange(1 << 53, 1 << 64), send)
        self._sessions.append(session)
        send(time_us, protocol.status(session.connection_id))
        return session

    def close(self, session: Session) -> None:
        self._sessions.remove(session)
        self._sort_receivers()

    def rewind(self) -> None:
        """Begin again, when nobody is connected, with a source that can."""
        self.source.rewind()
        self._has_begun = False

    def corrupt_next_checksum(self, symbol: str) -> None:
        """The next update of `symbol` goes out with a wrong checksum."""
        self._to_corrupt.add(symbol)

    def next_us(self) -> int | None:
        """When something is due; None when nothing is until somebody subscribes."""
        due = self._next()
        return due[0] if due else None

    def step(self) -> None:
        """Do what is due next."""
        due = self._next()
        if due is None:
            return
        time_us, kind, session, symbol = due
        if kind == _MESSAGE:
            self._message(time_us)
        elif kind == _HEARTBEAT:
            session.heartbeat_us += _HEARTBEAT_US
            session.send(time_us, protocol.HEARTBEAT)
        else:
            subscription = session.subscriptions[symbol]
            subscription.due_us = None
            self._sort_receivers()
            session.send(time_us, self.source.snapshot(symbol, subscription.depth, time_us))

    def request(self, session: Session, text: str, time_us: int) -> None:
        """Answer what a client sent."""
        try:
            request = json.loads(text)
        except (ValueError, RecursionError):
            request = None
        if not isinstance(request, dict):
            session.send(time_us, answer(time_us, {}, error=protocol.MALFORMED, success=False))
            return
        method = request.get("method")
        if method == "ping":
            session.send(time_us, answer(time_us, request, method="pong"))
        elif method in ("subscribe", "unsubscribe"):
            self._subscription(session, request, time_us)
        elif isinstance(method, str) and method in protocol.TRADING_METHODS:
            self._refuse(session, request, time_us, protocol.PRIVATE_ELSEWHERE)
        else:
            self._refuse(session, request, time_us, protocol.METHOD_UNKNOWN.format(method))

    def _next(self):
        dues = [
            (subscription.due_us, _SNAPSHOT, session, symbol)
            for session in self._sessions
            for symbol, subscription in session.subscriptions.items()
            if subscription.due_us is not None
        ]
        if self._has_begun and (message_us := self.source.next_us()) is not None:
            dues.append((message_us, _MESSAGE, None, None))
        dues += [
            (session.heartbeat_us, _HEARTBEAT, session, None)
            for session in self._sessions
            if session.heartbeat_us is not None
        ]
        return min(dues, key=lambda due: due[:2], default=None)

    def _message(self, time_us: int) -> None:
        for symbol, depth, kind, frame in self.source.step(self._receivers):
            sessions = self._receivers.get(symbol, {}).get(depth, ())
            if kind == "update" and sessions and symbol in self._to_corrupt:
                self._to_corrupt.remove(symbol)
                frame = _CHECKSUM.sub(lambda found: f"{found[1]}{int(found[2]) ^ 1}", frame)
            for session in sessions:
                if kind == "update" or session.subscriptions[symbol].snapshot:
                    session.send(time_us, frame)

    def _subscription(self, session: Session, request: dict, time_us: int) -> None:
        if session.heartbeat_us is None:
            # Heartbeats run even when the subscription is refused.
            session.heartbeat_us = time_us + _HEARTBEAT_US
        params = request.get("params")
        params = params if isinstance(params, dict) else {}
        channel, symbols = params.get("channel"), params.get("symbol")
        depth = params.get("depth", protocol.DEFAULT_DEPTH)
        error = None
        if not isinstance(channel, str):
            error = protocol.MALFORMED
        elif channel in protocol.PRIVATE_CHANNELS:
            error = protocol.PRIVATE_ELSEWHERE
        elif channel != "book":
            error = protocol.CHANNEL_NOT_SERVED.format(channel)
        elif not isinstance(symbols, list):
            error = protocol.SYMBOL_NOT_ARRAY
        elif type(depth) is not int or depth not in protocol.DEPTHS:
            error = protocol.DEPTH_NOT_SUPPORTED
        if error:
            self._refuse(session, request, time_us, error)
            return
        handle = self._subscribe if request["method"] == "subscribe" else self._unsubscribe
        for symbol in symbols:
            handle(session, request, time_us, str(symbol), depth)
        self._sort_receivers()

    def _subscribe(
        self, session: Session, request: dict, time_us: int, symbol: str, depth: int
    ) -> None:
        if symbol not in self.source.symbols():
            error = protocol.PAIR_NOT_SUPPORTED.format(symbol)
            self._refuse(session, request, time_us, error, symbol=symbol)
        elif depth not in self.source.depths(symbol):
            self._refuse(session, request, time_us, protocol.DEPTH_NOT_SUPPORTED)
        elif symbol in session.subscriptions:
            self._refuse(session, request, time_us, protocol.ALREADY_SUBSCRIBED, symbol=symbol)
        else:
            snapshot = request["params"].get("snapshot", True) is not False
            subscription = Subscription(depth, snapshot)
            session.subscriptions[symbol] = subscription
            if snapshot and not self.source.is_to_come(symbol):
                subscription.due_us = time_us + self._delay_us
            self._has_begun = True
            result = {"channel": "book", "depth": depth, "snapshot": snapshot, "symbol": symbol}
            self._accept(session, request, time_us, result)

    def _unsubscribe(
        self, session: Session, request: dict, time_us: int, symbol: str, depth: int
    ) -> None:
        subscription = session.subscriptions.get(symbol)
        if subscription is None or subscription.depth != depth:
            self._refuse(session, request, time_us, protocol.NOT_SUBSCRIBED, symbol=symbol)
        else:
            del session.subscriptions[symbol]
            result = {"channel": "book", "depth": depth, "symbol": symbol}
            self._accept(session, request, time_us, result)

    def _accept(self, session: Session, request: dict, time_us: int, result: dict) -> None:
        method = request["method"]
        session.send(time_us, answer(time_us, request, method=method, result=result, success=True))

    def _refuse(self, session: Session, request: dict, time_us: int, error: str, **keys) -> None:
        method = request.get("method")
        session.send(
            time_us, answer(time_us, request, error=error, method=method, success=False, **keys)
        )

    def _sort_receivers(self) -> None:
        self._receivers = {}
        for session in self._sessions:
            for symbol, subscription in session.subscriptions.items():
                if subscription.due_us is None:
                    depths = self._receivers.setdefault(symbol, {})
                    depths.setdefault(subscription.depth, []).append(session)
