"""Correlation and lead-lag of every two pairs are those of numpy, whatever the window, the gaps and the trend."""

import math

import meaning_reference as reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meaning_feeds import from_returns, seeded, walks
from meaning_run import player, story

GAP, CARRIED = 0, None
_CLOSE = 0.002
_TIE = 0.0005  # lags that are so near to each other may be told either way
_FEWEST = 8  # returns of which something is said


def assert_links(steps, rounds, window):
    """Every link of every round, held against the returns that both pairs have since the last gap of either."""
    columns = list(zip(*rounds, strict=True))
    returns = [reference.log_returns(column) for column in columns]
    returns = [np.clip(row, -reference.LONGEST, reference.LONGEST) for row in returns]
    for (pair, other), link in steps[0].links.items():
        both = returns[other] + returns[pair]  # nan where one is
        for n, inside in enumerate(reference.windows(both, window)):
            link = steps[n].links[pair, other]
            count = len(inside)
            assert link.count == count
            if count < _FEWEST:
                assert (link.correlation, link.led, link.lag) == (0, 0, 0)
                continue
            x, y = (returns[k][n + 1 - count : n + 1] for k in (other, pair))
            assert_link(link, x, y)


def assert_link(link, x, y):
    every = reference.cross_correlation(x, y)
    largest = max(map(abs, every.values()))
    per_product = every[link.lag] * len(x) / (len(x) - abs(link.lag))
    assert link.correlation == pytest.approx(reference.correlation(x, y), abs=_CLOSE)
    assert link.led == pytest.approx(max(-1, min(1, per_product)), abs=_CLOSE)
    assert abs(every[link.lag]) >= largest - _TIE


@pytest.mark.parametrize("window", [20, 50, 100, 500])
def test_the_matrix_is_numpys(run_native, market, window):
    assert_links(run_native(story(market, window)), market, window)


def test_the_matrix_on_every_runtime(run):
    rounds = walks(11, 60, (1e-4, 2e-3, 5e-6), mix=_related)
    rounds[25][1] = rounds[26][1] = GAP
    assert_links(run(story(rounds, 20)), rounds, 20)


def _related(noise):
    first, second, third = noise
    return [
        first,
        [0.8 * a + 0.6 * b for a, b in zip(first, second, strict=True)],
        [c - 0.5 * a for a, c in zip([0, 0, *first], third, strict=False)],
    ]


def test_eight_pairs_have_28_links(run_native):
    symbols = (
        "BTC/USD", "ETH/USD", "BTC/EUR", "ETH/EUR", "SOL/USD", "XRP/USD", "ADA/USD", "ETH/BTC",
    )  # fmt: skip
    rounds = seeded(symbols, seconds=20, seed=3)
    steps = run_native(story(rounds))
    assert len(steps[-1].links) == 28
    assert_links(steps, rounds, 100)


@pytest.mark.parametrize("lag", range(-3, 4))
@pytest.mark.parametrize("sign", [1, -1])
def test_who_leads_and_by_how_much(run, lag, sign):
    """The second pair is the first one's, 0.9 of it, so many samples later."""

    def late(noise):
        first, second = noise
        shifted = [first[n - lag] if 0 <= n - lag < len(first) else 0.0 for n in range(len(first))]
        own = math.sqrt(1 - 0.9**2)
        return [first, [sign * 0.9 * a + own * b for a, b in zip(shifted, second, strict=True)]]

    last = run(story(walks(lag + 50, 150, (1e-4, 3e-4), mix=late)))[-1].links[1, 0]
    assert last.lag == lag
    assert last.led == pytest.approx(0.9 * sign, abs=0.1)
    if lag:
        assert abs(last.correlation) < 0.4


def test_the_same_and_its_mirror(run):
    """A pair that does all that the other does; one that does the opposite; one that stands still."""
    noise = [1e-4 * math.sin(n * n) for n in range(60)]
    rows = [noise, [3 * move for move in noise], [0 - move for move in noise], [0.0] * 60]
    rounds = from_returns(rows, (97_000.0, 0.01, 55.0, 2.0), (None, None, None, 2))
    links = run(story(rounds, 20))[-1].links
    assert links[1, 0].correlation == links[1, 0].led == pytest.approx(1, abs=0.0003)
    assert links[2, 0].correlation == links[2, 0].led == pytest.approx(-1, abs=0.0003)
    assert links[1, 0].lag == links[2, 0].lag == 0
    assert (
        {links[3, n].correlation for n in range(3)} == {links[3, n].led for n in range(3)} == {0}
    )


def test_a_gap_of_either_begins_anew(run):
    rounds = walks(5, 40, (1e-4, 1e-4))
    rounds[24][0] = GAP
    counts = [step.links[1, 0].count for step in run(story(rounds, 20))]
    assert counts == [0, *range(1, 20), 20, 20, 20, 20, 0, 0, *range(1, 15)]


def test_a_trend_is_no_correlation(run_native):
    """Both rise by as much as they stray; Pearson's is about what is left without the means."""
    noise = walks(9, 400, (1e-4, 1e-4, 1e-4))
    assert_links(run_native(story(noise)), noise, 100)

    def rising(rows):
        return [[value + 1 for value in row] for row in rows]

    risen = walks(9, 400, (1e-4, 1e-4, 1e-4), mix=rising)
    steps = run_native(story(risen))
    assert_links(steps, risen, 100)
    last = steps[-1].links.values()
    assert max(abs(link.correlation) for link in last) < 0.4


def test_sums_of_products_do_not_drift(run_native):
    """Long after the wildest there was, a link knows exactly what it would know without."""
    calm = walks(21, 160, (2e-6, 2e-6, 2e-6), starts=(50.0, 3.0, 0.5), decimals=(9, 9, 9))
    wild = walks(22, 900, (3e-2, 1e-5, 1e-9), starts=(50.0, 3.0, 0.5), decimals=(None,) * 3)
    after = run_native(story(wild + calm))[-1]
    without = run_native(story(calm))[-1]
    assert after.links == without.links


returns = st.integers(-1000, 1000) | st.sampled_from([0, 0, 0, 1, -1, 10**6, -(10**6)])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(returns, returns), min_size=25, max_size=60),
    st.integers(-1000, 1000),
    st.sampled_from([1e-8, 1e-6]),
)
def test_any_two_series_are_numpys(moves, trend, size):
    rows = [[size * move for move, _ in moves], [size * (move + trend) for _, move in moves]]
    rounds = from_returns(rows, (97_000.0, 0.03), (None, None))
    told = story(rounds, 20)
    steps = player("native")(told)
    assert steps == player("checked")(told)
    # Held against the returns that it had: what their last digit does to prices that hardly move
    # is not the question here.
    had = np.array([[pair.units for pair in step.pairs] for step in steps], dtype=float).T
    for n in range(21, len(steps)):
        inside = had[:, n - 19 : n + 1]
        strayed = inside.std(axis=1)
        if (strayed > 0.05 * abs(inside.mean(axis=1))).all():
            assert_link(steps[n].links[1, 0], *inside)
