"""Whatever the exchange may send, in any spelling: books, proofs, features and records are the reference's."""

import random

import pytest
import spelling
from agreement import Follower
from hypothesis import HealthCheck, given, settings
from runtimes import player
from stories import PAIRS, SPARE_LEVELS, stories

_RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=40, deadline=None, suppress_health_check=_RELAXED)
@given(story=stories())
def test_any_story_on_every_runtime(play, story):
    assert_follows(play, story.frames, story.depth)


@settings(max_examples=250, deadline=None, suppress_health_check=_RELAXED)
@given(story=stories())
def test_many_stories(story):
    assert_follows(player("native"), story.frames, story.depth)


@pytest.mark.parametrize("depth", [100, 500, 1000])
def test_deep_books(play_on_host, depth):
    assert_follows(play_on_host, walk(random.Random(depth), depth, messages=25), depth)


@pytest.mark.parametrize("depth", [10, 25])
def test_a_long_walk_without_a_new_snapshot(play, depth):
    steps = assert_follows(play, walk(random.Random(depth), depth, messages=600), depth)
    assert steps[-1].counters["proved"] == 601


def assert_follows(play, frames, depth):
    steps = play(frames, pairs=PAIRS, depth=depth, book_interval_ms=0)
    follower = Follower(PAIRS, depth)
    for frame, step in zip(frames, steps, strict=True):
        follower.assert_agrees(frame, step)
    return steps


def walk(rng, depth, messages):
    """A full snapshot, then a market that moves: true frames with evictions, deletes and repeats."""
    middle, decimals = 452_845, (1, 8)
    exchange = spelling.Exchange(depth)

    def level(side, away):
        price = middle + (away if side else 0 - away)
        qty = rng.randrange(1, 10**10) if rng.random() < 0.7 else 0
        return spelling.spelled(rng, price, decimals[0]), spelling.spelled(rng, qty, decimals[1])

    full = [
        [
            (spelling.plain(middle + sign * away, 1), spelling.plain(rng.randrange(1, 10**10), 8))
            for away in range(1, depth + 1)
        ]
        for sign in (-1, 1)
    ]
    frames = [exchange.say("snapshot", PAIRS[0], *full)]
    for _ in range(messages):
        middle += rng.randrange(-1, 2)
        item = spelling.element(
            PAIRS[0],
            *(
                [
                    level(side, rng.randrange(1, 2 * depth))
                    for _ in range(rng.randrange(SPARE_LEVELS + 1))
                ]
                for side in (0, 1)
            ),
        )
        item["checksum"] = exchange.checksum("update", item)
        frames.append(spelling.odd(rng, "update", item))
    return frames
