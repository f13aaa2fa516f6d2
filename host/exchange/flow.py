"""The order flow of one pair: the changes that traders and their machines make to its book."""

import math
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from host.exchange.books import ASK, BID, Book
from host.exchange.pairs import ASSETS, Pair
from host.exchange.prices import Prices

if TYPE_CHECKING:
    from host.exchange.effects import PlantedPrices

# Levels a side: enough for a subscription to depth 1000, whatever a burst eats.
_FEWEST_LEVELS = 1_100
_MOST_LEVELS = 1_300
# Levels lie further apart the deeper they are: at rank r, r + r**2 / this many gaps from the best.
_WIDENING = 200
# A fast move leaves the book behind it thin: where levels are so many gaps apart, orders fill in.
_HOLE_GAPS = 4

# Where a change happens: (share, first rank, last rank).
_WHERE = ((0.36, 0, 9), (0.30, 10, 24), (0.24, 25, 99), (0.10, 100, 999))

# What a change is, when nothing has to be corrected: a level resized, else moved, else added or
# removed (whichever brings the density nearer to the usual one).
_RESIZE_SHARE = 0.64
_MOVE_SHARE = 0.08
# While the spread is wider than so many usual half spreads, makers mostly narrow it.
_WIDE_SPREAD = 3.0
_IMPROVE_SHARE = 0.75
# Trades that follow no price, into the side that is under pressure.
_NOISE_TRADE_SHARE = 0.08
_MOST_LEVELS_A_TRADE = 2

# After a change the next one often follows within milliseconds.
_FLURRY_SHARE = 0.35
_FLURRY_MEAN_S = 0.006

# Sizes are drawn in dollars, so that each asset gets plausible ones: a median order, dust, and the
# amounts that market makers quote again and again.
_MEDIAN_USD = 5_200.0
_TRADE_USD = 1_500.0
_SPREAD_OF_SIZES = 0.8
_DUST_USD = (4.0, 120.0)
_MAKER_USD = (2_500.0, 6_500.0, 13_000.0, 27_000.0)
_ROUND = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
_ROUND_UNIT_USD = 84_000.0
_EVEN = (0.9, 1.1)  # times the median, where sizes are to tell nothing
_DUST_SHARE, _ROUND_SHARE, _MAKER_SHARE = 0.12, 0.25, 0.25
# Orders of the side that is wanted are larger by exp of this times the pressure.
_PRESSURE_ON_SIZE = 0.5
_PRESSURE_ON_SIDE = 0.22

# People like round prices: share of orders there, and the roundness in ticks.
_ROUND_PRICE_SHARE = 0.12
_ROUND_TICKS = (10, 50, 100)


class Deal(NamedTuple):
    """A trade: `side` is that of the book it took from."""

    side: int
    price: int
    qty: int


