"""What the engine asks of a source of frames: the seeded market or a recorded feed."""

from abc import ABC, abstractmethod
from typing import NamedTuple

SPOT_V2, SPOT_V1, FUTURES_V1 = "spot_v2", "spot_v1", "futures_v1"


class Topic(NamedTuple):
    """What can be subscribed to."""

    dialect: str
    channel: str
    symbol: str
    """The market's name of the pair; empty for what belongs to none."""
    option: int | str = ""
    """Depth of a book, minutes of a candle, trigger of a ticker, name of a future."""

    def __str__(self) -> str:
        if self.channel == "book" and self.dialect != FUTURES_V1:
            return f"{self.symbol} (depth {self.option})"
        name = self.option if self.dialect == FUTURES_V1 else self.symbol
        return f"{self.channel} of {name}" if name else self.channel


class Shown(NamedTuple):
    """A frame for all who are subscribed to `topic`."""

    topic: Topic
    kind: str
    """`snapshot` or `update`."""
    frame: str


class Source(ABC):
    """Frames in the order of exchange time, microseconds since 1970."""

    start_us: int
    """Exchange time when it begins."""
    is_now: bool
    """Whether it begins now, so that exchange time is to be this PC's."""
    waits_for_subscriber: bool
    """Whether time stands still until somebody subscribes."""
    dialects: tuple[str, ...]
    """What it can be heard in."""

    @abstractmethod
    def symbols(self) -> tuple[str, ...]:
        """The pairs that can be subscribed to."""

    @abstractmethod
    def depths(self, symbol: str) -> tuple[int, ...]:
        """The depths at which `symbol` can be subscribed to."""

    @abstractmethod
    def serves(self, channel: str) -> bool:
        """Whether that channel of v2 can be subscribed to."""

    def rewind(self) -> None:
        """Begin again; asked only of a source that has ended."""
        raise NotImplementedError

    @abstractmethod
    def next_us(self) -> int | None:
        """When the next message is due; None when there are no more."""

    @abstractmethod
    def step(self, wanted: dict[str, dict[Topic, list]]) -> list[Shown]:
        """Make the next message; return what it shows to those who listen to its symbol.

        `wanted` has the topics of each symbol; whenever they change it is another dict.
        """

    @abstractmethod
    def is_to_come(self, topic: Topic) -> bool:
        """Whether the snapshot will come by itself with a later step."""

    @abstractmethod
    def picture(self, topic: Topic, time_us: int) -> list[str]:
        """How things are, for one who subscribes in the middle; nothing if there is nothing yet."""
