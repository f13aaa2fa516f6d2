"""The frames of v1's channels, as Kraken prints them: book, ticker, trade, spread, ohlc."""

from abc import ABC, abstractmethod

from host.exchange import listing
from host.exchange.books import ASK, BID, ENTERED, LEFT, Seen, checksum, decimal_text
from host.exchange.pair_state import PairState
from host.exchange.pairs import PAIRS
from host.exchange.source import Topic
from host.exchange.texts import seconds_text

# What happens to a book within so short a time is told in one message; now and then that
# concerns both sides.
_TOGETHER_US = 100

# A pair has sixteen numbers, of which its channels use these.
_IDS_A_PAIR = 16
_FIRST_ID = 21 * _IDS_A_PAIR
_IDS = {"book": 0, "trade": 1, "ohlc": 2, "ticker": 4, "spread": 5}
_NAMES = {"book": "book-{}", "ohlc": "ohlc-{}"}

_SIDES = {ASK: "a", BID: "b"}


def channel_id(topic: Topic) -> int:
    number = list(PAIRS).index(topic.symbol)
    return _FIRST_ID + _IDS_A_PAIR * number + _IDS[topic.channel]


def channel_name(topic: Topic) -> str:
    """`book-10` for the book at depth 10."""
    return _NAMES.get(topic.channel, topic.channel).format(topic.option)


class _Channel(ABC):
    """What all channels print: the numbers of one pair in v1's own decimals, and the envelope."""

    depth: int | None = None

    def __init__(self, state: PairState, topic: Topic):
        self.topic = topic
        self._state = state
        pair = state.pair
        self._decimals = pair.v1_decimals
        self._qty_decimals = pair.qty_decimals
        self._price_unit = pair.v1_unit
        self._begin = f"[{channel_id(topic)},"
        self._end = f',"{channel_name(topic)}","{listing.v1_name(topic.symbol)}"]'

    def frames(self, time_us: int) -> list[str]:
        """What the last message shows; of most channels how things are, with every trade."""
        return self.picture(time_us) if self._state.trades else []

    @abstractmethod
    def picture(self, time_us: int) -> list[str]:
        """How things are."""

    def _envelope(self, payload: str) -> str:
        return f"{self._begin}{payload}{self._end}"

    def _price(self, ticks: int) -> str:
        return f'"{decimal_text(ticks * self._price_unit, self._decimals)}"'

    def _qty(self, lots: int) -> str:
        return f'"{decimal_text(lots, self._qty_decimals)}"'


class BookChannel(_Channel):
    """One depth of one book."""

    def __init__(self, state: PairState, topic: Topic):
        super().__init__(state, topic)
        self.depth = int(topic.option)
        self._seen: list[Seen] = []

    def frames(self, time_us: int) -> list[str]:
        self._seen += self._state.book.seen(self.depth)
        if not self._seen or self._state.next_us - time_us <= _TOGETHER_US:
            return []
        sides: dict[str, list[str]] = {"a": [], "b": []}
        for side, price, qty, level_us, why in self._seen:
            # A level that is pushed out at the far end goes without saying.
            if why != LEFT:
                again = ',"r"' if why == ENTERED else ""
                text = f"[{self._price(price)},{self._qty(qty)},{_stamp(level_us)}{again}]"
                sides[_SIDES[side]].append(text)
        self._seen = []
        parts = [f'"{name}":[{",".join(levels)}]' for name, levels in sides.items() if levels]
        parts[-1] += f',"c":"{checksum(self._state.book, self._price_unit)}"'
        return [self._envelope(",".join(f"{{{part}}}" for part in parts))]

    def picture(self, time_us: int) -> list[str]:
        parts = []
        for side, name in _SIDES.items():
            levels = self._state.book.sides[side]
            texts = [
                f"[{self._price(price)},{self._qty(qty)},{_stamp(levels.time_us(price))}]"
                for price, qty in levels.best(self.depth or 0)
            ]
            parts.append(f'"{name}s":[{",".join(texts)}]')
        return [self._envelope(f"{{{','.join(parts)}}}")]


class TickerChannel(_Channel):
    """The day's figures, with every trade."""

    def picture(self, time_us: int) -> list[str]:
        tape, price = self._state.tape, self._price
        today, day, last = tape.today(time_us), tape.day(time_us), tape.last()[-1]
        (bid, bid_qty), (ask, ask_qty) = self._state.best()
        return [
            self._envelope(
                f'{{"a":[{price(ask)},{self._whole(ask_qty)},{self._qty(ask_qty)}],'
                f'"b":[{price(bid)},{self._whole(bid_qty)},{self._qty(bid_qty)}],'
                f'"c":[{price(last.price)},{self._qty(last.qty)}],'
                f'"v":[{self._qty(today.volume)},{self._qty(day.volume)}],'
                f'"p":[{price(today.vwap)},{price(day.vwap)}],'
                f'"t":[{today.trades},{day.trades}],'
                f'"l":[{price(today.low)},{price(day.low)}],'
                f'"h":[{price(today.high)},{price(day.high)}],'
                f'"o":[{price(today.open)},{price(day.open)}]}}'
            )
        ]

    def _whole(self, lots: int) -> int:
        return lots // 10**self._qty_decimals


class TradeChannel(_Channel):
    """Every trade, none of the past."""

    def frames(self, time_us: int) -> list[str]:
        if not self._state.trades:
            return []
        texts = [
            f"[{self._price(trade.price)},{self._qty(trade.qty)},{_stamp(trade.time_us)},"
            f'"{"b" if trade.is_buy else "s"}","{"l" if trade.is_limit else "m"}",""]'
            for trade in self._state.trades
        ]
        return [self._envelope(f"[{','.join(texts)}]")]

    def picture(self, time_us: int) -> list[str]:
        return []


class SpreadChannel(_Channel):
    """Best bid and offer, whenever one of them changes."""

    def __init__(self, state: PairState, topic: Topic):
        super().__init__(state, topic)
        self._best = state.best()

    def frames(self, time_us: int) -> list[str]:
        before, self._best = self._best, self._state.best()
        return self.picture(time_us) if before != self._best else []

    def picture(self, time_us: int) -> list[str]:
        (bid, bid_qty), (ask, ask_qty) = self._state.best()
        prices = f"{self._price(bid)},{self._price(ask)}"
        sizes = f"{self._qty(bid_qty)},{self._qty(ask_qty)}"
        return [self._envelope(f"[{prices},{_stamp(time_us)},{sizes}]")]


class OhlcChannel(_Channel):
    """The running candle of one interval, again with every trade."""

    def picture(self, time_us: int) -> list[str]:
        minutes = int(self.topic.option)
        candle = self._state.tape.candle(minutes)
        last_us = self._state.tape.last()[-1].time_us
        prices = (candle.open, candle.high, candle.low, candle.close, candle.vwap)
        return [
            self._envelope(
                f"[{_stamp(last_us)},{_stamp(candle.begin_us + minutes * 60_000_000)},"
                f"{','.join(map(self._price, prices))},{self._qty(candle.volume)},{candle.trades}]"
            )
        ]


CHANNELS = {
    "book": BookChannel,
    "ticker": TickerChannel,
    "trade": TradeChannel,
    "spread": SpreadChannel,
    "ohlc": OhlcChannel,
}


def _stamp(time_us: int) -> str:
    return f'"{seconds_text(time_us)}"'
