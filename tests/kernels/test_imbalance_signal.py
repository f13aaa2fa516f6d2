"""The imbalance signal: when it begins, when it ends, that it does not chatter, and what it says."""

from decimal import Decimal
from fractions import Fraction

import pytest
import reference
import spelling
from hypothesis import given, settings
from hypothesis import strategies as st
from runtimes import player

SYMBOL = "BTC/USD"
KNOWN_BIDS = [("45000.0", "2.0"), ("44999.0", "1.5")]
KNOWN_ASKS = [("45001.0", "0.5"), ("45002.0", "1.0")]
_START_MS = 1787608800000


def books(*sides):
    """Snapshots of these bids and asks, a second apart."""
    exchange = spelling.Exchange(10)
    return [
        exchange.say(
            "snapshot", SYMBOL, bids, asks, f"2026-08-24T22:{n // 60:02}:{n % 60:02}.000000Z"
        )
        for n, (bids, asks) in enumerate(sides)
    ]


def signals(play, frames, **given):
    """The signal records of each frame."""
    steps = play(frames, **given)
    assert all(step.books[0].state == "LIVE" for step in steps)
    return [[r for r in step.records if r["k"] == "signal"] for step in steps]


def leaning(tenthousandths, spread_ticks=1):
    """A book of one level a side with this imbalance; a tick is about a bps."""
    bids = [(spelling.plain(100_000, 1), spelling.plain(10_000 + tenthousandths, 4))]
    asks = [
        (
            spelling.plain(100_000 + 10 * spread_ticks, 1),
            spelling.plain(10_000 - tenthousandths, 4),
        )
    ]
    return bids, asks


def test_the_known_case_is_a_buy(play):
    (step,) = play(books((KNOWN_BIDS, KNOWN_ASKS)))
    _, book, signal = step.records
    # Imbalance (3.5 - 1.5) / 5, spread 1 / 45000.5; 50 * 0.1 / 0.7 + 50 - 50 * 0.2222 / 2 = 51.6
    assert signal == {
        "k": "signal", "p": SYMBOL, "t": 1787608800000, "side": "BUY",
        "px": 45001.0, "q": 0.5, "c": 52, "why": "imbalance",
    }  # fmt: skip
    assert (book["t"], book["i"], book["s"]) == (signal["t"], 0.4, 0.2222)


def test_mirrored_it_is_a_sell(play):
    bids = [
        (price, asks_qty) for (price, _), (_, asks_qty) in zip(KNOWN_BIDS, KNOWN_ASKS, strict=True)
    ]
    asks = [
        (price, bids_qty) for (price, _), (_, bids_qty) in zip(KNOWN_ASKS, KNOWN_BIDS, strict=True)
    ]
    ((signal,),) = signals(play, books((bids, asks)))
    assert (signal["side"], signal["px"], signal["q"]) == ("SELL", 45000.0, 0.5)


def test_nothing_is_said_twice(play):
    assert [len(said) for said in signals(play, books(*[(KNOWN_BIDS, KNOWN_ASKS)] * 3))] == [
        1,
        0,
        0,
    ]


def sides(said):
    return [[signal["side"] for signal in signals] for signals in said]


def test_it_does_not_chatter_around_its_threshold(play):
    said = signals(play, books(*map(leaning, [2999, 3000, 2999, 3001, 1501, 3000, 1500, 2999])))
    assert sides(said) == [[], ["BUY"], [], [], [], [], [], []]


def test_nor_around_the_end(play):
    said = signals(play, books(*map(leaning, [-5000, -1499, -1500, -2999, -1499, -3000])))
    assert sides(said) == [["SELL"], ["FLAT"], [], [], [], ["SELL"]]


def test_it_turns_round_at_once(play):
    said = signals(play, books(*map(leaning, [9000, -3000, 3000, -2999])))
    assert sides(said) == [["BUY"], ["SELL"], ["BUY"], ["FLAT"]]


def test_it_begins_at_most_once_in_a_cooldown(play):
    """It ends at once, and what would begin in between is not made up for."""
    walk = [9000, -9000, -9000, -9000, 0, 9000, 9000, 0, 9000, 0, 0, 0, 9000]
    said = signals(play, books(*map(leaning, walk)), signal_cooldown_ms=3000)
    wanted = {0: "BUY", 1: "FLAT", 3: "SELL", 4: "FLAT", 6: "BUY", 7: "FLAT", 12: "BUY"}
    # At 9 s the imbalance is gone again; the one of 8 s came too early.
    assert sides(said) == [[wanted[n]] if n in wanted else [] for n in range(len(walk))]
    assert [said[n][0]["why"] for n in (1, 4, 7)] == ["faded"] * 3


def test_who_tells_no_time_is_not_held_back(play):
    exchange = spelling.Exchange(10)
    frames = [exchange.say("snapshot", SYMBOL, *leaning(units)) for units in (9000, 0, 9000)]
    assert sides(signals(play, frames)) == [["BUY"], ["FLAT"], ["BUY"]]


