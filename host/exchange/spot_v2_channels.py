"""The frames of v2's channels, as Kraken prints them: book, ticker, trade, ohlc, instrument."""

import json
from abc import ABC, abstractmethod

from host.exchange import listing
from host.exchange.books import LEFT, Book, Seen, checksum, decimal_text
from host.exchange.pair_state import PairState
from host.exchange.pairs import PAIRS, Pair
from host.exchange.source import Topic
from host.exchange.texts import time_text

_VOLUME_DECIMALS = 8
# The envelope of a candle has now six decimals, now nine; every so many microseconds nine.
_NANOSECONDS_EVERY = 3


class BookChannel:
    """One depth of one book."""

    def __init__(self, state: PairState, topic: Topic):
        self.topic = topic
        self.depth = int(topic.option)
        self._book = state.book

    def frames(self, time_us: int) -> list[str]:
        seen = self._book.seen(self.depth)
        return [book_update(self._book, seen, time_us)] if seen else []

    def picture(self, time_us: int) -> list[str]:
        return [book_snapshot(self._book, self.depth, time_us)]


class _TradesChannel(ABC):
    """What is said with every trade, and what a subscriber hears first."""

    depth = None

    def __init__(self, state: PairState, topic: Topic):
        self.topic = topic
        self._state = state

    def frames(self, time_us: int) -> list[str]:
        return [self._frame("update", time_us)] if self._state.trades else []

    def picture(self, time_us: int) -> list[str]:
        return [self._frame("snapshot", time_us)]

    @abstractmethod
    def _frame(self, kind: str, time_us: int) -> str:
        """A message of the channel, `snapshot` or `update`."""


class TickerChannel(_TradesChannel):
    """Updates on every trade, or whenever the best bid or offer changes."""

    def __init__(self, state: PairState, topic: Topic):
        super().__init__(state, topic)
        self._best = state.best() if topic.option == "bbo" else None

    def frames(self, time_us: int) -> list[str]:
        if self._best is None:
            return super().frames(time_us)
        before, self._best = self._best, self._state.best()
        return [self._frame("update", time_us)] if before != self._best else []

    def _frame(self, kind: str, time_us: int) -> str:
        state, pair = self._state, self._state.pair
        (bid, bid_qty), (ask, ask_qty) = state.best()
        day = state.tape.day(time_us)
        change = day.close - day.open
        volume = day.volume * 10 ** (_VOLUME_DECIMALS - pair.qty_decimals)
        return (
            f'{{"channel":"ticker","type":"{kind}","data":[{{"symbol":"{pair.symbol}",'
            f'"bid":{_price(pair, bid)},"bid_qty":{_qty(pair, bid_qty)},'
            f'"ask":{_price(pair, ask)},"ask_qty":{_qty(pair, ask_qty)},'
            f'"last":{_price(pair, day.close)},'
            f'"volume":{decimal_text(volume, _VOLUME_DECIMALS)},"vwap":{_price(pair, day.vwap)},'
            f'"low":{_price(pair, day.low)},"high":{_price(pair, day.high)},'
            f'"change":{_price(pair, change)},"change_pct":{100 * change / day.open:.2f},'
            f'"trades":{day.trades},"timestamp":"{time_text(time_us)}"}}]}}'
        )


class TradeChannel(_TradesChannel):
    """Every trade; the snapshot has the last 50."""

    def _frame(self, kind: str, time_us: int) -> str:
        pair = self._state.pair
        trades = self._state.trades if kind == "update" else self._state.tape.last()
        data = ",".join(
            f'{{"symbol":"{pair.symbol}","side":"{"buy" if trade.is_buy else "sell"}",'
            f'"price":{_price(pair, trade.price)},"qty":{_qty(pair, trade.qty)},'
            f'"ord_type":"{"limit" if trade.is_limit else "market"}",'
            f'"trade_id":{trade.number},"timestamp":"{time_text(trade.time_us)}"}}'
            for trade in trades
        )
        return f'{{"channel":"trade","type":"{kind}","data":[{data}]}}'


