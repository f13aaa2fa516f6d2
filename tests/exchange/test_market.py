"""The seeded market: the same from the same seed, never crossed, and such as a trader has seen."""

import itertools
import json
from statistics import correlation, mean, pstdev

import pytest
from client_book import ClientBook

from host.errors import UserError
from host.exchange import pairs
from host.exchange.books import ASK, BID
from host.exchange.market import Market
from host.exchange.recording import record_market
from host.exchange.source import SPOT_V2, Topic

START_S = 1_790_000_000
SECONDS = 240
SAMPLE_US = 500_000


def book_of(symbol, depth=10):
    return Topic(SPOT_V2, "book", symbol, depth)


def snapshot(market, symbol, depth):
    (frame,) = market.picture(book_of(symbol, depth), 0)
    return frame


class _Story:
    """Four minutes of the default pairs: frames, and mids and imbalances twice a second."""

    def __init__(self):
        market = Market(seed=11, start_s=START_S)
        wanted = {symbol: {book_of(symbol): []} for symbol in market.symbols()}
        self.frames = {symbol: [] for symbol in wanted}
        self.mids = {symbol: [] for symbol in wanted}
        self.imbalances = {symbol: [] for symbol in wanted}
        self.crossed = 0
        self.snapshots = {symbol: snapshot(market, symbol, 10) for symbol in wanted}
        sample_us = market.start_us
        while market.next_us() < market.start_us + SECONDS * 1_000_000:
            while market.next_us() > sample_us:
                for symbol in wanted:
                    self._sample(symbol, market.states[symbol].book)
                sample_us += SAMPLE_US
            for shown in market.step(wanted):
                self.frames[shown.topic.symbol].append(shown.frame)

    def _sample(self, symbol, book):
        bids, asks = book.sides
        self.crossed += bids.price(0) >= asks.price(0)
        self.mids[symbol].append((bids.price(0) + asks.price(0)) / 2)
        bid, ask = (sum(qty for _, qty in book.sides[side].best(5)) for side in (BID, ASK))
        self.imbalances[symbol].append((bid - ask) / (bid + ask))

    def returns(self, symbol, samples):
        mids = self.mids[symbol][::samples]
        return [after / before - 1 for before, after in itertools.pairwise(mids)]


@pytest.fixture(scope="module")
def story():
    return _Story()


@pytest.mark.parametrize("symbol", pairs.DEFAULT_SYMBOLS)
def test_every_checksum_proves_and_no_book_crosses(story, symbol):
    book = ClientBook(10)
    assert book.apply(story.snapshots[symbol])
    for frame in story.frames[symbol]:
        assert book.apply(frame)
        assert not book.is_crossed()
        assert len(book.sides["bids"]) == len(book.sides["asks"]) == 10
    assert not story.crossed


def test_timestamps_rise_within_a_pair(story):
    for frames in story.frames.values():
        times = [json.loads(frame)["data"][0]["timestamp"] for frame in frames]
        assert all(before < after for before, after in itertools.pairwise(times))


def test_rates_are_those_of_kraken(story):
    rates = {symbol: len(frames) / SECONDS for symbol, frames in story.frames.items()}
    assert 12 < rates["BTC/USD"] < 35
    assert rates["BTC/USD"] > rates["ETH/USD"] > rates["BTC/EUR"] > 2
    entries = deletes = 0
    for frame in story.frames["BTC/USD"]:
        (data,) = json.loads(frame)["data"]
        entries += len(data["bids"]) + len(data["asks"])
        deletes += sum(level["qty"] == 0 for level in data["bids"] + data["asks"])
    assert 0.18 < deletes / entries < 0.32
    assert 1.3 < entries / len(story.frames["BTC/USD"]) < 1.8


def test_prices_are_those_of_the_day(story):
    usd, eth, eur = (story.mids[symbol][0] for symbol in pairs.DEFAULT_SYMBOLS)
    assert usd == pytest.approx(840_000, rel=0.01)
    assert eth == pytest.approx(310_000, rel=0.01)
    assert eur == pytest.approx(725_000, rel=0.01)


