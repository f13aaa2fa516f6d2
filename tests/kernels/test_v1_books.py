"""Whatever spot v1 may send, in any spelling: books, proofs, features and records are the reference's."""

import random

import pytest
import spelling
import v1_spelling
from agreement import Follower
from hypothesis import HealthCheck, given, settings
from runtimes import player
from stories import PAIRS, SPARE_LEVELS, stories
from v1_reference import Feed, read

_RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large]


def in_v1(rng, kind, data):
    """A v1 message is of one pair."""
    return [
        v1_spelling.odd(rng, kind, item, rng.randrange(10**9) if "timestamp" in item else None)
        for item in data
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=_RELAXED)
@given(story=stories(write=in_v1))
def test_any_v1_story_on_every_runtime(play, story):
    assert_follows(play, story.frames, story.depth)


@settings(max_examples=200, deadline=None, suppress_health_check=_RELAXED)
@given(story=stories(write=in_v1))
def test_many_v1_stories(story):
    assert_follows(player("native"), story.frames, story.depth)


@pytest.mark.parametrize("depth", [10, 25])
def test_a_long_v1_walk_as_kraken_spells_it(play, depth):
    """Evictions, deletes, republished levels, both sides in one message: every checksum proves."""
    frames = walk(random.Random(depth), depth, messages=400)
    steps = assert_follows(play, frames, depth)
    assert steps[-1].counters["proved"] == len(frames)
    assert_printed(frames, depth)
    assert sum(b'"r"' in frame for frame in frames) > 50
    assert sum(frame.count(b"{") == 2 for frame in frames) > 50
    assert sum(b".00000000" in frame for frame in frames) > 50


def assert_follows(play, frames, depth):
    steps = play(frames, pairs=PAIRS, depth=depth, book_interval_ms=0, dialect="spot_v1")
    follower = Follower(PAIRS, depth, Feed)
    for frame, step in zip(frames, steps, strict=True):
        follower.assert_agrees(frame, step)
    return steps


def assert_printed(frames, depth):
    """Kraken's checksum is of the numbers as they were printed last, not of values."""
    feed = Feed(PAIRS, depth)
    for frame in frames:
        feed.take(frame)
        _, (element,) = read(frame)
        assert element.checksum in (None, feed.books[0].printed_checksum())


def walk(rng, depth, messages):
    """A full snapshot, then a market that moves; what comes back into sight is sent again."""
    exchange = v1_spelling.Exchange(depth)
    whole = ({}, {})  # the market beyond the depth: bids and asks, price to quantity
    middle = 5_010_000

    def text(side, price):
        return spelling.plain(price, 5), spelling.plain(whole[side].get(price, 0), 8)

    def best(side):
        return sorted(whole[side], reverse=side == 0)[:depth]

    for side in (0, 1):
        for away in range(1, 2 * depth):
            whole[side][middle + (away if side else 0 - away)] = rng.randrange(1, 10**10)
    known = [best(0), best(1)]
    frames = [
        exchange.say(
            "snapshot", PAIRS[0], *([text(side, p) for p in known[side]] for side in (0, 1))
        )
    ]
    for number in range(messages):
        told = ([], [])
        marked = False
        for side in rng.choice([(0,), (1,), (0, 1)]):
            for _ in range(rng.randrange(1, 1 + SPARE_LEVELS // 2)):
                price = middle + (1 if side else -1) * rng.randrange(1, depth + 2)
                if rng.random() < 0.5:
                    whole[side].pop(price, None)
                else:
                    whole[side][price] = rng.randrange(1, 10**10)
                if price in known[side] or price in best(side):
                    told[side].append(text(side, price))
            names = {price for price, _ in told[side]}
            for price in best(side):
                if price not in known[side] and text(side, price)[0] not in names:
                    told[side].append(text(side, price))
                    marked = True
            known[side] = best(side)
        if told[0] or told[1]:
            say = exchange.say("update", PAIRS[0], *told, 1000 * number, marked)
            frames.append(say)
    return frames
