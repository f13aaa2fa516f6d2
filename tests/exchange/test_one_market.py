"""One market, one truth: whoever listens in whatever dialect holds the same book at any moment."""

from decimal import Decimal

import pytest
from client_book import ClientBook
from client_book_futures import ClientBookFutures
from client_book_v1 import ClientBookV1
from ear import Ear

from host.exchange.futures_v1_channels import LEVELS
from host.exchange.rest import Rest

DEPTH = 10
SECONDS = 180
# v1 tells what happens within so short a time in one message.
TOGETHER_US = 200


class Story:
    """Three minutes of BTC/USD followed in four ways at once, compared whenever all have spoken."""

    def __init__(self):
        v2 = Ear(symbols=("BTC/USD", "DOGE/USD"))
        engine = v2.engine
        v1, futures = Ear("spot_v1", engine), Ear("futures_v1", engine)
        v2.ask({"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"]}})
        book = {"name": "book", "depth": DEPTH}
        v1.ask({"event": "subscribe", "pair": ["XBT/USD"], "subscription": book})
        futures.ask({"event": "subscribe", "feed": "book", "product_ids": ["PF_XBTUSD"]})
        futures.ask({"event": "subscribe", "feed": "book", "product_ids": ["PI_XBTUSD"]})
        self.v2, self.v1 = ClientBook(DEPTH), ClientBookV1(DEPTH)
        self.linear, self.inverse = ClientBookFutures(), ClientBookFutures()
        self.wrong = self.differing = self.compared = self.v1_frames = 0
        ears = (v2, v1, futures)
        end_us = engine.start_us + SECONDS * 1_000_000
        while engine.next_us() < end_us:
            time_us = engine.next_us()
            engine.step()
            for ear in ears:
                for _, frame in ear.heard:
                    self.wrong += not self._apply(frame)
                ear.heard.clear()
            if self.inverse.seq and engine.next_us() - time_us > TOGETHER_US:
                self.compared += 1
                self.differing += not self._is_same()

    def _apply(self, frame):
        if frame.startswith('{"channel":"book"'):
            return self.v2.apply(frame)
        if frame.startswith("["):
            self.v1_frames += 1
            return self.v1.apply(frame)
        if frame.startswith('{"feed":"book'):
            return (self.linear if "PF_" in frame else self.inverse).apply(frame)
        return True

    def _is_same(self):
        """Prices and sizes; of the inverse one, whose sizes are dollars, the prices."""
        for name, v1_name, side in (("bids", "b", "buy"), ("asks", "a", "sell")):
            held = self.v2.sides[name]
            levels = [(price, Decimal(held[price][1])) for price in self.v2.ordered(name)]
            linear = self.linear.levels(side)
            inverse = self.inverse.levels(side)
            if not levels == self.v1.levels(v1_name) == linear[:DEPTH]:
                return False
            if [price for price, _ in linear] != [price for price, _ in inverse]:
                return False
            if len(linear) != LEVELS:
                return False
        return True


@pytest.fixture(scope="module")
def story():
    return Story()


def test_every_checksum_and_every_sequence_number_proves(story):
    assert story.wrong == 0
    assert story.v1_frames > 2000


def test_the_books_are_the_same(story):
    assert story.compared > 4000
    assert story.differing == 0


def test_v1_says_now_and_then_what_v1_says(story):
    """Levels that come back with their old time, and messages about both sides."""
    assert story.v1.republished > 100
    assert 0 < story.v1.two_sided < story.v1_frames / 50


def test_the_inverse_future_counts_dollars(story):
    for side in ("buy", "sell"):
        for (price, qty), (_, dollars) in zip(
            story.linear.levels(side), story.inverse.levels(side), strict=True
        ):
            assert dollars == max(1, int(price * qty))


def test_who_listens_in_another_dialect_changes_nothing():
    """The v2 frames are the same whether or not v1 and the futures are listened to."""

    def frames(others):
        ear = Ear()
        for dialect, request in others:
            Ear(dialect, ear.engine).ask(request)
        ear.ask({"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"]}})
        return ear.listen(20)

    subscription = {"name": "book", "depth": 1000}
    others = [
        ("spot_v1", {"event": "subscribe", "pair": ["XBT/USD"], "subscription": subscription}),
        ("futures_v1", {"event": "subscribe", "feed": "book", "product_ids": ["PI_XBTUSD"]}),
        ("futures_v1", {"event": "subscribe", "feed": "ticker", "product_ids": ["PI_XBTUSD"]}),
    ]
    assert frames([]) == frames(others)
    assert len(frames([])) > 200


@pytest.mark.parametrize("depth", [10, 25, 100])
@pytest.mark.parametrize("symbol", ["ETH/USD", "DOGE/USD", "EUR/USD", "ETH/BTC"])
def test_v1_proves_at_every_depth_and_precision(symbol, depth):
    ear = Ear("spot_v1", symbols=(symbol,))
    name = symbol.replace("BTC", "XBT").replace("DOGE", "XDG")
    book = ClientBookV1(depth)
    subscription = {"name": "book", "depth": depth}
    ear.ask({"event": "subscribe", "pair": [name], "subscription": subscription})
    frames = [frame for frame in ear.listen(40) if frame.startswith("[")]
    assert len(frames) > 60
    for frame in frames:
        assert book.apply(frame), frame


def test_v1_and_v2_have_checksums_of_their_own():
    """The same book printed with other decimals: v1's checksum is over v1's strings."""
    ear = Ear(symbols=("BTC/USD",))
    v1 = Ear("spot_v1", ear.engine)
    ear.ask({"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"]}})
    v1.ask({"event": "subscribe", "pair": ["XBT/USD"], "subscription": {"name": "book"}})
    ear.listen(1)
    mine, theirs = ClientBook(10), ClientBookV1(10)
    for _, frame in ear.heard:
        if frame.startswith('{"channel":"book"'):
            assert mine.apply(frame)
    for _, frame in v1.heard:
        if frame.startswith("["):
            assert theirs.apply(frame)
    assert mine.checksum() != theirs.checksum()


def test_rest_depth_is_the_book_too():
    ear = Ear(symbols=("BTC/USD",))
    engine = ear.engine
    ear.ask({"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"]}})
    book = ClientBook(10)
    for frame in ear.listen(5):
        if frame.startswith('{"channel":"book"'):
            assert book.apply(frame)
    body = Rest(engine, engine.source).answer("Depth", {"pair": "XBTUSD", "count": "10"}, 0)
    for name in ("asks", "bids"):
        prices = [f"{price:.5f}" for price in book.ordered(name)]
        assert [f'["{price}"' in body for price in prices] == [True] * 10
