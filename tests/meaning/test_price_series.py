"""The sampled series: log-returns, volatility and momentum are those of float64, gaps are gaps, sums do not drift."""

import math

import meaning_reference as reference
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from meaning_feeds import from_returns
from meaning_run import player, story

GAP = 0
CARRIED = None
_UNIT = reference.UNIT
_CLOSE = 0.001  # what a volatility may be off
_UNITS_BPS = 2 * _UNIT * 10_000  # what a moving average may be off besides


def one(*prices):
    """The rounds of a single pair, of prices as they are printed."""
    return [[price_of(price) if isinstance(price, str) else price] for price in prices]


def price_of(text):
    whole, _, fraction = text.partition(".")
    return [*divmod(int(whole + fraction), 10**9), len(fraction)]


def units(run, *prices, window=20):
    """The returns after every round, and how many the window has."""
    steps = run(story(one(*prices), window))
    return [step.pairs[0].units for step in steps], [step.pairs[0].run for step in steps]


def assert_returns(steps, rounds):
    """Every return is right to 1.5 units and 2 * 10**-7 of itself, or as far as any is told apart."""
    for pair in range(len(rounds[0])):
        truth = reference.log_returns([prices[pair] for prices in rounds])
        for step, wanted in zip(steps, truth, strict=True):
            if math.isnan(wanted):
                assert step.pairs[pair].units == step.pairs[pair].run == 0
                continue
            wanted = max(min(wanted, reference.LONGEST), -reference.LONGEST) / _UNIT
            assert abs(step.pairs[pair].units - wanted) <= 1.5 + 2e-7 * abs(wanted)


def test_returns_are_logarithms(run_native, market):
    assert_returns(run_native(story(market)), market)


@pytest.mark.parametrize("window", [20, 100, 500])
def test_volatility_is_that_of_float64(run_native, market, window):
    steps = run_native(story(market, window))
    for pair in range(len(market[0])):
        returns = reference.log_returns([prices[pair] for prices in market])
        fast, slow = (reference.averages(returns, shift) for shift in (4, 10))
        windows = reference.windows(returns, window)
        for step, inside, quick, lasting in zip(steps, windows, fast, slow, strict=True):
            found = step.pairs[pair]
            wanted = reference.root_mean_square(inside) * 10_000
            assert found.run == len(inside)
            assert found.volatility == pytest.approx(wanted, rel=_CLOSE)
            assert found.fast == pytest.approx(quick * 10_000, rel=_CLOSE, abs=_UNITS_BPS)
            assert found.slow == pytest.approx(lasting * 10_000, rel=_CLOSE, abs=_UNITS_BPS)


@pytest.mark.parametrize("window", [20, 100])
def test_momentum_is_twice_what_a_random_walk_would_stray(run_native, market, window):
    steps = run_native(story(market, window))
    for pair in range(len(market[0])):
        returns = reference.log_returns([prices[pair] for prices in market])
        for step, inside in zip(steps, reference.windows(returns, window), strict=True):
            whole, limit = inside.sum(), 2 * math.sqrt((inside**2).sum())
            if abs(abs(whole) - limit) > limit * _CLOSE or not limit:
                wanted = int(math.copysign(1, whole)) if limit and abs(whole) >= limit else 0
                assert step.pairs[pair].momentum == wanted


@pytest.mark.parametrize(("drift", "wanted"), [(3e-6, 1), (-3e-6, -1), (0.0, 0)])
def test_momentum_of_a_drift(run, drift, wanted):
    """100 steps of 0.03 bps against noise of 0.1 bps."""
    noise = [1e-5 * (-1) ** n for n in range(130)]
    steps = run(story(from_returns([[drift + move for move in noise]], decimals=(6,))))
    assert steps[-1].pairs[0].momentum == wanted


def test_a_percent_up_and_down_again(run):
    up = pytest.approx(math.log(1.01) / _UNIT, rel=1e-7)
    *begin, down = units(run, "100.00", "101.00", "101.00", "100.00")[0]
    assert [*begin, 0 - down] == [0, up, 0, up]


def test_a_carried_price_is_a_return_of_zero(run):
    found, inside = units(run, "97234.5", CARRIED, CARRIED, "97234.55", CARRIED)
    assert [bool(value) for value in found] == [False, False, False, True, False]
    assert inside == [0, 1, 2, 3, 4]


def test_a_gap_is_a_gap(run):
    """No return spans it, and the window begins anew behind it."""
    found, inside = units(run, "100.0", "100.1", GAP, GAP, "105.0", "105.1", CARRIED)
    assert [bool(value) for value in found] == [False, True, False, False, False, True, False]
    assert inside == [0, 1, 0, 0, 0, 1, 2]


def test_no_mid_is_a_gap(run):
    nothing = [0, 0, -1]
    assert units(run, "100.0", "100.1", nothing, CARRIED, "100.1", "100.2")[1] == [
        0,
        1,
        0,
        0,
        0,
        1,
    ]
    assert units(run, "100.0", "0.0", "100.1", "100.2")[1] == [0, 0, 0, 1]


