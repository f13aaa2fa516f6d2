"""The delta watch: what is too far since the last look, held against fractions; on every runtime."""

import json
from fractions import Fraction

import pytest
from drawing import drawn
from hypothesis import example, given, settings
from hypothesis import strategies as st
from programs.watch_cases import LIVE, play
from runtimes import on_board

from firmware.kernels.watch import watch
from host.runtimes.checked import checked

_CHECKED = checked(watch)
_PERIOD = 1 << 30  # of the ticks
_WHOLE = 100_000  # a threshold's parts
STALE = 2
_EVERY_MS = 50
_COARSEST = Fraction(1, 10**6)  # seven digits are left of a price at least
_MOST = 999_999_999


@pytest.fixture(scope="session", params=["checked", "native", "board"])
def run(request):
    """`run(story)` on each runtime in turn, see programs/watch_cases.py."""
    if request.param == "board":
        request.getfixturevalue("board_model")
        return lambda story: json.loads(*on_board("watch_cases.py", [json.dumps(story)]))
    kernel = _CHECKED if request.param == "checked" else watch
    return lambda story: play(kernel, story)


def price(text):
    """[hi, lo, decimals] of a number as it is printed."""
    whole, _, fraction = text.partition(".")
    return [*divmod(int(whole + fraction), 10**9), len(fraction)]


def looks(*mids, start=1000, every_ms=_EVERY_MS):
    """A LIVE book's, one after the other; None is a look at which nothing new was published."""
    return [
        [(start + n * every_ms) % _PERIOD, LIVE, mid and price(mid), None]
        for n, mid in enumerate(mids)
    ]


def moved(run, steps, threshold=100, cooldown_ms=1000, channels=False):
    """The numbers of the looks at which the price had moved too far."""
    said = run([threshold, cooldown_ms, channels, steps])
    return [n for n, (result, *_) in enumerate(said) if result]


@pytest.mark.parametrize(
    ("first", "second", "too_far"),
    [
        ("100000.0", "100100.0", False),  # 0.1 % to the last digit
        ("100000.0", "100100.1", True),
        ("100000.0", "99900.0", False),
        ("100000.0", "99899.9", True),
        ("0.00001000", "0.00001001", False),
        ("0.00001000", "0.00001002", True),
        ("9999999.5", "9989999.0", True),
        ("9999999.5", "9990000.0", False),
        ("1.00000000000000000", "1.00100000000000000", False),
        ("1.00000000000000000", "1.00200000000000000", True),
        ("97234", "97234.5", False),  # more decimals, in futures
        ("97234", "97332", True),
        ("97234.5", "97332", True),
        ("0.00000001", "10000000", True),
        ("10000000", "0.00000001", True),
    ],
)
def test_a_tenth_of_a_percent(run, first, second, too_far):
    assert moved(run, looks(first, second)) == [1] * too_far


def test_many_small_steps_are_none_too_far(run):
    climbing = [str(100_000 + 90 * n) for n in range(60)]
    assert moved(run, looks(*climbing)) == []


def test_what_a_look_finds_unchanged_is_the_same_price(run):
    assert moved(run, looks("100000.0", None, None, "100300.0", None)) == [3]


def test_the_price_before_is_told_as_it_was(run):
    said = run([100, 1000, False, looks("97234.550", "97500.000")])
    assert [step[4] for step in said] == [None, [0, 9723455, 2, 0]]
    assert said[1][3] == 1


