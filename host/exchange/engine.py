"""The exchange without its sockets: sessions, and what is sent to whom at which time.

Time is handed in: a server runs the engine by the clock, a recording as fast as it can.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from random import Random

from host.exchange.faults.looks import is_same
from host.exchange.futures_v1 import FuturesV1
from host.exchange.protocol import ONLINE
from host.exchange.session import Dialect, Session, Subscription
from host.exchange.source import FUTURES_V1, SPOT_V1, SPOT_V2, Source, Topic
from host.exchange.spot_v1 import SpotV1
from host.exchange.spot_v2 import SpotV2

_HEARTBEAT_US = 1_000_000
DEFAULT_SNAPSHOT_DELAY_MS = 150

# When several things are due at once they go out in this order.
_SNAPSHOT, _MESSAGE, _HEARTBEAT = range(3)


class Engine:
    """Serves sessions from a source, one due thing at a time."""

    def __init__(self, source: Source, snapshot_delay_ms: int = DEFAULT_SNAPSHOT_DELAY_MS):
        self.source = source
        self.system = ONLINE
        """How the exchange is, in Kraken's own word."""
        self.upcoming: list[dict] = []
        """The maintenance that is announced."""
        self._delay_us = snapshot_delay_ms * 1000
        self.start_us = source.start_us
        if source.waits_for_subscriber:
            # The recorded snapshots then come as long after the subscription as made ones do.
            self.start_us -= self._delay_us
        self.dialects: dict[str, Dialect] = {
            SPOT_V2: SpotV2(self),
            SPOT_V1: SpotV1(self),
            FUTURES_V1: FuturesV1(self),
        }
        self._sessions: list[Session] = []
        self._ids = Random(self.start_us)
        self._has_begun = not source.waits_for_subscriber
        # symbol -> topic -> sessions that receive its updates.
        self._receivers: dict[str, dict[Topic, list[Session]]] = {}
        # What is due beside the source's messages: (time, kind, number, session, topic).
        self._dues: list[tuple[int, int, int, Session, Topic | None]] = []
        self._numbers = count()

    @property
    def is_subscribed(self) -> bool:
        """Whether anybody is subscribed to anything."""
        return any(session.subscriptions for session in self._sessions)

    @property
    def has_ended(self) -> bool:
        return self._has_begun and self.source.next_us() is None

    def open(
        self, send: Callable[[int, str], None], time_us: int, dialect: str = SPOT_V2
    ) -> Session:
        """Begin a session: it is greeted at once."""
        # Kraken's ids are beyond what a double, and so a careless JSON parser, can hold.
        session = Session(self._ids.randrange(1 << 53, 1 << 64), self.dialects[dialect], send)
        self._sessions.append(session)
        session.dialect.greet(session, time_us)
        return session

    def close(self, session: Session) -> None:
        session.is_open = False
        self._sessions.remove(session)
        self._sort_receivers()

    def rewind(self) -> None:
        """Begin again, when nobody is connected, with a source that can."""
        self.source.rewind()
        self._has_begun = False
        self._dues.clear()

    def set_system(self, word: str, time_us: int, upcoming: list[dict] | None = None) -> None:
        """Change the state of the exchange, and the maintenance it announces; tell everybody."""
        self.system = word
        self.upcoming = upcoming or []
        for session in self._sessions:
            session.dialect.tell_system(session, time_us)

    def true_book(self, session: Session, name: str, time_us: int) -> tuple[int, str] | None:
        """Depth (0: all) and snapshot of a book that the session hears under that name."""
        for topic, subscription in session.subscriptions.items():
            # A future has its own name, other books have a depth.
            depth = topic.option if isinstance(topic.option, int) else 0
            is_named = is_same(topic.symbol, name) if depth else topic.option == name
            if topic.channel == "book" and is_named and subscription.due_us is None:
                for snapshot in self.source.picture(topic, time_us):
                    return depth, snapshot
        return None

    def next_us(self) -> int | None:
        """When something is due; None when nothing is until somebody subscribes."""
        message_us = self.source.next_us() if self._has_begun else None
        if not self._dues:
            return message_us
        due_us = self._dues[0][0]
        return due_us if message_us is None or due_us < message_us else message_us

    def step(self) -> None:
        """Do what is due next."""
        message_us = self.source.next_us() if self._has_begun else None
        if self._dues and (message_us is None or self._dues[0][:2] < (message_us, _MESSAGE)):
            time_us, kind, _, session, topic = heappop(self._dues)
            if kind == _HEARTBEAT:
                self._beat(session, time_us)
            else:
                self._show(session, topic, time_us)
        elif message_us is not None:
            self._message(message_us)

    def request(self, session: Session, text: str, time_us: int) -> None:
        """Answer what a client sent."""
        session.dialect.request(session, text, time_us)

    # What the dialects ask for.

    def subscribe(self, session: Session, topic: Topic, time_us: int, snapshot: bool) -> None:
        """Let a session hear a topic, after its snapshot if it is to have one."""
        subscription = session.subscriptions[topic] = Subscription(snapshot)
        if snapshot and not self.source.is_to_come(topic):
            subscription.due_us = time_us + self._delay_us
            self._put(subscription.due_us, _SNAPSHOT, session, topic)
        self._has_begun = True
        self._sort_receivers()

    def unsubscribe(self, session: Session, topic: Topic) -> None:
        del session.subscriptions[topic]
        self._sort_receivers()

    def start_heartbeat(self, session: Session, time_us: int) -> None:
        """Let it beat once a second from now on; a heart that beats is left alone."""
        if session.heartbeat_us is None:
            session.heartbeat_us = time_us + _HEARTBEAT_US
            self._put(session.heartbeat_us, _HEARTBEAT, session)

    def stop_heartbeat(self, session: Session) -> None:
        session.heartbeat_us = None

    def _put(self, time_us: int, kind: int, session: Session, topic: Topic | None = None) -> None:
        heappush(self._dues, (time_us, kind, next(self._numbers), session, topic))

    def _beat(self, session: Session, time_us: int) -> None:
        if session.is_open and session.heartbeat_us == time_us:
            session.heartbeat_us += _HEARTBEAT_US
            self._put(session.heartbeat_us, _HEARTBEAT, session)
            session.send(time_us, session.dialect.heartbeat(time_us))

    def _show(self, session: Session, topic: Topic, time_us: int) -> None:
        subscription = session.subscriptions.get(topic)
        if not session.is_open or subscription is None or subscription.due_us != time_us:
            # It has left, or has subscribed anew since.
            return
        subscription.due_us = None
        self._sort_receivers()
        for frame in self.source.picture(topic, time_us):
            session.send(time_us, frame)

    def _message(self, time_us: int) -> None:
        receivers = self._receivers
        for topic, kind, frame in self.source.step(receivers):
            sessions = receivers.get(topic.symbol, {}).get(topic, ())
            for session in sessions:
                if kind == "update" or session.subscriptions[topic].snapshot:
                    session.send(time_us, frame)

    def _sort_receivers(self) -> None:
        self._receivers = {}
        for session in self._sessions:
            for topic, subscription in session.subscriptions.items():
                if subscription.due_us is None:
                    topics = self._receivers.setdefault(topic.symbol, {})
                    topics.setdefault(topic, []).append(session)
