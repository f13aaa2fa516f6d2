"""One pair of the market as every dialect sees it: its book, its trades, its last message."""

from host.exchange.books import ASK, BID
from host.exchange.flow import Flow
from host.exchange.pairs import Pair
from host.exchange.prices import Prices
from host.exchange.tape import Tape, Trade


class PairState:
    """Steps the flow of a pair and keeps its tape; the dialects' channels only look."""

    def __init__(self, pair: Pair, prices: Prices, seed: int | str, start_us: int):
        self.pair = pair
        self.flow = Flow(pair, prices, seed, start_us)
        self.book = self.flow.book
        self.tape = Tape(pair, seed, start_us, self.book.sides[ASK].price(0))
        self.next_us = self.flow.next_us
        self.trades: list[Trade] = []
        """What was dealt in the last message."""

    def step(self, depths) -> int:
        """Make the next message, looked at to `depths`; return its time."""
        time_us = self.flow.step(depths)
        self.next_us = self.flow.next_us
        deals = self.flow.deals
        self.trades = self.tape.add(deals, time_us) if deals else []
        return time_us

    def best(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Price and size of the best bid and of the best ask."""
        bid, ask = self.book.sides[BID].best(1)[0], self.book.sides[ASK].best(1)[0]
        return bid, ask
