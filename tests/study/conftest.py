"""Recordings of the seeded market with and without effects planted in it."""

import pytest

from host import captures
from host.exchange.effects import Effects
from host.exchange.recording import record_market
from host.study.gather import engine_for, gather

MINUTES = 15


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """`recorded(effects, seed=1, seconds=900)` is the path of such a recording of three pairs."""
    made = {}

    def record(effects, seed=1, seconds=MINUTES * 60):
        key = effects, seed, seconds
        if key not in made:
            made[key] = tmp_path_factory.mktemp("feed") / "market.feed"
            record_market(made[key], seed=seed, seconds=seconds, effects=effects)
        return made[key]

    return record


@pytest.fixture(scope="session")
def gathered():
    """`gathered(path, ...)` is what a study has to go by."""

    def read(*paths):
        feed = [captures.open_bytes(path) for path in paths]
        recording, complaint = gather(engine_for(), feed, lambda done: None)
        assert complaint is None
        return recording

    return read


@pytest.fixture(scope="session")
def planted_feed(recorded):
    """Imbalance leads the mid by 1 bps after 500 ms, and BTC/USD leads ETH/USD by 400 ms."""
    return recorded(Effects(imbalance_bps=1.0, leader="BTC/USD", follower="ETH/USD"))


@pytest.fixture(scope="session")
def empty_feed(recorded):
    """Nothing leads anything."""
    return recorded(Effects())
