"""One order book as the board tells of it, and the signals that it gives."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice, repeat

from host.monitor.market import Market
from host.monitor.movement import Flow, Movement
from host.monitor.numbers import decimals, number, whole
from host.monitor.records import Record

LIVE = "LIVE"
HISTORY_STEP_MS = 1000  # one sample of the sparkline
HISTORY_LENGTH = 120


@dataclass(eq=False)
class Signal:
    """One change of an imbalance signal."""

    pair: str
    side: str
    exchange_ms: int
    heard_s: float
    price: Decimal | None
    quantity: Decimal | None
    reason: str
    imbalance: Decimal | None
    spread_bps: Decimal | None
    confidence: int | None


@dataclass
class Pair:
    """One order book as the board last told of it."""

    name: str
    state: str = ""
    reason: str = ""
    best_bid: Decimal | None = None
    best_ask: Decimal | None = None
    spread_bps: Decimal | None = None
    microprice: Decimal | None = None
    imbalance: Decimal | None = None
    depth_ratio: Decimal | None = None
    lag_ms: int | None = None
    updates: int = 0
    bad_checksums: int = 0
    heard_s: float = 0.0
    book_ms: int = 0
    # The most digits seen so far, so that the columns stand still.
    price_decimals: int = 0
    microprice_decimals: int = 0
    mids: deque[Decimal] = field(default_factory=lambda: deque(maxlen=HISTORY_LENGTH))
    imbalances: deque[Decimal] = field(default_factory=lambda: deque(maxlen=HISTORY_LENGTH))
    market: Market = field(default_factory=Market)
    movement: Movement = field(default_factory=Movement)
    flow: Flow = field(default_factory=Flow)
    signal: Signal | None = None  # the one that stands

    def doubt(self, state: str, reason: str = "") -> None:
        """The book is not LIVE: what followed from it is over, and said by no record."""
        self.state, self.reason = state, reason
        self.movement, self.signal = Movement(), None
        self.flow = Flow(trades_told=self.flow.trades_told)

    @property
    def mid(self) -> Decimal | None:
        """Exactly halfway between best bid and best ask."""
        if self.best_bid is None or self.best_ask is None:
            return None
        return (self.best_bid + self.best_ask) / 2

    def take_book(self, record: Record) -> None:
        """Learn from a book record."""
        self.best_bid, self.best_ask = number(record.get("b")), number(record.get("a"))
        self.spread_bps = number(record.get("s"))
        self.microprice = number(record.get("u"))
        self.imbalance = number(record.get("i"))
        self.depth_ratio = number(record.get("r"))
        self.price_decimals = max(
            self.price_decimals, decimals(self.best_bid), decimals(self.best_ask)
        )
        self.microprice_decimals = max(self.microprice_decimals, decimals(self.microprice))
        self._remember(whole(record.get("t")) or 0)

    def _remember(self, exchange_ms: int) -> None:
        """One sample a second of exchange time; a quiet second repeats the one before."""
        step = exchange_ms // HISTORY_STEP_MS
        passed = step - self.book_ms // HISTORY_STEP_MS
        self.book_ms = exchange_ms
        for history, value in ((self.mids, self.mid), (self.imbalances, self.imbalance)):
            if value is None:
                continue
            if history and passed > 0:
                history.extend(islice(repeat(history[-1]), min(passed - 1, HISTORY_LENGTH)))
            elif history:
                history.pop()
            history.append(value)
