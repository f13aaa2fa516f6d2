"""No record but its state leaves a book whose checksum failed, until a snapshot proves it again."""

import random
from itertools import pairwise

import spelling
from agreement import Follower
from hypothesis import given, settings
from hypothesis import strategies as st
from runtimes import player
from stories import SPARE_LEVELS
from test_against_reference import walk

SYMBOL = "BTC/USD"


def test_silence_until_the_next_snapshot(play):
    frames = walk(random.Random(5), 10, messages=40)
    spoiled = spelling.kraken("update", spelling.element(SYMBOL, [("1.0", "9.9")], [], 7))
    played = [*frames[:20], spoiled, *frames[20:], frames[0], *frames[1:5]]
    steps = play(played, book_interval_ms=0, imbalance_threshold=0.01, spread_threshold_bps=1000)
    kinds = [[record["k"] for record in step.records] for step in steps]
    assert all("book" in told for told in kinds[:20])
    assert kinds[20] == ["state"]
    assert steps[20].records[0]["st"] == "STALE" and steps[20].records[0]["why"] == "checksum"
    assert kinds[21:42] == [[]] * 21
    assert steps[41].counters["unproved"] == 21 and steps[41].counters["bad"] == 1
    assert kinds[42][:2] == ["state", "book"]
    assert all("book" in told for told in kinds[43:])


def test_updates_before_the_first_snapshot_are_not_believed(play):
    frames = walk(random.Random(6), 10, messages=3)
    steps = play([*frames[1:], frames[0]])
    assert [step.books[0].state for step in steps] == ["SYNCING"] * 3 + ["LIVE"]
    assert not any(step.lines for step in steps[:3]) and steps[2].counters["early"] == 3


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 29), st.integers(1, 3))
def test_a_lost_message_is_never_survived_by_a_wrong_book(seed, lost, count):
    """Whatever is lost, a book that is LIVE has the exchange's ten best levels a side."""
    frames = walk(random.Random(seed), 10, messages=40)
    follower = Follower([SYMBOL], 10)
    truth = [follower.feed.take(frame) and follower.feed.books[0].levels() for frame in frames]
    kept = [n for n in range(len(frames)) if n == 0 or not lost < n <= lost + count]
    steps = player("native")([frames[n] for n in kept])
    for n, step in zip(kept, steps, strict=True):
        book = step.books[0]
        if book.state == "LIVE":
            assert (book.bids, book.asks) == truth[n]
    states = [step.books[0].state for step in steps]
    assert ("STALE", "LIVE") not in pairwise(states)


def test_more_insertions_than_there_is_room_for(play):
    """A message may insert SPARE_LEVELS levels beyond the depth before it is cut. One that
    inserts more, then deletes what it inserted, loses its worst levels: the checksum tells."""
    prices = [spelling.plain(1000 - away, 1) for away in range(40)]
    exchange = spelling.Exchange(10)
    full = [(price, "1.0") for price in prices[20:30]]
    frames = [exchange.say("snapshot", SYMBOL, full)]
    for inserted in (SPARE_LEVELS, SPARE_LEVELS + 1):
        new = prices[20 - inserted : 20]
        passing = [(price, "2.0") for price in new] + [(price, "0.0") for price in new]
        frames.append(exchange.say("update", SYMBOL, passing))
    steps = play(frames)
    assert [step.books[0].state for step in steps] == ["LIVE", "LIVE", "STALE"]
    assert steps[1].books[0].bids == steps[0].books[0].bids
    assert steps[2].books[0].why == "checksum"


def test_many_insertions_that_stay_need_no_room(play):
    """Without deletes the worst levels are the ones to be cut anyhow."""
    exchange = spelling.Exchange(10)
    old = [(spelling.plain(price, 1), "1.0") for price in range(100, 110)]
    new = [(spelling.plain(price, 1), "2.0") for price in range(90, 108)]
    frames = [
        exchange.say("snapshot", SYMBOL, [], old),
        exchange.say("update", SYMBOL, [], new[::-1]),
    ]
    steps = play(frames)
    assert steps[1].books[0].state == "LIVE"
    assert steps[1].books[0].asks == [(price, 20) for price in range(90, 100)]
