"""The estimates of a study against scipy, brute force, and markets where nothing is to be found."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from host.study import estimates

values = st.lists(st.integers(-5, 5).map(float), min_size=3, max_size=40)


@given(values)
def test_ranks_are_those_of_scipy(numbers):
    ours = estimates.ranks(np.array(numbers))
    assert ours.tolist() == stats.rankdata(numbers).tolist()


@given(st.data())
def test_the_rank_correlation_is_scipys(data):
    first = np.array(data.draw(values))
    second = np.array(data.draw(st.permutations(first.tolist())))
    times_ms = np.arange(len(first)) * 5000.0
    ours = estimates.rank_correlation(first, second, times_ms, 1000.0)
    if len(set(first.tolist())) == 1:
        assert ours is None
    else:
        assert ours.value == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-12)
        assert ours.low <= ours.value <= ours.high


@given(st.integers(1, 3000), st.data())
def test_wilsons_interval_is_scipys(count, data):
    hits = data.draw(st.integers(0, count))
    theirs = stats.binomtest(hits, count).proportion_ci(method="wilson")
    ours = estimates.wilson(hits / count, count)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.floats(-9, 9)), min_size=2, max_size=40),
    st.integers(1, 15_000),
)
def test_the_long_run_variance_is_the_double_sum_over_all_pairs(rows, reach):
    rows.sort()
    times_ms = np.array([time for time, _ in rows], float)
    deviations = np.array([value for _, value in rows])
    given_values = deviations.copy()
    deviations -= deviations.mean()
    distance = np.abs(times_ms[:, None] - times_ms[None, :])
    weights = np.maximum(0, 1 - distance / reach)
    expected = deviations @ weights @ deviations / len(rows)
    found = estimates.long_run_variance(given_values, times_ms, reach)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_evenly_spaced_it_is_the_variance_of_newey_and_west():
    noise = np.random.default_rng(1).normal(size=500)
    series = noise[1:] + 0.8 * noise[:-1]
    lags = 6
    deviations = series - series.mean()
    covariance = [deviations[lag:] @ deviations[: len(series) - lag] for lag in range(lags)]
    expected = covariance[0] + 2 * sum(
        (1 - lag / lags) * covariance[lag] for lag in range(1, lags)
    )
    found = estimates.long_run_variance(series, np.arange(len(series)) * 100.0, lags * 100.0)
    assert found == pytest.approx(expected / len(series))


def test_far_apart_the_interval_of_a_correlation_is_fishers():
    random = np.random.default_rng(2)
    first = random.normal(size=4000)
    second = 0.3 * first + random.normal(size=4000)
    times_ms = np.arange(4000) * 10_000.0
    found = estimates.rank_correlation(first, second, times_ms, 1.0)
    half = 1.96 / math.sqrt(4000)
    middle = math.atanh(found.value)
    assert found.low == pytest.approx(math.tanh(middle - half), abs=0.004)
    assert found.high == pytest.approx(math.tanh(middle + half), abs=0.004)
    assert estimates.chance_of(found) < 1e-12


def walk_and_mood(random, seconds, horizon_s):
    """A mood that lasts about 5 s, asked twice a second, and how a walk that ignores it goes on."""
    count = random.poisson(seconds * 0.5)
    times_s = np.sort(random.uniform(0, seconds, count))
    kept = np.exp(-np.diff(times_s, prepend=-100.0) / 5.0)
    mood = np.zeros(count)
    for at in range(count):
        mood[at] = kept[at] * mood[at - 1] + math.sqrt(1 - kept[at] ** 2) * random.normal()
    walk = np.cumsum(random.normal(size=10 * (seconds + horizon_s) + 1))
    move = walk[((times_s + horizon_s) * 10).astype(int)] - walk[(times_s * 10).astype(int)]
    return mood, move, times_s * 1000


def test_where_nothing_is_the_interval_holds_nothing_as_often_as_it_says():
    random = np.random.default_rng(3)
    held = {"ic": 0, "mean": 0, "share": 0, "as if apart": 0}
    tries = 300
    for _ in range(tries):
        mood, move, times_ms = walk_and_mood(random, 900, 10)
        gross = np.sign(mood) * move
        reach = estimates.reach_ms(10_000)
        ic = estimates.rank_correlation(mood, move, times_ms, reach)
        naive = estimates.rank_correlation(mood, move, times_ms, 1e-3)
        mean = estimates.mean(gross, times_ms, reach)
        share = estimates.share(gross > 0, times_ms, reach)
        held["ic"] += ic.low <= 0 <= ic.high
        held["mean"] += mean.low <= 0 <= mean.high
        held["share"] += share.low <= 0.5 <= share.high
        held["as if apart"] += naive.low <= 0 <= naive.high
    # 95 % are promised; what takes overlapping outcomes for independent ones keeps no such promise.
    assert min(held["ic"], held["mean"], held["share"]) >= 0.90 * tries, held
    assert held["as if apart"] < 0.80 * tries, held


@given(st.lists(st.integers(1, 2000), max_size=12))
def test_holms_procedure_holds_what_its_adjusted_chances_say(ten_thousandths):
    # Whole numbers, so that nothing hangs on the last digit; 499.5 of them are the level.
    held = estimates.holds_among([each / 10_000 for each in ten_thousandths], 0.04995)
    for at, chance in enumerate(ten_thousandths):
        adjusted = [
            each * sum(other >= each for other in ten_thousandths)
            for each in ten_thousandths
            if each <= chance
        ]
        assert held[at] == (max(adjusted) < 499.5)


def test_outcomes_that_overlap_are_no_sample():
    together = np.arange(1000.0)
    assert not estimates.are_enough(together, 1000)
    assert estimates.are_enough(together * 1000, 1000)
    assert not estimates.are_enough(together[:29] * 1000, 1)
