"""The frames of the futures feeds, as Kraken prints them: book, ticker, ticker_lite, trade."""

import json
import uuid
from decimal import Decimal
from random import Random

from host.exchange.books import ASK, BID, Seen, decimal_text
from host.exchange.listing import Product
from host.exchange.pair_state import PairState
from host.exchange.source import Topic
from host.exchange.tape import Trade

# A future's book has fewer levels a side than the pair's: what lies beyond is not in it.
LEVELS = 100

_TICKER_US = 1_000_000
_PERPETUAL, _QUARTER = "perpetual", "quarter"
_SIDES = {BID: "buy", ASK: "sell"}
_FUNDING_HOUR_US = 3_600_000_000
_DAY_US = 24 * _FUNDING_HOUR_US
# How far mark price and index are from the last price.
_PREMIUM = 4e-5


class Future:
    """A product and the sequence number of its book."""

    def __init__(self, product: Product, state: PairState, seed: int | str):
        self.product = product
        self.state = state
        draw = Random(f"{seed}:{product.name}")
        self.seq = draw.randrange(100_000, 120_000_000)
        """That of the last delta of the book."""
        self._trade_seq = draw.randrange(10_000, 400_000)
        self._first_trade = state.tape.number
        self._open_interest = draw.uniform(500, 3_000)
        self._changes = state.book.changes

    def catch_up(self) -> None:
        """Count what happened to the book while nobody followed it."""
        self.seq += self.state.book.changes - self._changes
        self._changes = self.state.book.changes

    def follow(self) -> list[Seen]:
        """What the last message shows; each of it is to have a sequence number of its own."""
        self._changes = self.state.book.changes
        return self.state.book.seen(LEVELS)

    def price(self, ticks: int) -> str:
        return number_text(ticks, self.state.pair.price_decimals)

    def qty(self, price: int, lots: int) -> str:
        """The size as this product counts it: dollars of an inverse one, else the asset."""
        if not self.product.is_inverse or not lots:
            return number_text(lots, self.state.pair.qty_decimals)
        return f"{max(1, self.dollars(price * lots))}.0"

    def dollars(self, value: int) -> int:
        """Whole dollars of ticks times lots."""
        pair = self.state.pair
        return value // 10 ** (pair.price_decimals + pair.qty_decimals)

    def trade(self, trade: Trade) -> str:
        number = self._trade_seq + trade.number - self._first_trade
        uid = uuid.uuid5(uuid.NAMESPACE_OID, f"{self.product.name}:{trade.number}")
        return (
            f'{{"product_id":"{self.product.name}","feed":"trade","uid":"{uid}",'
            f'"side":"{"buy" if trade.is_buy else "sell"}","type":"fill",'
            f'"time":{trade.time_us // 1000},"qty":{self.qty(trade.price, trade.qty)},'
            f'"price":{self.price(trade.price)},"seq":{number}}}'
        )

    def figures(self, time_us: int) -> dict:
        """What tickers tell; all of it follows from the book and the trades."""
        pair, product = self.state.pair, self.product
        (bid, bid_qty), (ask, ask_qty) = self.state.best()
        day = self.state.tape.day(time_us)
        last = day.close / 10**pair.price_decimals
        dollars = day.value / 10 ** (pair.price_decimals + pair.qty_decimals)
        volume = dollars if product.is_inverse else day.volume / 10**pair.qty_decimals
        mid = (bid + ask) / 2 / 10**pair.price_decimals
        return {
            "bid": float(self.price(bid)),
            "ask": float(self.price(ask)),
            "bid_size": float(self.qty(bid, bid_qty)),
            "ask_size": float(self.qty(ask, ask_qty)),
            "volume": float(round(volume)) if product.is_inverse else round(volume, 4),
            "dtm": max(0, (product.matures_us - time_us) // _DAY_US),
            "index": round(mid * (1 - _PREMIUM), 2),
            "last": last,
            "change": round(100 * (day.close - day.open) / day.open, 2),
            "premium": 0.0,
            "tag": _QUARTER if product.matures_us else _PERPETUAL,
            "pair": product.pair,
            "openInterest": round(self._open_interest * (last if product.is_inverse else 1), 4),
            "markPrice": mid * (1 + _PREMIUM / 8),
            "maturityTime": product.matures_us // 1000,
            "volumeQuote": round(dollars, 3),
        }


class _Channel:
    """One feed of one product."""

    depth: int | None = None

    def __init__(self, future: Future, topic: Topic):
        self.topic = topic
        self._future = future


class BookChannel(_Channel):
    """The whole book, then every change of it in a message of its own."""

    depth = LEVELS

    def __init__(self, future: Future, topic: Topic):
        super().__init__(future, topic)
        future.catch_up()

    def frames(self, time_us: int) -> list[str]:
        future = self._future
        frames = []
        for side, price, qty, _, _ in future.follow():
            future.seq += 1
            frames.append(
                f'{{"feed":"book","product_id":"{future.product.name}","side":"{_SIDES[side]}",'
                f'"seq":{future.seq},"price":{future.price(price)},'
                f'"qty":{future.qty(price, qty)},"timestamp":{time_us // 1000}}}'
            )
        return frames

    def picture(self, time_us: int) -> list[str]:
        future = self._future
        bids, asks = (
            ",".join(
                f'{{"price":{future.price(price)},"qty":{future.qty(price, lots)}}}'
                for price, lots in side.best(LEVELS)
            )
            for side in future.state.book.sides
        )
        return [
            f'{{"feed":"book_snapshot","product_id":"{future.product.name}",'
            f'"timestamp":{time_us // 1000},"seq":{future.seq},"tickSize":null,'
            f'"bids":[{bids}],"asks":[{asks}]}}'
        ]


class TradeChannel(_Channel):
    """Every trade in a message of its own; the snapshot has the last ones, newest first."""

    def frames(self, time_us: int) -> list[str]:
        return [self._future.trade(trade) for trade in self._future.state.trades]

    def picture(self, time_us: int) -> list[str]:
        trades = [self._future.trade(trade) for trade in reversed(self._future.state.tape.last())]
        return [
            f'{{"feed":"trade_snapshot","product_id":"{self._future.product.name}",'
            f'"trades":[{",".join(trades)}]}}'
        ]


class TickerChannel(_Channel):
    """All figures, at most once a second."""

    def __init__(self, future: Future, topic: Topic):
        super().__init__(future, topic)
        self._next_us = 0

    def frames(self, time_us: int) -> list[str]:
        if time_us < self._next_us:
            return []
        self._next_us = time_us + _TICKER_US
        return self.picture(time_us)

    def picture(self, time_us: int) -> list[str]:
        product, figures = self._future.product, self._future.figures(time_us)
        ticker: dict = {"time": time_us // 1000, "product_id": product.name}
        if not product.matures_us:
            rate = 1e-5 * figures["change"]
            ticker |= {
                "funding_rate": round(rate * figures["last"], 12),
                "funding_rate_prediction": round(1.4 * rate * figures["last"], 12),
                "relative_funding_rate": round(rate, 14),
                "relative_funding_rate_prediction": round(1.4 * rate, 14),
                "next_funding_rate_time": (time_us // _FUNDING_HOUR_US + 1) * 3_600_000,
            }
        ticker |= {"leverage": "100x", "premium": figures["premium"], "feed": "ticker"}
        names = ("bid", "ask", "bid_size", "ask_size", "volume", "dtm", "index", "last", "change")
        ticker |= {name: figures[name] for name in names}
        ticker["suspended"] = False
        names = ("tag", "pair", "openInterest", "markPrice", "maturityTime")
        ticker |= {name: figures[name] for name in names}
        ticker |= {"post_only": False, "volumeQuote": figures["volumeQuote"]}
        return [_object(ticker)]


class TickerLiteChannel(TickerChannel):
    """The few figures that most want, at most once a second."""

    def picture(self, time_us: int) -> list[str]:
        product, figures = self._future.product, self._future.figures(time_us)
        ticker = {"feed": "ticker_lite", "product_id": product.name}
        names = ("bid", "ask", "change", "premium", "volume", "tag", "pair", "dtm", "maturityTime")
        ticker |= {name: figures[name] for name in names}
        return [_object(ticker)]


CHANNELS = {
    "book": BookChannel,
    "trade": TradeChannel,
    "ticker": TickerChannel,
    "ticker_lite": TickerLiteChannel,
}


def _object(fields: dict) -> str:
    """JSON without exponents, which futures never print."""
    texts = []
    for key, value in fields.items():
        is_float = isinstance(value, float)
        text = format(Decimal(repr(value)), "f") if is_float else json.dumps(value)
        texts.append(f'"{key}":{text}')
    return f"{{{','.join(texts)}}}"


def number_text(value: int, decimals: int) -> str:
    """`value` units of 10**-decimals the way futures print it: as few decimals as do, but one."""
    whole, _, part = decimal_text(value, decimals).partition(".")
    return f"{whole}.{part.rstrip('0') or '0'}"