class OhlcChannel(_TradesChannel):
    """The running candle of one interval, again with every trade."""

    def __init__(self, state: PairState, topic: Topic):
        super().__init__(state, topic)
        self._minutes = int(topic.option)

    def _frame(self, kind: str, time_us: int) -> str:
        pair = self._state.pair
        candle = self._state.tape.candle(self._minutes)
        end_us = candle.begin_us + self._minutes * 60_000_000
        moment = time_text(time_us)
        if time_us % _NANOSECONDS_EVERY == 0:
            moment = f"{moment[:-1]}000Z"
        volume = candle.volume * 10 ** (_VOLUME_DECIMALS - pair.qty_decimals)
        return (
            f'{{"channel":"ohlc","type":"{kind}","timestamp":"{moment}",'
            f'"data":[{{"symbol":"{pair.symbol}",'
            f'"open":{_price(pair, candle.open)},"high":{_price(pair, candle.high)},'
            f'"low":{_price(pair, candle.low)},"close":{_price(pair, candle.close)},'
            f'"trades":{candle.trades},"volume":{decimal_text(volume, _VOLUME_DECIMALS)},'
            f'"vwap":{_price(pair, candle.vwap)},'
            f'"interval_begin":"{time_text(candle.begin_us)[:-1]}000Z",'
            f'"interval":{self._minutes},"timestamp":"{time_text(end_us)}"}}]}}'
        )


CHANNELS = {
    "book": BookChannel,
    "ticker": TickerChannel,
    "trade": TradeChannel,
    "ohlc": OhlcChannel,
}


def book_update(book: Book, seen: list[Seen], time_us: int) -> str:
    sides: tuple[list[str], list[str]] = ([], [])
    pair = book.pair
    for side, price, qty, _, why in seen:
        # A level that is pushed out at the far end goes without saying.
        if why != LEFT:
            sides[side].append(_level(pair, price, qty))
    return _book_frame(book, "update", *sides, time_us)


def book_snapshot(book: Book, depth: int, time_us: int) -> str:
    bids, asks = ([_level(book.pair, *level) for level in side.best(depth)] for side in book.sides)
    return _book_frame(book, "snapshot", bids, asks, time_us)


def instrument_snapshot(symbols) -> str:
    """The pairs that are listed and their assets; without the many hundred others that Kraken has."""
    listed = [PAIRS[symbol] for symbol in symbols]
    names = sorted({name for pair in listed for name in (pair.base, pair.quote)})
    assets = ",".join(
        f'{{"id":"{name}","status":"enabled","precision":10,"precision_display":5,'
        '"borrowable":true,"collateral_value":1.00,"margin_rate":0.010000}'
        for name in names
    )
    pairs = ",".join(_instrument(pair) for pair in listed)
    return (
        '{"channel":"instrument","type":"snapshot",'
        f'"data":{{"assets":[{assets}],"pairs":[{pairs}]}}}}'
    )


def _instrument(pair: Pair) -> str:
    tick, lot = _increment(pair.price_decimals), _increment(pair.qty_decimals)
    return (
        f'{{"symbol":"{pair.symbol}","base":"{pair.base}","quote":"{pair.quote}",'
        f'"status":"online","qty_precision":{pair.qty_decimals},"qty_increment":{lot},'
        f'"price_precision":{pair.price_decimals},"cost_precision":{listing.cost_decimals(pair.quote)},'
        '"marginable":true,"has_index":true,'
        f'"cost_min":{json.dumps(float(listing.COST_MINIMUMS[pair.quote]))},'
        '"margin_initial":0.20,"position_limit_long":300,"position_limit_short":240,'
        f'"tick_size":{tick},"price_increment":{tick},'
        f'"qty_min":{json.dumps(float(listing.ORDER_MINIMUMS[pair.base]))}}}'
    )


def _increment(decimals: int) -> str:
    """One unit of the last decimal; here Kraken prints small ones with an exponent."""
    return json.dumps(10.0**-decimals) if decimals > 4 else decimal_text(1, decimals)


def _price(pair: Pair, ticks: int) -> str:
    return decimal_text(ticks, pair.price_decimals)


def _qty(pair: Pair, lots: int) -> str:
    return decimal_text(lots, pair.qty_decimals)


def _level(pair: Pair, price: int, qty: int) -> str:
    return f'{{"price":{_price(pair, price)},"qty":{_qty(pair, qty)}}}'


def _book_frame(book: Book, kind: str, bids: list[str], asks: list[str], time_us: int) -> str:
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{book.pair.symbol}",'
        f'"bids":[{",".join(bids)}],"asks":[{",".join(asks)}],'
        f'"checksum":{checksum(book)},"timestamp":"{time_text(time_us)}"}}]}}'
    )
