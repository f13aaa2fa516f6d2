"""What the extra channels (ticker, trade, ohlc, spread) tell of a pair; no checksum proves any of it."""

from dataclasses import dataclass, field
from decimal import Decimal

from host.monitor.numbers import number, whole
from host.monitor.records import Record
from host.monitor.safe_text import safe_text


@dataclass
class Candle:
    """What was traded in one interval."""

    begin_ms: int = 0
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    close: Decimal | None = None
    volume: Decimal | None = None
    trades: int | None = None

    @property
    def change_percent(self) -> Decimal | None:
        """From the first trade to the last one."""
        if not self.open or self.close is None:
            return None
        return (self.close - self.open) / self.open * 100


@dataclass
class Market:
    """All None and zero until such a record comes."""

    last: Decimal | None = None
    taker: str = ""  # who took in the last trade, `buy` or `sell`; empty after a ticker message
    high: Decimal | None = None  # this and the next two: of 24 hours
    low: Decimal | None = None
    volume: Decimal | None = None
    bid_quantity: Decimal | None = None
    ask_quantity: Decimal | None = None
    candle: Candle = field(default_factory=Candle)
    ended: Candle | None = None  # the candle before, if the last record began a new one

    def take(self, record: Record) -> None:
        """Learn from a record of one of these kinds."""
        self._LEARN[record["k"]](self, record)

    def _on_tick(self, record: Record) -> None:
        last = number(record.get("l"))
        if last != self.last:
            self.last, self.taker = last, ""
        self.high, self.low = number(record.get("h")), number(record.get("lo"))
        self.volume = number(record.get("v"))

    def _on_trade(self, record: Record) -> None:
        self.last, self.taker = number(record.get("px")), safe_text(record.get("side"))

    def _on_spread(self, record: Record) -> None:
        self.bid_quantity, self.ask_quantity = number(record.get("bq")), number(record.get("aq"))

    def _on_ohlc(self, record: Record) -> None:
        before, begin_ms = self.candle, whole(record.get("t")) or 0
        self.ended = before if before.begin_ms and begin_ms > before.begin_ms else None
        self.candle = Candle(
            begin_ms,
            *(number(record.get(key)) for key in "ohlcv"),
            trades=whole(record.get("n")),
        )

    _LEARN = {  # noqa: RUF012
        "tick": _on_tick,
        "trade": _on_trade,
        "spread": _on_spread,
        "ohlc": _on_ohlc,
    }
