"""One connection's state, whatever dialect it speaks."""

from collections.abc import Callable
from typing import Protocol

from host.exchange.source import Topic


class Subscription:
    """One topic of one session."""

    def __init__(self, snapshot: bool):
        self.snapshot = snapshot
        self.due_us: int | None = None
        """When the snapshot is to be made; None when that is not, or no longer, to be done."""


class Session:
    """`send(time_us, frame)` takes what is said to it."""

    def __init__(self, connection_id: int, dialect: "Dialect", send: Callable[[int, str], None]):
        self.connection_id = connection_id
        self.dialect = dialect
        self.send = send
        self.subscriptions: dict[Topic, Subscription] = {}
        self.heartbeat_us: int | None = None
        """When the next is due; None while there are none."""
        self.is_open = True

    def find(self, channel: str, symbol: str) -> Topic | None:
        """The topic by which it hears that channel of that pair."""
        for topic in self.subscriptions:
            if (topic.channel, topic.symbol) == (channel, symbol):
                return topic
        return None


class Dialect(Protocol):
    """How one version of the API is spoken: what it says of itself, and what it answers."""

    def greet(self, session: Session, time_us: int) -> None:
        """Say what a connection hears first."""

    def tell_system(self, session: Session, time_us: int) -> None:
        """Say that the state of the exchange has changed."""

    def heartbeat(self, time_us: int) -> str:
        """What is said once a second."""

    def request(self, session: Session, text: str, time_us: int) -> None:
        """Answer what a client sent."""

    def subscriptions(self, symbols, depth: int, channels) -> list[str]:
        """What a client sends that wants these channels of these pairs."""