def test_a_gap_leaves_the_averages_as_they_are(run):
    steps = run(story(one(*["100.0", "100.1"] * 20, GAP, GAP, "250.0")))
    before, after = steps[39].pairs[0], steps[-1].pairs[0]
    assert (after.fast, after.slow) == (before.fast, before.slow)
    assert before.volatility > 0 and after.volatility == after.momentum == after.moves == 0


def test_other_decimals_are_no_move(run):
    same = ["97234.5", "97234.50", "97234.500000000", "97234.5", "97234.50000000000", "97234.5"]
    assert units(run, *same)[0] == [0] * 6
    assert units(run, "123456789012345678", "123456789012345678", "1.0")[0][1] == 0
    longest = ["99999999.9999999999", "100000000", "99999999.9999999999"]
    assert units(run, *longest)[0] == [0, 0, 0]


def test_what_is_farther_than_told_apart(run):
    most = 1_073_700_000
    assert units(run, "0.00000001", "10000000", "0.00000001")[0] == [0, most, 0 - most]
    almost = pytest.approx(math.log(1.0551) / _UNIT, rel=2e-7)
    assert units(run, "100.00", "105.51", "100.00", "105.52")[0][1::2] == [almost, most]


@pytest.mark.parametrize("window", [20, 100])
def test_sums_do_not_drift(run_native, window):
    """However wild it was, a window of carried prices is exactly nothing."""
    wild = ["0.00000001", "10000000", "5.123456789012345", "5.1234567890123", "77"] * 400
    steps = run_native(story(one(*wild, *[CARRIED] * window), window))
    assert steps[-2].pairs[0].volatility > 0
    last = steps[-1].pairs[0]
    assert (last.volatility, last.momentum, last.moves, last.run) == (0, 0, 0, window)


def test_the_last_word_of_the_averages_is_nothing(run_native):
    steps = run_native(story(one("100.0", "104.0", *[CARRIED] * 700), 20))
    assert steps[-1].pairs[0].fast <= _UNITS_BPS < steps[-1].pairs[0].slow


# Held against float64 wherever prices lie.

_LIMIT = 10**18 - 1


@st.composite
def rounds_of(draw, most_pairs=2, most=40):
    """Prices from 0.00000001 to 10,000,000, printed with ever other decimals: walks, jumps, gaps."""
    pairs = draw(st.integers(1, most_pairs))
    levels = [draw(st.integers(1, 10**15)) for _ in range(pairs)]  # in 10**-8
    moves = st.sampled_from([0, 1, 30, 10**3, 10**5, 10**6, 10**8])
    rounds = []
    for _ in range(draw(st.integers(2, most))):
        prices = []
        for pair in range(pairs):
            size = draw(moves)  # in 10**-8 of the price
            away = draw(st.integers(-size, size)) * levels[pair]
            levels[pair] = min(max(levels[pair] + away // 10**8, 1), 10**15)
            decimals = draw(st.sampled_from([8, 8, 8, 10, 17]))
            value = levels[pair] * 10 ** (decimals - 8)
            told = [*divmod(min(value, _LIMIT), 10**9), decimals]
            prices.append(draw(st.sampled_from([told] * 8 + [CARRIED, GAP])))
        rounds.append(prices)
    return rounds


@settings(max_examples=100, deadline=None)
@example(one("0.00000001", "10000000", "0.00000001"), 20)
@given(rounds_of(), st.sampled_from([20, 33, 500]))
def test_any_walk_is_float64s(rounds, window):
    told = story(rounds, window)
    steps = player("checked")(told)
    assert steps == player("native")(told)
    # What was printed is what counts, so that a cut price has to be cut for both.
    assert_returns(steps, rounds)


limbs = st.integers(0, 10**9 - 1)
wild = st.tuples(limbs, limbs, st.integers(-1, 30)).map(list) | st.sampled_from([CARRIED, GAP])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(wild, wild, wild).map(list), min_size=1, max_size=60))
def test_whatever_is_published_nothing_overflows(rounds):
    told = story(rounds, 20)
    assert player("checked")(told) == player("native")(told)


@pytest.mark.parametrize(
    "moves",
    [
        pytest.param([0.0536], id="up"),
        pytest.param([-0.0536], id="down"),
        pytest.param([0.06, -0.06], id="up and down"),
        pytest.param([0.06, 1e-9, -0.06], id="now and then"),
        pytest.param([0.06] * 250 + [-0.06] * 250, id="there and back"),
    ],
)
@pytest.mark.parametrize("along", [1, -1])
def test_the_wildest_of_the_longest_windows(moves, along):
    """500 returns as far as any is told apart fill every sum as far as it can be."""
    row = [moves[n % len(moves)] for n in range(600)]
    rows = [row, [along * move for move in row]]
    starts = [1e-8 if sum(row) > 0 else 1e7 for row in rows]
    told = story(from_returns(rows, starts, (None, None)), 500)
    steps = player("checked")(told)
    assert steps == player("native")(told)
    assert steps[-1].pairs[0].volatility > 400
    if len(moves) > 1:
        assert steps[-1].links[1, 0].correlation == pytest.approx(along, abs=0.002)
