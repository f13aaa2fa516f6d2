"""What the engine asks of a source of book frames: the seeded market or a recorded feed."""

from abc import ABC, abstractmethod
from typing import NamedTuple


class Shown(NamedTuple):
    """A frame for all who are subscribed to `symbol` at `depth`."""

    symbol: str
    depth: int
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

    @abstractmethod
    def symbols(self) -> tuple[str, ...]:
        """The pairs that can be subscribed to."""

    @abstractmethod
    def depths(self, symbol: str) -> tuple[int, ...]:
        """The depths at which `symbol` can be subscribed to."""

    def rewind(self) -> None:
        """Begin again; asked only of a source that has ended."""
        raise NotImplementedError

    @abstractmethod
    def next_us(self) -> int | None:
        """When the next message is due; None when there are no more."""

    @abstractmethod
    def step(self, wanted: dict[str, dict[int, list]]) -> list[Shown]:
        """Make the next message; return what it shows at the depths wanted of its symbol."""

    @abstractmethod
    def is_to_come(self, symbol: str) -> bool:
        """Whether the snapshot of `symbol` will come by itself with a later step."""

    @abstractmethod
    def snapshot(self, symbol: str, depth: int, time_us: int) -> str:
        """The book as it is, for one who subscribes in the middle."""