def test_pairs_move_together(story):
    usd, eth, eur = (story.returns(symbol, 4) for symbol in pairs.DEFAULT_SYMBOLS)
    assert correlation(usd, eur) > 0.5
    assert correlation(usd, eth) > 0.3


def test_bursts_and_quiet_spells(story):
    returns = story.returns("BTC/USD", 2)
    spread = pstdev(returns)
    # A random walk of one temper has a kurtosis of 3.
    assert mean((each / spread) ** 4 for each in returns) > 4
    moves = [
        sum(map(abs, returns[start : start + 10])) for start in range(0, len(returns) - 10, 10)
    ]
    assert max(moves) > 4 * min(moves)


def test_imbalance_comes_and_goes(story):
    for imbalances in story.imbalances.values():
        assert max(imbalances) > 0.5
        assert min(imbalances) < -0.5
        assert abs(mean(imbalances)) < 0.3
        # It lasts longer than a sample, or no signal could be made of it.
        assert correlation(imbalances[1:], imbalances[:-1]) > 0.3


@pytest.mark.parametrize("symbol", pairs.DEFAULT_SYMBOLS)
def test_imbalance_is_seen_before_the_move(symbol):
    """Over several seeds: one seed's four minutes are too few to see a slight thing."""
    before, after = [], []
    for seed in range(8):
        market = Market((symbol,), seed=seed, start_s=START_S)
        book = market.states[symbol].book
        mids, imbalances = [], []
        for second in range(SECONDS):
            while market.next_us() < market.start_us + second * 1_000_000:
                market.step({})
            bids, asks = book.sides
            mids.append((bids.price(0) + asks.price(0)) / 2)
            bid, ask = (sum(qty for _, qty in side.best(5)) for side in book.sides)
            imbalances.append((bid - ask) / (bid + ask))
        before += imbalances[:-2]
        after += [later / now for now, later in zip(mids, mids[2:], strict=False)]
    assert 0.05 < correlation(before, after) < 0.4


def test_books_are_deep():
    market = Market(start_s=START_S)
    for symbol in market.symbols():
        (data,) = json.loads(snapshot(market, symbol, 1000))["data"]
        assert len(data["bids"]) == len(data["asks"]) == 1000


@pytest.mark.parametrize("symbol", sorted(pairs.PAIRS))
def test_every_listed_pair_trades(symbol):
    market = Market((symbol,), start_s=START_S)
    book = ClientBook(100)
    assert book.apply(snapshot(market, symbol, 100))
    for _ in range(300):
        for shown in market.step({symbol: {book_of(symbol, 100): []}}):
            assert book.apply(shown.frame)
            assert not book.is_crossed()


def test_seed_and_start_decide(tmp_path):
    def record(name, **options):
        record_market(tmp_path / name, seconds=5, **options)
        return (tmp_path / name).read_bytes()

    assert record("a", seed=3) == record("b", seed=3)
    assert record("a.gz", seed=3) == record("b.gz", seed=3)
    assert record("a", seed=3) != record("b", seed=4)
    assert record("a", seed=3) != record("b", seed=3, start_s=START_S)


def test_who_listens_changes_nothing():
    """The frames of a pair do not depend on what else is listed or at which depths it is shown."""

    def frames(symbols, depths):
        market = Market(symbols, seed=5, start_s=START_S)
        wanted = {symbol: {book_of(symbol, depth): [] for depth in depths} for symbol in symbols}
        shown = [each for _ in range(900) for each in market.step(wanted)]
        return [each.frame for each in shown if each.topic == book_of("BTC/EUR")]

    alone, among = frames(("BTC/EUR",), (10,)), frames(pairs.DEFAULT_SYMBOLS, (10, 100))
    assert len(among) > 50
    assert alone[: len(among)] == among


def test_unknown_pair():
    with pytest.raises(UserError, match="unknown pair 'XBT/USD'"):
        Market(("XBT/USD",))
    with pytest.raises(UserError, match="twice"):
        Market(("BTC/USD", "BTC/USD"))
