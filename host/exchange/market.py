"""The seeded market: some pairs as one source of frames in the order of time, in every dialect."""

import time
from operator import attrgetter
from typing import Any

from host.exchange import futures_v1_channels, listing, pairs, spot_v1_channels, spot_v2_channels
from host.exchange.effects import Effects, prices_of
from host.exchange.pair_state import PairState
from host.exchange.prices import Prices
from host.exchange.protocol import DEPTHS
from host.exchange.source import FUTURES_V1, SPOT_V1, SPOT_V2, Shown, Source, Topic

DEFAULT_SEED = 1

_CHANNELS = {
    SPOT_V2: spot_v2_channels.CHANNELS,
    SPOT_V1: spot_v1_channels.CHANNELS,
    FUTURES_V1: futures_v1_channels.CHANNELS,
}


class Market(Source):
    """A market of `symbols`: everything follows from the seed and the time it starts at.

    `start_s` in seconds since 1970, now by default. With `effects` the pairs have nothing in
    common, and nothing in them foretells a price, but for those effects. Raises UserError for an
    unlisted pair.
    """

    # A market goes on whether anybody looks or not.
    waits_for_subscriber = False
    dialects = (SPOT_V2, SPOT_V1, FUTURES_V1)

    def __init__(
        self,
        symbols=pairs.DEFAULT_SYMBOLS,
        seed=DEFAULT_SEED,
        start_s=None,
        effects: Effects | None = None,
    ):
        self.is_now = start_s is None
        self.start_us = int((time.time() if start_s is None else start_s) * 1_000_000)
        listed = pairs.find(symbols)
        planted = prices_of(listed, seed, self.start_us, effects) if effects else {}
        shared = Prices(seed, self.start_us)
        self.states = {
            pair.symbol: PairState(pair, planted.get(pair.symbol, shared), seed, self.start_us)
            for pair in listed
        }
        """What REST looks at: each pair as it is."""
        products = listing.products(self.states, self.start_us)
        self._futures = {
            name: futures_v1_channels.Future(product, self.states[product.symbol], seed)
            for name, product in products.items()
        }
        self._next = self._find_next()
        self._wanted: dict | None = None
        # symbol -> the depths to look at, and the channels that make frames of what is seen.
        self._focus: dict[str, tuple[tuple[int, ...], tuple]] = {}
        self._channels: dict[Topic, Any] = {}

    def symbols(self) -> tuple[str, ...]:
        return tuple(self.states)

    def products(self) -> dict[str, listing.Product]:
        return {name: future.product for name, future in self._futures.items()}

    def depths(self, symbol: str) -> tuple[int, ...]:
        return DEPTHS

    def serves(self, channel: str) -> bool:
        return channel in spot_v2_channels.CHANNELS or channel == "instrument"

    def next_us(self) -> int:
        return self._next.next_us

    def step(self, wanted) -> list[Shown]:
        if wanted is not self._wanted:
            self._look_at(wanted)
        state = self._next
        depths, channels = self._focus.get(state.pair.symbol, ((), ()))
        time_us = state.step(depths)
        self._next = self._find_next()
        return [
            Shown(channel.topic, "update", frame)
            for channel in channels
            for frame in channel.frames(time_us)
        ]

    def is_to_come(self, topic: Topic) -> bool:
        return False

    def picture(self, topic: Topic, time_us: int) -> list[str]:
        if not topic.symbol:
            return [spot_v2_channels.instrument_snapshot(self.states)]
        channel = self._channels.get(topic) or self._channel(topic)
        return channel.picture(time_us)

    def _find_next(self) -> PairState:
        return min(self.states.values(), key=attrgetter("next_us"))

    def _look_at(self, wanted) -> None:
        """Keep the channels that are still wanted: some remember what they said last."""
        self._wanted = wanted
        self._focus = {}
        channels = {}
        for symbol, topics in wanted.items():
            if symbol not in self.states:
                continue
            chosen = [self._channels.get(topic) or self._channel(topic) for topic in topics]
            channels.update({channel.topic: channel for channel in chosen})
            depths = {channel.depth for channel in chosen if channel.depth}
            self._focus[symbol] = tuple(sorted(depths)), tuple(chosen)
        self._channels = channels

    def _channel(self, topic: Topic):
        kind = _CHANNELS[topic.dialect][topic.channel]
        if topic.dialect == FUTURES_V1:
            return kind(self._futures[topic.option], topic)
        return kind(self.states[topic.symbol], topic)
