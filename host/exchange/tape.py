"""The trades of one pair: the last of them, candles of every length and the figures of 24 hours.

The market has a past before it starts: minutes and trades drawn from the seed when first asked for.
"""

import math
from collections import deque
from itertools import islice
from random import Random
from typing import NamedTuple

from host.exchange.books import ASK
from host.exchange.pairs import ASSETS, Pair

_MINUTE_US = 60_000_000
_DAY_MINUTES = 1440
# Lengths of candles.
OHLC_MINUTES = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
_LAST_TRADES = 50

_LIMIT_SHARE = 0.75
# Of the past: trades a minute, what is dealt in one, and how prices moved from minute to minute.
_TRADES_A_MINUTE = 60.0
_MEAN_TRADE_USD = 2_000.0
_MINUTE_MOVE = 4e-4


class Trade(NamedTuple):
    """`is_buy` says what the taker did."""

    number: int
    time_us: int
    price: int
    qty: int
    is_buy: bool
    is_limit: bool


class Candle:
    """Prices in ticks and volume in lots of the trades from `begin_us` on."""

    __slots__ = ("begin_us", "close", "high", "low", "open", "trades", "value", "volume")

    def __init__(self, begin_us: int, price: int):
        self.begin_us = begin_us
        self.open = self.high = self.low = self.close = price
        self.volume = 0
        self.value = 0
        self.trades = 0

    def add(self, price: int, qty: int) -> None:
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += qty
        self.value += price * qty
        self.trades += 1

    def join(self, later: "Candle") -> None:
        """Take a later candle into this one."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.value += later.value
        self.trades += later.trades

    @property
    def vwap(self) -> int:
        """Mean price by volume, in ticks."""
        return (2 * self.value + self.volume) // (2 * self.volume) if self.volume else self.close


class Tape:
    """Takes the trades of a pair that begins at `start_us` with a price of about `price` ticks."""

    def __init__(self, pair: Pair, seed: int | str, start_us: int, price: int):
        self._pair = pair
        self._start_us = start_us
        self._start_price = price
        self._seed = f"{seed}:{pair.symbol}:tape"
        self._random = Random(self._seed)
        self.number = self._random.randrange(1_000_000, 150_000_000)
        """That of the last trade: a count since the pair was listed."""
        self._start_number = self.number
        self._minutes: deque[Candle] = deque(maxlen=OHLC_MINUTES[-1])
        self._trades: deque[Trade] = deque(maxlen=_LAST_TRADES)
        self._has_past = False
        # Of a window, for as long as its minute runs: the closed minutes in it as one candle.
        self._closed: dict[str | int, tuple[tuple[int, int], Candle | None]] = {}

    def add(self, deals, time_us: int) -> list[Trade]:
        """Record what was dealt at `time_us`; return it as trades."""
        trades = []
        for side, price, qty in deals:
            self.number += 1
            is_limit = self._random.random() < _LIMIT_SHARE
            trades.append(Trade(self.number, time_us, price, qty, side == ASK, is_limit))
            begin_us = time_us - time_us % _MINUTE_US
            if not self._minutes or self._minutes[-1].begin_us != begin_us:
                self._minutes.append(Candle(begin_us, price))
            self._minutes[-1].add(price, qty)
        self._trades += trades
        return trades

    def last(self) -> list[Trade]:
        """The last 50 trades, oldest first."""
        self._need_past()
        return list(self._trades)

    def candle(self, minutes: int) -> Candle:
        """The running candle: of the interval that the last trade fell into."""
        self._need_past()
        length_us = minutes * _MINUTE_US
        now_us = self._minutes[-1].begin_us
        return self._since(now_us - now_us % length_us, minutes, minutes)

    def day(self, time_us: int) -> Candle:
        """The 24 hours before `time_us`, to the minute."""
        self._need_past()
        from_us = time_us - time_us % _MINUTE_US - (_DAY_MINUTES - 1) * _MINUTE_US
        return self._since(from_us, _DAY_MINUTES, "day")

    def today(self, time_us: int) -> Candle:
        """Since midnight UTC."""
        self._need_past()
        from_us = time_us - time_us % (_DAY_MINUTES * _MINUTE_US)
        return self._since(from_us, _DAY_MINUTES, "today")

    def _since(self, from_us: int, minutes: int, window: str | int) -> Candle:
        """The last so many minutes as one, but none before `from_us`.

        The closed ones of a `window` are only added up once.
        """
        running = self._minutes[-1]
        if running.begin_us < from_us:
            return Candle(from_us, running.close)
        key = (running.begin_us, from_us)
        if window not in self._closed or self._closed[window][0] != key:
            count = len(self._minutes) - 1
            first = max(0, count - minutes)
            closed = None
            for minute in islice(self._minutes, first, count):
                if minute.begin_us < from_us:
                    continue
                if closed is None:
                    closed = Candle(from_us, minute.open)
                closed.join(minute)
            self._closed[window] = key, closed
        closed = self._closed[window][1]
        whole = Candle(from_us, closed.open if closed else running.open)
        if closed:
            whole.join(closed)
        whole.join(running)
        return whole

    def _need_past(self) -> None:
        if not self._has_past:
            self._has_past = True
            minutes, trades = self._past()
            since = list(self._minutes)
            if since and since[0].begin_us == minutes[-1].begin_us:
                minutes[-1].join(since.pop(0))
            self._minutes = deque(minutes + since, maxlen=OHLC_MINUTES[-1])
            self._trades = deque(trades + list(self._trades), maxlen=_LAST_TRADES)

    def _past(self) -> tuple[list[Candle], list[Trade]]:
        """A day of minutes that ends at the start, and the last trades of it."""
        draw = Random(f"{self._seed}:past")
        usd = ASSETS[self._pair.base].usd
        lots = 10**self._pair.qty_decimals / usd
        activity = self._pair.events_per_s / 40
        price = float(self._start_price)
        begin_us = self._start_us - self._start_us % _MINUTE_US
        minutes = []
        for back in range(_DAY_MINUTES):
            # Backwards: the minute's close is known, its open is drawn.
            before = price * math.exp(draw.gauss(0.0, _MINUTE_MOVE))
            candle = Candle(begin_us - back * _MINUTE_US, max(1, round(before)))
            spread = abs(draw.gauss(0.0, _MINUTE_MOVE / 2)) * price
            candle.close = max(1, round(price))
            candle.high = max(candle.open, candle.close) + round(spread)
            candle.low = max(1, min(candle.open, candle.close) - round(spread))
            candle.trades = 1 + int(draw.expovariate(1 / (_TRADES_A_MINUTE * activity)))
            mean = _MEAN_TRADE_USD * math.exp(draw.gauss(0.0, 0.5))
            candle.volume = max(1, round(candle.trades * mean * lots))
            candle.value = candle.volume * ((candle.high + candle.low) // 2)
            minutes.append(candle)
            price = before
        minutes.reverse()
        return minutes, self._past_trades(draw, lots)

    def _past_trades(self, draw: Random, lots: float) -> list[Trade]:
        number, time_us, price = self._start_number, self._start_us, self._start_price
        trades = []
        for _ in range(_LAST_TRADES):
            time_us -= 1 + int(draw.expovariate(1 / 1_000_000))
            qty = max(1, round(_MEAN_TRADE_USD * math.exp(draw.gauss(0.0, 0.8)) * lots))
            is_buy, is_limit = draw.random() < 0.5, draw.random() < _LIMIT_SHARE
            trades.append(Trade(number, time_us, max(1, price), qty, is_buy, is_limit))
            number -= 1
            price += draw.choice((-1, 0, 0, 1))
        trades.reverse()
        return trades
