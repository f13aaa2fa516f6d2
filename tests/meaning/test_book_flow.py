"""Order-flow imbalance, trades, slope and depth near the mid are those of fractions, for numbers of every size."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from flow_reference import Reference, assert_value, told
from hypothesis import example, given, settings
from hypothesis import strategies as st
from programs import flow_cases

from firmware.kernels.depth import tell
from firmware.kernels.flow import deal, touch
from host.boardmodel.model import run_script
from host.runtimes.checked import checked

_NATIVE = (touch, deal, tell)
_CHECKED = tuple(checked(kernel) for kernel in _NATIVE)
_PROGRAM = Path(__file__).parent / "programs" / "flow_cases.py"
_LIMIT = 10**18 - 1
TELL = ["tell"]
BUY, SELL = 0, 1


@pytest.fixture(scope="module", params=["checked", "native", "board"])
def play(request, tmp_path_factory):
    """`play(story)` on each runtime in turn, see programs/flow_cases.py."""
    if request.param == "board":
        request.getfixturevalue("board_model")
        file = tmp_path_factory.mktemp("flow") / "stories"
        return lambda story: on_board([story], file)[0]
    kernels = _NATIVE if request.param == "native" else _CHECKED
    return lambda story: flow_cases.play(kernels, story)


def on_board(stories, file):
    file.write_text("".join(json.dumps(story) + "\n" for story in stories))
    return [json.loads(line) for line in run_script(_PROGRAM, file).splitlines()]


def book(bids, asks, decimals=(1, 2), fresh=0):
    """A step; levels are (price, size) in units of their last decimal."""
    sides = [[[*divmod(p, 10**9), *divmod(q, 10**9)] for p, q in side] for side in (bids, asks)]
    return ["book", list(decimals), *sides, fresh]


def trade(size, decimals, side):
    return ["deal", [*divmod(size, 10**9), decimals], side]


def assert_true(story, said):
    reference = Reference(*story[:2])
    for step, answer in zip(story[2], said, strict=True):
        if step != TELL:
            assert answer == reference.take(step)
            continue
        for name, wanted in reference.tell().items():
            assert_value(name, told(answer)[name], wanted)


BIDS = [(999_990, 300), (999_980, 100), (999_000, 900)]
ASKS = [(1_000_010, 100), (1_000_050, 50)]


def test_a_book_that_everyone_can_reckon(play):
    """100,000.0 in the middle; two levels: 4.00 within 0.2 bps against 1.50 within 0.5."""
    said = told(play([2, 1, [book(BIDS, ASKS), TELL]])[1])
    assert said["bids"] == 20
    assert said["asks"] == 3
    assert said["ratio"] == Fraction(26667, 10_000)
    assert (said["imbalance"], said["volume"], said["trades"]) == (0, 0, None)


@pytest.mark.parametrize(("bps", "ratio"), [(1, 4 / 1.5), (9, 4 / 1.5), (10, 13 / 1.5)])
def test_within_reach_is_up_to_the_last_tick(play, bps, ratio):
    """The last bid is 10 bps from the mid."""
    assert float(told(play([2, bps, [book(BIDS, ASKS), TELL]])[1])["ratio"]) == pytest.approx(
        ratio, rel=5e-5
    )


@pytest.mark.parametrize(
    ("bid", "ask", "wanted"),
    [
        ((999_990, 500), ASKS[0], 200),  # more at the same bid
        ((999_990, 100), ASKS[0], -200),
        ((999_991, 70), ASKS[0], 70),  # a better bid is all new
        ((999_980, 100), ASKS[0], -300),  # a bid that is gone took all it had with it
        (BIDS[0], (1_000_010, 150), -50),
        (BIDS[0], (1_000_000, 20), -20),
        (BIDS[0], (1_000_050, 50), 100),
        ((999_995, 10), (1_000_005, 10), 0),
        (BIDS[0], ASKS[0], 0),
    ],
)
def test_every_kind_of_event(play, bid, ask, wanted):
    steps = [book(BIDS, ASKS), book([bid], [ask]), TELL, TELL]
    first, second, event, nothing = play([2, 10, steps])
    assert (first, second) == (0, 1)
    assert told(event)["imbalance"] == Fraction(wanted, 100)
    assert told(nothing)["imbalance"] == 0


def test_no_event_spans_a_fresh_book_or_an_empty_side(play):
    steps = [
        book(BIDS, ASKS), book(BIDS[1:], ASKS, fresh=1),
        book(BIDS, []), book(BIDS, ASKS),
        book(BIDS, ASKS, (1, 3)), TELL,
    ]  # fmt: skip
    *known, said = play([2, 10, steps])
    assert known == [0, 0, 0, 0, 0]
    assert told(said)["imbalance"] == 0


def test_trades_of_a_window(play):
    steps = [trade(150, 2, BUY), trade(5, 1, SELL), trade(1, 8, BUY), TELL, TELL]
    *counted, said, nothing = play([2, 10, steps])
    assert counted == [1, 1, 1]
    assert told(said)["volume"] == Fraction(100_000_001, 10**8)
    assert told(said)["trades"] == Fraction(1, 2)
    assert (told(nothing)["volume"], told(nothing)["trades"]) == (0, None)
    assert told(said)["ratio"] is None  # there was no book


def test_more_sold_than_bought(play):
    said = told(play([2, 10, [trade(1, 0, BUY), trade(3, 0, SELL), TELL]])[-1])
    assert (said["volume"], said["trades"]) == (-2, Fraction(-1, 2))


def test_a_crossed_book_has_no_slope(play):
    said = told(play([1, 10, [book([(1010, 5)], [(1000, 5)]), TELL]])[1])
    assert said["bids"] is said["asks"] is None
    assert said["ratio"] == 1


# Held against fractions.


def numbers(least=1, most=_LIMIT):
    digits = st.integers(0, 17).flatmap(lambda n: st.integers(10**n, 10 ** (n + 1) - 1))
    edges = st.sampled_from([1, 10**8, 10**9 - 1, 10**9, 10**17, _LIMIT])
    return (digits | edges).map(lambda n: max(least, min(most, n)))


@st.composite
def stories(draw):
    """Books around one price, of 18 digits at most, that move, empty, cross and change their decimals; trades."""
    middle = draw(numbers(40, _LIMIT - 40))
    tick = draw(st.sampled_from([1, max(1, middle // 10**4), max(1, middle // 10**7)]))
    decimals = [draw(st.integers(0, 18)), draw(st.integers(0, 18))]
    largest = draw(st.sampled_from([9, 10**9, _LIMIT]))
    steps = []
    for _ in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(["book", "book", "book", "deal", "tell"]))
        if kind == "deal":
            places = st.sampled_from([8, 8, 0, 5, 18])
            steps.append(trade(draw(numbers(most=largest)), draw(places), draw(st.integers(0, 1))))
        elif kind == "tell":
            steps.append(TELL)
        else:
            sides = []
            for sign in (-1, 1):
                away = draw(st.lists(st.integers(-1, 30), max_size=4, unique=True).map(sorted))
                prices = [min(max(middle + sign * tick * n, 1), _LIMIT) for n in away]
                sides.append(
                    [(price, draw(numbers(most=largest))) for price in dict.fromkeys(prices)]
                )
            steps.append(book(*sides, decimals, draw(st.sampled_from([0, 0, 0, 1]))))
    return [draw(st.integers(1, 5)), draw(st.sampled_from([1, 10, 25, 1000])), [*steps, TELL]]


@settings(max_examples=200, deadline=None)
@given(stories())
@example([1, 1, [trade(1, 18, BUY), trade(10**9, 0, BUY), trade(10**9 - 1, 0, SELL), TELL]])
def test_any_flow_is_what_fractions_say(story):
    said = flow_cases.play(_CHECKED, story)
    assert said == flow_cases.play(_NATIVE, story)
    assert_true(story, said)


def test_the_board_tells_what_the_host_tells(board_model, tmp_path):
    drawn = []

    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(stories())
    def draw(story):
        drawn.append(story)

    draw()
    wanted = [flow_cases.play(_NATIVE, story) for story in drawn]
    assert on_board(drawn, tmp_path / "stories") == wanted


def test_a_long_sum_stays_exact(play):
    """18 digits come and go a hundred times."""
    big = [[(10**17, _LIMIT - n)] for n in range(0, 300, 3)]
    steps = [book(bids, [(10**17 + 5, 1)], (0, 0)) for bids in big]
    steps += [trade(_LIMIT, 0, SELL) for _ in range(100)]
    story = [1, 10, [*steps, book([(10**17, 5)], [(10**17 + 5, 1)], (0, 0)), TELL]]
    said = play(story)
    assert told(said[-1])["volume"] is None  # more than 18 digits before the point
    assert told(said[-1])["imbalance"] == 5 - _LIMIT


limbs = st.integers(0, 10**9 - 1)
levels = st.lists(st.tuples(limbs, limbs, limbs, limbs).map(list), max_size=3)
wild_books = st.tuples(
    st.just("book"), st.tuples(st.integers(0, 18), st.integers(0, 18)).map(list), levels, levels,
    st.integers(0, 1),
)  # fmt: skip
wild_deals = st.tuples(
    st.just("deal"), st.tuples(limbs, limbs, st.integers(-1, 30)).map(list), st.integers(0, 1)
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists((wild_books | wild_deals | st.just(("tell",))).map(list), max_size=15),
    st.integers(1, 10),
    st.integers(1, 1000),
)
def test_no_book_overflows(steps, deep, bps):
    story = [deep, bps, [*steps, TELL]]
    assert flow_cases.play(_CHECKED, story) == flow_cases.play(_NATIVE, story)
