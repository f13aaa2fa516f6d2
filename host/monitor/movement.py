"""How a pair moves: its volatility, its momentum, what comes to its book and what is dealt."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from host.monitor.numbers import number, whole
from host.monitor.records import Record

OLD_AFTER_S = 6.0  # with eight pairs the board comes round to each every 4.4 s
GONE_AFTER_S = 30.0
HISTORY_LENGTH = 120  # of the sparkline
FLOW_MS = 10_000  # a single record tells of a second or so: too little to read
_PARTS_KEPT = 128
_CALM = Decimal("1.00")
_LEAST_IN_CONTAGION = Decimal("1.25")  # what the board scales a threshold by then, at least


@dataclass
class Heard:
    """Something that the board says again and again; how long ago it did."""

    heard_s: float = float("-inf")

    def old(self, now_s: float) -> bool:
        """Whether it should have been said again by now."""
        return now_s - self.heard_s > OLD_AFTER_S

    def gone(self, now_s: float) -> bool:
        """Whether it is too old to be of any use."""
        return now_s - self.heard_s > GONE_AFTER_S


@dataclass
class Movement(Heard):
    """Volatilities are in bps, of returns over 100 ms."""

    volatility: Decimal | None = None
    usual: Decimal | None = None
    momentum: int | None = None
    scale: Decimal | None = None  # of the imbalance threshold
    history: deque[Decimal] = field(default_factory=lambda: deque(maxlen=HISTORY_LENGTH))

    def take(self, record: Record, now_s: float) -> None:
        """Learn from a `vol` record."""
        self.heard_s = now_s
        self.volatility, self.usual = number(record.get("v")), number(record.get("s"))
        self.momentum, self.scale = whole(record.get("m")), number(record.get("x"))
        if self.volatility is not None:
            self.history.append(self.volatility)

    @property
    def excited(self) -> bool:
        """Whether the threshold is not the one that was set."""
        return self.scale is not None and self.scale != _CALM

    @property
    def out_of_contagion(self) -> bool:
        """Whether the board cannot be in a contagion of this pair."""
        return self.scale is not None and self.scale < _LEAST_IN_CONTAGION


@dataclass
class _Part:
    exchange_ms: int
    order_flow: Decimal
    net: Decimal  # bought - sold
    dealt: Decimal  # bought + sold


@dataclass
class Flow(Heard):
    """What the `flow` records of the last ten seconds of exchange time come to."""

    trades_told: bool = False  # they are asked for, and there were some
    _parts: deque[_Part] = field(default_factory=lambda: deque(maxlen=_PARTS_KEPT))

    def take(self, record: Record, now_s: float) -> None:
        """Learn from a `flow` record: each tells of what happened since the one before."""
        self.heard_s = now_s
        end_ms = whole(record.get("t")) or 0
        net, share = number(record.get("v")) or Decimal(0), number(record.get("x"))
        self.trades_told |= share is not None
        # The record has the share (bought - sold) / (bought + sold). Where that is 0 it does not
        # tell how much was dealt, and what is balanced moves no balance far.
        dealt = abs(net / share) if share and abs(share) <= 1 else Decimal(0)
        self._parts.append(_Part(end_ms, number(record.get("o")) or Decimal(0), net, dealt))
        kept = [each for each in self._parts if end_ms - FLOW_MS < each.exchange_ms <= end_ms]
        self._parts = deque(kept, _PARTS_KEPT)

    @property
    def order_flow(self) -> Decimal | None:
        """Order-flow imbalance, in the base currency."""
        return sum((each.order_flow for each in self._parts), Decimal(0)) if self._parts else None

    @property
    def trade_imbalance(self) -> Decimal | None:
        """-1 (all was sold) to 1 (all was bought); None where nothing was dealt."""
        dealt = sum((each.dealt for each in self._parts), Decimal(0))
        return sum((each.net for each in self._parts), Decimal(0)) / dealt if dealt else None
