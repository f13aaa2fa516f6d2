"""What is planted in the seeded market is found with its size and lag, and nothing where nothing is."""

import numpy as np
import pytest

from host import cli
from host.errors import UserError
from host.exchange import effects
from host.exchange.effects import Effects
from host.exchange.market import Market
from host.study.gather import Quotes, Recording, Signals
from host.study.lead_lag import lead_lags
from host.study.results import ALL, PAIR, study

HORIZONS_MS = [100, 1000, 10_000]
SEEDS = (1, 2, 3)
START_S = 1_790_000_000

# What a book needs to follow its price, in steps of which each is a message.
FOLLOWS_WITHIN_MS = 200


@pytest.fixture(scope="module")
def planted(planted_feed, gathered):
    return study(gathered(planted_feed), HORIZONS_MS, 0.0)


@pytest.fixture(scope="module")
def empty(recorded, gathered):
    """Of several seeds: one alone may be lucky."""
    return [study(gathered(recorded(Effects(), seed)), HORIZONS_MS, 0.0) for seed in SEEDS]


def after(group, horizon_ms):
    (found,) = [each for each in group.outcomes if each.horizon_ms == horizon_ms]
    return found


@pytest.mark.parametrize("pair", ["BTC/USD", "ETH/USD", "BTC/EUR"])
def test_an_imbalance_that_leads_is_found_with_its_size_and_lag(planted, pair):
    (group,) = [group for group in planted.of_kind(PAIR) if group.pair == pair]
    before, then = after(group, 100), after(group, 1000)
    assert not before.holds
    assert before.gross_bps.low < 0 < before.gross_bps.high
    assert then.holds
    # 1 bps, of which the book keeps back what is less than its spread.
    assert 0.8 < then.gross_bps.value < 1.1
    assert then.hit_rate.low > 0.7
    assert then.ic.low > 0.4
    assert 500 <= group.half_after_ms <= 500 + FOLLOWS_WITHIN_MS


def test_another_size_and_lag_are_found_as_well(recorded, gathered):
    feed = recorded(Effects(imbalance_bps=-2.0, imbalance_ms=1500), seconds=600)
    found = study(gathered(feed), [1000, 3000], 0.0)
    for group in found.of_kind(PAIR):
        assert not after(group, 1000).holds
        assert after(group, 3000).holds
        assert -2.3 < after(group, 3000).gross_bps.value < -1.6
        assert after(group, 3000).ic.high < -0.4
        assert 1500 <= group.half_after_ms <= 1500 + FOLLOWS_WITHIN_MS


def test_a_pair_that_leads_is_found_with_its_lag(planted):
    leads = {(lead.first, lead.second): lead for lead in planted.leads}
    found = leads.pop(("BTC/USD", "ETH/USD"))
    assert found.leader == "BTC/USD"
    assert found.lag_ms == 400
    assert found.correlations[found.peak] > 3 * found.band[found.peak]
    assert not any(lead.is_found for lead in leads.values())


def test_the_correlations_are_numpys(gathered, planted_feed, planted):
    """By a grid of its own: the mids as they were published, carried on."""
    recording = gathered(planted_feed)
    grid = np.arange(recording.begin_ms, recording.end_ms + 1, 100)
    returns = {}
    for pair, quotes in zip(recording.pairs, recording.quotes, strict=True):
        mids = np.array([np.nan, *quotes.mids])
        row = [np.sum(quotes.times_ms <= time) for time in grid]
        returns[pair] = np.diff(np.log(mids[row]))
    (lead,) = [
        lead for lead in planted.leads if (lead.first, lead.second) == ("BTC/USD", "ETH/USD")
    ]
    for lag_ms, value in zip(lead.lags_ms, lead.correlations, strict=True):
        lag = lag_ms // 100
        first, second = returns["BTC/USD"], returns["ETH/USD"]
        first = first[: len(first) - lag] if lag >= 0 else first[-lag:]
        second = second[lag:] if lag >= 0 else second[: len(second) + lag]
        known = np.isfinite(first) & np.isfinite(second)
        expected = np.corrcoef(first[known], second[known])[0, 1]
        # numpy takes the mean of each part anew, the study that of the whole.
        assert value == pytest.approx(expected, abs=1e-3)