def test_a_wide_spread_is_no_time_to_deal(play):
    """Gate 2 bps: nothing begins beyond it, what has begun ends beyond twice of it."""
    frames = books(*(leaning(5000, ticks) for ticks in [3, 2, 3, 4, 5, 3, 2]))
    assert sides(signals(play, frames)) == [[], ["BUY"], [], [], ["FLAT"], [], ["BUY"]]
    assert [each["why"] for said in signals(play, frames) for each in said] == [
        "imbalance",
        "spread",
        "imbalance",
    ]
    assert sides(signals(play, frames, spread_threshold_bps=1.99)) == [[]] * 7


@pytest.mark.parametrize("empty", ["bids", "asks", "both"])
def test_a_one_sided_book_has_no_signal(play, empty):
    bids = [] if empty in ("bids", "both") else KNOWN_BIDS
    asks = [] if empty in ("asks", "both") else KNOWN_ASKS
    said = signals(play, books((bids, asks), (KNOWN_BIDS, KNOWN_ASKS), (bids, asks)))
    assert sides(said) == [[], ["BUY"], ["FLAT"]]
    flat = said[2][0]
    assert (flat["px"], flat["q"], flat["c"], flat["why"]) == (None, None, 0, "book")


def test_a_crossed_book_has_no_signal(play):
    crossed = ([("45002.0", "9.0")], [("45001.0", "1.0")])
    assert sides(signals(play, books(crossed, (KNOWN_BIDS, KNOWN_ASKS), crossed))) == [
        [],
        ["BUY"],
        ["FLAT"],
    ]


def test_a_stale_book_forgets_its_signal(play):
    """The state record says it all; a proof brings the signal back, not before the cooldown is over."""
    first, later = books(*[(KNOWN_BIDS, KNOWN_ASKS)] * 2)
    wrong = spelling.kraken("update", spelling.element(SYMBOL, [], [], 1))
    steps = play([first, wrong, first, wrong, later])
    assert [[r["k"] for r in step.records] for step in steps] == [
        ["state", "book", "signal"],
        ["state"],
        ["state", "book"],
        ["state"],
        ["state", "book", "signal"],
    ]


imbalances = st.integers(-9999, 9999) | st.integers(1400, 3200) | st.integers(-3200, -1400)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(imbalances, st.integers(0, 6)), min_size=10, max_size=40),
    st.sampled_from(["0.01", "0.3", "1.0"]),
    st.sampled_from(["0.0", "2.0", "5.5"]),
    st.sampled_from([0, 1000, 1001, 3500]),
)
def test_any_walk_is_the_models(play, walk, threshold, gate, cooldown_ms):
    """The model hears the imbalance and the spread rounded as they are printed, and how wild the market is."""
    model = reference.Signal(threshold, gate, cooldown_ms)
    steps = play(
        books(*(leaning(*place) for place in walk)),
        imbalance_threshold=float(threshold),
        spread_threshold_bps=float(gate),
        signal_cooldown_ms=cooldown_ms,
    )
    for n, ((units, ticks), step) in enumerate(zip(walk, steps, strict=True)):
        spread = Fraction(ticks * 10 * 20_000, 200_000 + ticks * 10)
        printed = Decimal(int(spread * 10_000 + Fraction(1, 2))) / 10_000
        scale = step.books[0].scale
        changed = model.take(Decimal(units) / 10_000, printed, _START_MS + 1000 * n, scale)
        found = [record for record in step.records if record["k"] == "signal"]
        assert [(s["side"], s["why"]) for s in found] == [(model.side, model.why)] * changed
        for signal in found:
            assert 0 <= signal["c"] <= 100


@settings(max_examples=60, deadline=None)
@given(st.lists(imbalances, min_size=10, max_size=60))
def test_two_changes_take_half_the_threshold(walk):
    """However the imbalance moves, a signal that ended and began again has seen it move by 0.15."""
    said = signals(player("native"), books(*map(leaning, walk)))
    told = [units for units, found in zip(walk, said, strict=True) if found]
    for first, second, third in zip(told, told[1:], told[2:], strict=False):
        assert abs(first - second) + abs(second - third) >= 1500


@settings(max_examples=60, deadline=None)
@given(imbalances.filter(lambda units: abs(units) >= 3000), st.integers(0, 1))
def test_more_imbalance_and_less_spread_is_more_confidence(units, ticks):
    better = max(-9999, min(9999, units + units // 3))
    (((one,)), ((other,)), ((tighter,))) = (
        signals(player("native"), books(place))[0]
        for place in (leaning(units, ticks), leaning(better, ticks), leaning(units, 0))
    )
    assert 0 <= one["c"] <= other["c"] <= 100 and one["c"] <= tighter["c"] <= 100