@pytest.mark.parametrize("cooldown_ms", [100, 1000, 1049])
def test_at_most_once_in_a_cooldown(run, cooldown_ms):
    """Also while the ticks begin anew; a move within it is not made up for afterwards."""
    wild = ["100000.0", "101000.0"] * 40
    at = moved(run, looks(*wild, start=_PERIOD - 1500), cooldown_ms=cooldown_ms)
    apart = -(-cooldown_ms // _EVERY_MS)
    assert at == list(range(1, 80, apart))
    assert moved(run, looks("100000.0", "101000.0", "102500.0", *["102500.0"] * 40)) == [1]


def test_after_a_week_without_a_look_the_cooldown_is_over(run):
    steps = looks("100000.0", "101000.0")
    steps += looks("101000.0", "102500.0", start=steps[-1][0] + (1 << 29) + 7)
    assert moved(run, steps) == [1, 3]


def test_no_threshold_no_watch(run):
    said = run([0, 1000, False, looks("100.0", "200.0")])
    assert [step[:2] for step in said] == [[0, 10_000_000], [0, 20_000_000]]


def test_a_gap_is_a_gap(run):
    steps = looks("100000.0", "100001.0", "105000.0", "105001.0", "108000.0")
    steps[2][1] = STALE
    said = run([100, 1000, False, steps])
    assert [step[0] for step in said] == [0, 0, 0, 0, 1]
    assert [step[1] > 0 for step in said] == [True, True, False, True, True]


def test_a_move_of_a_book_that_is_no_longer_live_is_forgotten(run):
    steps = looks("100000.0", "105000.0", None, "105000.0")
    steps[2][1] = STALE
    said = run([100, 1000, False, steps])
    assert [step[3] for step in said] == [0, 1, 0, 0]


def test_where_there_is_no_mid_there_is_no_price(run):
    steps = looks("100000.0", "100000.0", "105000.0")
    steps[1][2] = [0, 0, -1]
    assert moved(run, steps) == []
    assert moved(run, looks("100000.0", "0.0", "105000.0")) == []
    assert moved(run, looks("100000000.0", "123456789012345678")) == []


def test_a_market_price_takes_the_place_of_the_mid(run):
    """The two are a spread apart, which is no move; later the mid may do what it likes."""
    steps = looks("100000.0", "100000.0", "100000.0", "100900.0", "100900.0")
    steps[1][3] = price("100500.0")
    assert moved(run, steps, channels=True) == []
    assert moved(run, steps, channels=False) == [3]
    steps[4][3] = price("101500.00")
    assert moved(run, steps, channels=True) == [4]


def test_a_market_price_from_before_a_gap_is_old(run):
    steps = looks("100000.0", "100000.0", "103000.0", "103000.0", "105000.0")
    steps[0][3] = price("100500.0")
    steps[2][1], steps[2][3] = STALE, price("100500.0")
    assert moved(run, steps, channels=True) == [4]


# Held against fractions.


@st.composite
def stories(draw):
    """A price that walks, jumps and is gone, printed with ever other decimals; [threshold, ...] and the truth."""
    threshold = draw(st.sampled_from([1, 20, 100, 10_000]))
    cooldown_ms = draw(st.integers(100, 2000))
    channels = draw(st.booleans())
    now = draw(st.integers(0, _PERIOD - 1))
    near = Fraction(draw(st.integers(1, 10**15)), 10**8)  # 0.00000001 to 10,000,000
    steps = []
    for _ in range(draw(st.integers(1, 25))):
        prices = []
        for _ in ("mid", "last"):
            moves = st.integers(-2 * threshold, 2 * threshold)
            ratio = draw(moves | st.integers(-99_000, 10**7) | st.just(0))
            near = min(max(near * (_WHOLE + ratio) / _WHOLE, Fraction(1, 10**8)), Fraction(10**7))
            decimals = draw(st.integers(0, 17))
            units = min(int(near * 10**decimals), 10**18 - 1)
            prices.append(draw(st.sampled_from([[*divmod(units, 10**9), decimals]] * 3 + [None])))
        state = draw(st.sampled_from([LIVE] * 9 + [STALE]))
        now = (now + draw(st.integers(40, 300))) % _PERIOD
        steps.append([now, state, *prices])
    return [threshold, cooldown_ms, channels, steps]


def truth_of(words):
    hi, lo, decimals = words
    return Fraction(hi * 10**9 + lo, 10**decimals) if decimals >= 0 else None


def assert_true(story, said):
    """Every answer is what fractions say, but where the cut digits could decide."""
    threshold, cooldown_ms, channels, steps = story
    before = mid = source = None
    rests_until = elapsed = 0
    for n, (now, state, new_mid, last) in enumerate(steps):
        elapsed += (now - steps[n - 1][0]) % _PERIOD if n else 0
        if new_mid is not None:
            mid = truth_of(new_mid)
        if state != LIVE:
            source = now_at = None
        elif last is not None and channels:
            before = before if source == "market" else None
            source, now_at = "market", truth_of(last)
        elif source == "market":
            now_at = before
        else:
            source, now_at = "mid", mid
        if not now_at:
            now_at = None
        result, units, decimals, flag, told = said[n]
        assert 0 <= units <= _MOST
        assert (units > 0) == (now_at is not None)
        if now_at is not None:
            assert 0 <= now_at - Fraction(units, 10**decimals) < now_at * _COARSEST
        move = abs(now_at - before) / before if now_at and before else 0
        border = Fraction(threshold, _WHOLE)
        slack = 3 * _COARSEST
        if elapsed < rests_until or move < border - slack or not move:
            assert not result
        elif move > border + slack * (1 + move):
            assert result
        if result:
            rests_until = elapsed + cooldown_ms
            assert flag == 1 and told[0] == told[3] == 0
            assert 0 <= before - Fraction(told[1], 10 ** told[2]) < before * 2 * _COARSEST
        before = now_at


@settings(max_examples=150, deadline=None)
@example([100, 1000, False, looks("0.00000001", "10000000", "0.00000001")])
@given(stories())
def test_every_move_is_judged_as_fractions_judge_it(story):
    said = play(_CHECKED, story)
    assert said == play(watch, story)
    assert_true(story, said)


def test_the_board_judges_as_the_host_does(board_model):
    examples = drawn(stories(), 100)
    lines = on_board("watch_cases.py", map(json.dumps, examples))
    assert [json.loads(line) for line in lines] == [play(watch, story) for story in examples]


limbs = st.integers(0, 10**9 - 1)
wild = st.tuples(limbs, limbs, st.integers(-1, 30)).map(list) | st.none()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, _PERIOD - 1), st.integers(0, 2), wild, wild).map(list),
        max_size=30,
    ),
    st.integers(0, 10_000),
)
def test_whatever_is_published_nothing_overflows(steps, threshold):
    story = [threshold, 1000, True, steps]
    assert play(_CHECKED, story) == play(watch, story)