def test_what_jumps_in_a_gap_has_no_return():
    """Two walks that have nothing in common but a gap of 40 ms, behind which both stand higher."""
    random = np.random.default_rng(6)
    times_ms = np.arange(0, 200_000, 100) + 50
    gap = len(times_ms) // 2
    quotes = []
    for _ in range(2):
        mids = 100 * np.exp(np.cumsum(random.normal(0.0, 1e-5, len(times_ms))))
        mids[gap:] *= 1.05
        quotes.append(
            Quotes(
                np.insert(times_ms, gap, times_ms[gap] - 40),
                np.insert(mids, gap, np.nan),
                np.repeat([0, 1], [gap, len(times_ms) - gap + 1]),
            )
        )
    none = Signals(*[np.zeros(0)] * 9)
    (lead,) = lead_lags(Recording(["A", "B"], quotes, none, 50, 200_000))
    assert lead.count > 1990
    assert max(map(abs, lead.correlations)) < 0.1


def test_where_nothing_is_nothing_is_found(empty):
    outcomes = [each for one in empty for group in one.of_kind(PAIR) for each in group.outcomes]
    assert len(outcomes) == len(SEEDS) * 3 * len(HORIZONS_MS)
    assert not any(each.holds for each in outcomes)
    # Each interval holds nothing in 95 of 100 cases.
    assert sum(each.ic.low <= 0 <= each.ic.high for each in outcomes) >= 0.85 * len(outcomes)
    assert sum(each.gross_bps.low <= 0 <= each.gross_bps.high for each in outcomes) >= 0.85 * len(
        outcomes
    )
    for one in empty:
        assert len(one.leads) == 3
        assert not any(lead.is_found for lead in one.leads)


def test_what_costs_more_than_it_brings_is_not_hidden(planted, gathered, planted_feed):
    dear = study(gathered(planted_feed), HORIZONS_MS, 26.0)
    free, paid = (after(one.of_kind(ALL)[0], 1000) for one in (planted, dear))
    assert paid.gross_bps == free.gross_bps
    assert free.net_bps.value < free.gross_bps.value
    assert paid.net_bps.value == pytest.approx(free.net_bps.value - 26.0)


def test_the_same_seed_is_the_same_market_and_effects_change_only_what_they_say():
    def mids(planted):
        market = Market(seed=5, start_s=START_S, effects=planted)
        found = {symbol: [] for symbol in market.states}
        while market.next_us() < market.start_us + 20_000_000:
            market.step({})
            for symbol, state in market.states.items():
                found[symbol].append(sum(side.price(0) for side in state.book.sides) / 2)
        return found

    nothing = mids(Effects())
    assert mids(Effects()) == nothing
    led = mids(Effects(leader="BTC/USD", follower="ETH/USD"))
    assert led["BTC/USD"][0] == nothing["BTC/USD"][0]
    assert led["ETH/USD"] != nothing["ETH/USD"]
    assert mids(None) != nothing


@pytest.mark.parametrize(
    ("text", "planted"),
    [
        ("none", Effects()),
        ("imbalance=1bps@500ms", Effects(imbalance_bps=1.0, imbalance_ms=500)),
        ("lead=BTC/USD>ETH/USD@400ms", Effects(leader="BTC/USD", follower="ETH/USD")),
        (
            "imbalance=-0.5bps@20ms,lead=A>B@1000ms",
            Effects(-0.5, 20, leader="A", follower="B", lead_ms=1000),
        ),
    ],
)
def test_effects_can_be_told_in_words(text, planted):
    assert effects.parse(text) == planted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "imbalance",
        "imbalance=1bps",
        "imbalance=xbps@5ms",
        "imbalance=1bps@infms",
        "imbalance=nanbps@5ms",
        "lead=A@4ms",
        "lead=A>B@-1ms",
        "imbalance=101bps@5ms",
        "spoon=1bps@5ms",
        "none,",
    ],
)
def test_what_are_no_effects_is_said_in_one_line(text):
    with pytest.raises(UserError, match=r"none, imbalance=1bps@500ms or lead="):
        effects.parse(text)


def test_a_leader_that_is_not_there_is_named():
    with pytest.raises(UserError, match="XRP/USD cannot lead ETH/USD"):
        Market(effects=Effects(leader="XRP/USD", follower="ETH/USD"))


def test_the_exchange_takes_effects_for_its_market_only(capsys, planted_feed):
    assert cli.main(["exchange", "--effects", "spoon"]) == 2
    assert "--effects spoon: none, imbalance=1bps@500ms" in capsys.readouterr().err
    assert cli.main(["exchange", "--capture", str(planted_feed), "--effects", "none"]) == 2
    assert "not in a --capture" in capsys.readouterr().err