class Flow:
    """Changes `book` by messages; all randomness comes from the seed and the pair's name."""

    def __init__(
        self, pair: Pair, prices: "Prices | PlantedPrices", seed: int | str, start_us: int
    ):
        self.book = Book(pair)
        self.deals: list[Deal] = []
        """What was dealt in the last message."""
        self.pair = pair
        self._prices = prices
        self._random = Random(f"{seed}:{pair.symbol}")
        self._tick = 10.0**-pair.price_decimals
        self._usd = ASSETS[pair.base].usd
        # Round amounts of an asset are those of bitcoin, by a power of ten.
        self._unit = 10.0 ** round(math.log10(_ROUND_UNIT_USD / self._usd))
        self._pressure = 0.0
        fair = self._fair()
        self._gap = max(1.0, pair.gap_bps * 1e-4 * fair)
        self._half_spread = max(0.5, pair.spread_bps * 1e-4 * fair / 2)
        self.book.begin(time_us=start_us)
        self._fill(fair)
        self.next_us = start_us
        self._wait()

    def step(self, depths) -> int:
        """Make the next message, looked at to `depths`; return its time and set the next one's."""
        time_us = self.next_us
        self._prices.advance(time_us)
        self.deals = []
        self.book.begin(depths, time_us)
        if not self._prices.visit(self.book, time_us):
            self._act()
        self._wait()
        return time_us

    def _wait(self) -> None:
        draw = self._random
        if draw.random() < _FLURRY_SHARE:
            wait_s = draw.expovariate(1 / _FLURRY_MEAN_S)
        else:
            rate = self.pair.events_per_s * (1 - _FLURRY_SHARE) * self._prices.activity
            wait_s = draw.expovariate(rate)
        # Kraken's timestamps never repeat within a pair.
        self.next_us += 1 + int(wait_s * 1_000_000)

    def _fair(self) -> float:
        """The price that the market is worth now, in ticks."""
        return self._prices.price(self.pair.base, self.pair.quote) / self._tick

    def _fill(self, fair: float) -> None:
        for side, sign in ((BID, -1), (ASK, 1)):
            distance = self._half_spread
            for rank in range(_FEWEST_LEVELS):
                price = self._rounded(fair + sign * distance)
                if price not in self.book.sides[side]:
                    self.book.change(side, price, self._size(side, rank))
                distance += max(1.0, self._random.expovariate(1 / self._gap_at(rank)))

    def _gap_at(self, rank: int) -> float:
        return self._gap * (1 + 2 * rank / _WIDENING)

    def _act(self) -> None:
        fair = self._fair()
        bids, asks = self.book.sides
        self._pressure = self._prices.pressure(self.pair.base, self.pair.quote)
        if fair >= asks.price(0):
            self._take(ASK, fair)
        elif fair <= bids.price(0):
            self._take(BID, fair)
        elif self._random.random() < _NOISE_TRADE_SHARE:
            side = ASK if self._leans() else BID
            self._reduce(side, bids.price(0) if side == BID else asks.price(0))
        else:
            # The side whose best price is further from the fair one is the one to improve.
            above, below = asks.price(0) - fair, fair - bids.price(0)
            side = ASK if above > below else BID
            is_wide = above + below > _WIDE_SPREAD * self._half_spread + 1
            if is_wide and self._random.random() < _IMPROVE_SHARE:
                self._improve(side, fair)
            else:
                self._rearrange(BID if self._leans() else ASK)
        for levels, side in ((bids, BID), (asks, ASK)):
            self._keep_deep(side, levels)

    def _leans(self) -> bool:
        """True more often the more is wanted: towards more bids and towards buying."""
        return self._random.random() < 0.5 + _PRESSURE_ON_SIDE * math.tanh(self._pressure)

    def _take(self, side: int, fair: float) -> None:
        """Somebody deals through the levels that have become too cheap, or too dear to bid."""
        levels = self.book.sides[side]
        sign = 1 if side == ASK else -1
        for _ in range(self._random.randint(1, _MOST_LEVELS_A_TRADE)):
            price = levels.price(0)
            if sign * (fair - price) < 0:
                self._reduce(side, price)
                break
            self.deals.append(Deal(side, price, levels.qty(price)))
            self.book.change(side, price, 0)

    def _reduce(self, side: int, price: int) -> None:
        """Somebody deals some of a level, or all of it if there is little."""
        usd = _TRADE_USD * math.exp(self._random.gauss(0.0, _SPREAD_OF_SIZES))
        qty = self.book.sides[side].qty(price)
        lots = self._lots(usd / self._usd)
        if lots < qty:
            self.deals.append(Deal(side, price, lots))
            self.book.change(side, price, qty - lots)
        elif self._withdraw(side, 0):
            self.deals.append(Deal(side, price, qty))

    def _withdraw(self, side: int, rank: int) -> bool:
        """Remove a level, unless the book behind it is so thin that a hole would open."""
        levels = self.book.sides[side]
        rank = min(rank, len(levels) - 2)
        price = levels.price(rank)
        is_dense = abs(levels.price(rank + 1) - price) <= _HOLE_GAPS * self._gap_at(rank)
        if is_dense:
            self.book.change(side, price, 0)
        return is_dense

    def _improve(self, side: int, fair: float) -> None:
        """A maker quotes a better price than any, on its own side of the fair one."""
        distance = self._half_spread * self._random.uniform(0.7, 1.5)
        price = self._rounded(fair - distance if side == BID else fair + distance)
        self._add(side, price, 0)

    def _rearrange(self, side: int) -> None:
        levels = self.book.sides[side]
        rank = self._rank(len(levels))
        kind = self._random.random()
        if kind < _RESIZE_SHARE:
            self.book.change(side, levels.price(rank), self._size(side, rank))
            return
        if kind < _RESIZE_SHARE + _MOVE_SHARE:
            price = self._place(side, rank)
            self.book.change(side, levels.price(rank), 0)
            self._add(side, price, rank)
            return
        distance = abs(levels.price(rank) - levels.price(0)) + self._gap
        usual = self._gap * (rank + 1 + rank * rank / _WIDENING)
        if self._random.random() < 0.5 + 0.7 * (distance / usual - 1):
            self._add(side, self._place(side, rank), rank)
        else:
            # What is not wanted is withdrawn from the other side.
            self._withdraw(1 - side, rank)

    def _place(self, side: int, rank: int) -> int:
        """A price near the level at `rank`, often right beside it: levels come in clusters."""
        draw = self._random
        levels = self.book.sides[side]
        price = levels.price(rank)
        away = -1 if side == BID else 1
        gap = self._gap_at(rank)
        if rank and abs(price - levels.price(rank - 1)) > _HOLE_GAPS * gap:
            return levels.price(rank - 1) + away * (1 + int(draw.expovariate(1 / gap)))
        nearness = draw.random()
        if nearness < 0.3:
            return price + away * draw.choice((-1, 1, 1, 2))
        if nearness < 0.85:
            return price + away * (1 + int(draw.expovariate(1 / gap)))
        return price - away * (1 + int(draw.expovariate(1 / gap)))

    def _add(self, side: int, price: int, rank: int) -> None:
        bids, asks = self.book.sides
        price = min(price, asks.price(0) - 1) if side == BID else max(price, bids.price(0) + 1)
        self.book.change(side, max(1, price), self._size(side, rank))

    def _keep_deep(self, side: int, levels) -> None:
        """Far levels come and go beyond what any subscription shows."""
        last = levels.price(len(levels) - 1)
        if len(levels) > _MOST_LEVELS:
            self.book.change(side, last, 0)
        elif len(levels) < _FEWEST_LEVELS:
            step = 1 + int(self._random.expovariate(1 / self._gap_at(_FEWEST_LEVELS)))
            price = last - step if side == BID else last + step
            if price > 0:
                self.book.change(side, price, self._size(side, _FEWEST_LEVELS))

    def _rank(self, count: int) -> int:
        kind = self._random.random()
        for share, first, last in _WHERE:
            if kind < share:
                return min(self._random.randint(first, last), count - 1)
            kind -= share
        return count - 1

    def _rounded(self, price: float) -> int:
        ticks = round(price)
        if self._random.random() < _ROUND_PRICE_SHARE:
            unit = self._random.choice(_ROUND_TICKS)
            if unit < self._gap:
                ticks = round(price / unit) * unit
        return max(1, ticks)

    def _size(self, side: int, rank: int) -> int:
        """A size in lots: dust, a round amount, a maker's usual one, or any."""
        draw = self._random
        if self._prices.has_even_sizes:
            return self._lots(_MEDIAN_USD / self._usd * draw.uniform(*_EVEN))
        towards = self._pressure if side == BID else -self._pressure
        kind = draw.random()
        if kind < _DUST_SHARE:
            amount = draw.uniform(*_DUST_USD) / self._usd
        elif kind < _DUST_SHARE + _ROUND_SHARE:
            at = draw.gauss(5.5 + towards, 1.5)
            amount = _ROUND[max(0, min(len(_ROUND) - 1, round(at)))] * self._unit
        else:
            if kind < _DUST_SHARE + _ROUND_SHARE + _MAKER_SHARE:
                usd = draw.choice(_MAKER_USD) * draw.uniform(0.999, 1.001)
            else:
                usd = _MEDIAN_USD * math.exp(draw.gauss(0.0, _SPREAD_OF_SIZES))
            amount = usd / self._usd * math.exp(_PRESSURE_ON_SIZE * towards)
            # Deep orders are larger: they cost their owners nothing until they are reached.
            amount *= 1 + min(rank, 200) / 40
        return self._lots(amount)

    def _lots(self, amount: float) -> int:
        return max(1, round(amount * 10**self.pair.qty_decimals))
