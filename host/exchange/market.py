"""The seeded market: the books of some pairs as one source of frames in the order of time."""

import time

from host.exchange import pairs
from host.exchange.flow import Flow
from host.exchange.prices import Prices
from host.exchange.protocol import DEPTHS
from host.exchange.source import Shown, Source

DEFAULT_SEED = 1


class Market(Source):
    """A market of `symbols`: everything follows from the seed and the time it starts at.

    `start_s` in seconds since 1970, now by default. Raises UserError for an unlisted pair.
    """

    # A market goes on whether anybody looks or not.
    waits_for_subscriber = False

    def __init__(self, symbols=pairs.DEFAULT_SYMBOLS, seed=DEFAULT_SEED, start_s=None):
        self.is_now = start_s is None
        self.start_us = int((time.time() if start_s is None else start_s) * 1_000_000)
        prices = Prices(seed, self.start_us)
        self._flows = {
            pair.symbol: Flow(pair, prices, seed, self.start_us) for pair in pairs.find(symbols)
        }

    def symbols(self) -> tuple[str, ...]:
        return tuple(self._flows)

    def depths(self, symbol: str) -> tuple[int, ...]:
        return DEPTHS

    def next_us(self) -> int:
        return min(flow.next_us for flow in self._flows.values())

    def step(self, wanted) -> list[Shown]:
        symbol = min(self._flows, key=lambda name: self._flows[name].next_us)
        frames = self._flows[symbol].step(wanted.get(symbol, ()))
        return [Shown(symbol, depth, "update", frame) for depth, frame in frames.items()]

    def is_to_come(self, symbol: str) -> bool:
        return False

    def snapshot(self, symbol: str, depth: int, time_us: int) -> str:
        return self._flows[symbol].book.snapshot(depth, time_us)
