"""What the market really was at any time: the measure of every price that a board believes."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from host.exchange.books import ASK, BID, Book
from host.exchange.faults.injector import Injected
from host.exchange.faults.looks import is_same
from host.exchange.market import Market
from host.exchange.source import FUTURES_V1, SPOT_V1, SPOT_V2

# A board is never further behind than so many changes of a best price.
_KEPT = 200_000
# A book that a fault tells otherwise is true again with the pair's next message after its end.
_NEXT_MESSAGE_US = 5_000_000
_TOLD_OTHERWISE = ("crossed-book", "empty-side")
# What is said first after a strike may be of a little earlier: a message has the time at which it was
# due, not the one at which a busy PC came to it.
_EARLY_US = 500_000
# A book without a side, or crossed, looks like nothing but its fault: there a PC may be later.
_EARLY_PLAIN_US = 10_000_000
# Futures tell the many changes that end a silence one by one, in an order of their own.
_TOLD_ONE_BY_ONE = (*_TOLD_OTHERWISE, "quiet-pair")
# A snapshot of v1 has the times of its levels and none of its own, which is later: levels that went
# away meanwhile leave no time.
_SNAPSHOT_US = 5_000_000
# A snapshot bears the time at which it was made; a busy PC may then have messages yet to send that were
# due before.
_STAMPED_US = 500_000
_SNAPSHOTS = ("extra-snapshot", "snapshot-twice")
# Only the last faults can matter to what is said now.
_LAST_FAULTS = 50


class WatchedMarket(Market):
    """The seeded market, which remembers its best prices; `end_us` (exchange time) is where it ends.

    They are measured as `dialect` tells them: futures say each change of a message by itself.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        seed: int,
        start_s: float | None = None,
        end_us: int | None = None,
        dialect: str = SPOT_V2,
    ):
        super().__init__(symbols, seed, start_s)
        self._end_us = end_us
        self._time_us = 0
        by_change = dialect == FUTURES_V1
        self._otherwise = _TOLD_ONE_BY_ONE if by_change else _TOLD_OTHERWISE
        self._settles_us = _SNAPSHOT_US if dialect == SPOT_V1 else 1000
        # symbol -> (time_us, best bid, best ask) in ticks, whenever one of them changed.
        self._best: dict[str, list[tuple[int, int, int]]] = {}
        for symbol, state in self.states.items():
            bids, asks = state.book.sides[BID], state.book.sides[ASK]
            self._best[symbol] = [(0, bids.price(0), asks.price(0))]
            if by_change:
                self._follow(state.book, symbol)
        products = self.products()
        self._decimals = {name: state.pair.price_decimals for name, state in self.states.items()}
        self._symbols = {name: name for name in self.states}
        self._symbols |= {name: product.symbol for name, product in products.items()}

    @property
    def now_us(self) -> int:
        """Exchange time of the message that comes next."""
        return self._next.next_us

    @property
    def has_ended(self) -> bool:
        return self._end_us is not None and self.now_us > self._end_us

    def next_us(self) -> int | None:
        return None if self.has_ended else self.now_us

    def rewind(self) -> None:
        """A market that has ended stays so for whoever comes later."""

    def step(self, wanted):
        state = self._next
        self._time_us = state.next_us
        shown = super().step(wanted)
        self._note(state.book, state.pair.symbol)
        return shown

    def _follow(self, book: Book, symbol: str) -> None:
        """Look at the book after each of its changes."""
        change = book.change

        def watched(side: int, price: int, qty: int) -> None:
            change(side, price, qty)
            self._note(book, symbol)

        book.change = watched  # type: ignore[method-assign]

    def _note(self, book: Book, symbol: str) -> None:
        best = self._best[symbol]
        bid, ask = book.sides[BID].price(0), book.sides[ASK].price(0)
        if best[-1][1] != bid or best[-1][2] != ask:
            best.append((self._time_us, bid, ask))
            if len(best) > 2 * _KEPT:
                # Another list, since somebody may be reading this one.
                self._best[symbol] = best[-_KEPT:]

    def is_true(
        self,
        name: str,
        time_ms: int,
        bid: Decimal | None,
        ask: Decimal | None,
        stamped_us: int = 0,
    ) -> bool:
        """Whether these were the best prices of `name`, in any dialect's spelling, in that ms or a time before."""
        symbol = self._symbols[name]
        told = self._ticks(symbol, bid), self._ticks(symbol, ask)
        best = self._best[symbol]
        first = bisect_right(best, (time_ms * 1000 - stamped_us,)) - 1
        last = bisect_left(best, (time_ms * 1000 + self._settles_us,))
        return any(each[1:] == told for each in best[max(first, 0) : last])

    def is_right(self, record: dict, injected: Sequence[Injected], is_first: bool = False) -> bool:
        """Whether a `book` record tells the market, or what a fault had the exchange say instead.

        `is_first` of those since the book became LIVE: that of a snapshot.
        """
        name, time_ms, bid, ask = record["p"], record["t"], record["b"], record["a"]
        if self.is_true(name, time_ms, bid, ask, _STAMPED_US if is_first else 0):
            return True
        time_us = time_ms * 1000
        is_plain = bid is None or ask is None or bid >= ask
        early_us = _EARLY_PLAIN_US if is_plain else _EARLY_US
        for fault in injected[-_LAST_FAULTS:]:
            begin_us, options = fault.exchange_us, fault.options
            if fault.name == "clock-jump":
                by_us = int(options["by_s"] * 1e6)
                within = -_EARLY_US <= time_us - by_us - begin_us <= options["seconds"] * 1e6
                if within and self.is_true(name, (time_us - by_us) // 1000, bid, ask):
                    return True
            elif fault.name in _SNAPSHOTS and is_same(name, fault.symbol):
                is_near = abs(time_us - begin_us) <= _NEXT_MESSAGE_US
                if is_near and self.is_true(name, time_ms, bid, ask, _STAMPED_US):
                    return True
            elif fault.name in self._otherwise and is_same(name, fault.symbol):
                since_us = time_us - begin_us
                if -early_us <= since_us <= options["seconds"] * 1e6 + _NEXT_MESSAGE_US:
                    return True
        return False

    def _ticks(self, symbol: str, price: Decimal | None) -> int | None:
        """A price in ticks; None for no price, and for one between two ticks."""
        if price is None:
            return None
        try:
            ticks = price.scaleb(self._decimals[symbol])
        except InvalidOperation:
            return None
        return int(ticks) if ticks == int(ticks) else None
