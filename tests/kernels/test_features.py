"""Features are right to their last digit for books of every size of number; `assert_close` states the limits."""

import reference
import spelling
from agreement import assert_close
from hypothesis import example, given, settings
from hypothesis import strategies as st
from runtimes import player

_LIMIT = 10**18 - 1


def numbers(least, most=_LIMIT):
    """Of every magnitude, and just beside the limbs' boundaries."""
    digits = st.integers(0, 17).flatmap(lambda n: st.integers(10**n, 10 ** (n + 1) - 1))
    edges = st.sampled_from([1, 10**8, 10**9 - 1, 10**9, 10**9 + 1, 10**17, 10**17 - 1, _LIMIT])
    return (digits | edges).map(lambda n: max(least, min(most, n)))


@st.composite
def frames(draw):
    """A snapshot: a bid, an ask so far above it (or below), and more levels behind them."""
    bid = draw(numbers(30, _LIMIT - 30))
    gap = draw(st.integers(0, 100) | numbers(0))
    ask = max(31, min(_LIMIT - 30, bid + draw(st.sampled_from([gap, gap, gap, 0 - gap]))))
    decimals = draw(st.integers(0, 18)), draw(st.integers(0, 18))
    sides = []
    for best, sign in ((bid, -1), (ask, 1)):
        sizes = draw(st.lists(numbers(1), min_size=1, max_size=12))
        sides.append(
            [
                (
                    spelling.plain(best + sign * behind, decimals[0]),
                    spelling.plain(size, decimals[1]),
                )
                for behind, size in enumerate(sizes)
            ]
        )
    return spelling.Exchange(10).say("snapshot", "BTC/USD", *sides)


def edge(bid, ask, bid_size, ask_size):
    return spelling.Exchange(10).say("snapshot", "BTC/USD", [(bid, bid_size)], [(ask, ask_size)])


EDGES = [
    edge("99999999.9999999", "99999999.9999999", "1", "1"),
    edge("1", "1", "1", "1"),
    edge("1", "2", "1", "999999999999999999"),
    edge("1", "2", "999999999999999999", "1"),
    edge("100000000", "110000000", "1", "2"),
    edge("1.0", "1.1", "0.1", "100000000.0"),
    edge("100000000000000000", "100000000000000001", "1", "1"),
    edge("999999999999999999", "999999999999999999", "1", "1"),
]


@settings(max_examples=25, deadline=None)
@example(EDGES, 5)
@given(st.lists(frames(), min_size=5, max_size=15), st.integers(1, 10))
def test_features_of_any_book(play, told, levels):
    assert_right(play, told, levels)


@settings(max_examples=100, deadline=None)
@given(st.lists(frames(), min_size=5, max_size=15), st.integers(1, 10))
def test_features_of_many_books(told, levels):
    assert_right(player("native"), told, levels)


def assert_right(play, told, levels):
    for frame, step in zip(told, play(told, levels=levels), strict=True):
        book = reference.Feed(["BTC/USD"], 10)
        book.take(frame)
        (book,) = book.books
        for key, wanted in book.features(levels).items():
            assert_close(key, step.books[0].features[key], wanted, book)


def test_a_book_that_everyone_can_reckon(play):
    """Over two levels 4 against 1; the best alone weigh 3 to 1."""
    bids = [("99.0", "3.0"), ("98.0", "1.0"), ("97.0", "9.0")]
    asks = [("101.0", "1.0")]
    (step,) = play([spelling.Exchange(10).say("snapshot", "BTC/USD", bids, asks)], levels=2)
    features = step.books[0].features
    assert features["mid"] == (10000, 2)
    assert features["s"] == (200_0000, 4)
    assert features["u"] == (10050, 2)  # (99 * 1 + 101 * 3) / 4
    assert features["i"] == (6000, 4)  # (4 - 1) / (4 + 1)
    assert features["r"] == (4000, 3)
    record = step.records[-1]
    assert [record[key] for key in "suir"] == [200, 100.5, 0.6, 4]
