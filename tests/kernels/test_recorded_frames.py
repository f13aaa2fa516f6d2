"""Kraken's own bytes: its published example, 510 real book frames, real control frames; the same on every runtime."""

import json

import pytest
import spelling
from agreement import Follower, assert_same_everywhere
from runtimes import BOOK, HEARTBEAT, MARKET, OTHER

# docs.kraken.com, guide "spot-ws-book-v2": BTC/USD, precision 1 and 8, and its checksum.
PUBLISHED_ASKS = """
    45285.2 0.00100000  45286.4 1.54571953  45286.6 1.54571109  45289.6 1.54560911
    45290.2 0.15890660  45291.8 1.54553491  45294.7 0.04454749  45296.1 0.35380000
    45297.5 0.09945542  45299.5 0.18772827
"""
PUBLISHED_BIDS = """
    45283.5 0.10000000  45283.4 1.54582015  45282.1 0.10000000  45281.0 0.10000000
    45280.3 1.54592586  45279.0 0.07990000  45277.6 0.03310103  45277.5 0.30000000
    45277.3 1.54602737  45276.6 0.15445238
"""
PUBLISHED_CHECKSUM = 3310070434


def levels(text):
    words = text.split()
    return list(zip(words[::2], words[1::2], strict=True))


def published(checksum=PUBLISHED_CHECKSUM):
    bids, asks = levels(PUBLISHED_BIDS), levels(PUBLISHED_ASKS)
    return spelling.kraken("snapshot", spelling.element("BTC/USD", bids, asks, checksum))


def test_the_published_example_proves(play):
    (step,) = play([published()])
    assert (step.kind, step.books[0].state, step.counters["proved"]) == (BOOK, "LIVE", 1)
    assert step.books[0].asks[0] == (452852, 100000)


@pytest.mark.parametrize("bit", range(0, 32, 3))
def test_no_other_checksum_proves_it(play_on_host, bit):
    (step,) = play_on_host([published(PUBLISHED_CHECKSUM ^ 1 << bit)])
    assert (step.books[0].state, step.books[0].why) == ("STALE", "checksum")


def test_the_example_in_the_feeds_folder_is_the_same(feeds):
    example = json.loads((feeds / "docs" / "worked_examples.json").read_bytes())["v2"]
    assert [tuple(level) for level in example["asks"]] == levels(PUBLISHED_ASKS)
    assert [tuple(level) for level in example["bids"]] == levels(PUBLISHED_BIDS)
    assert example["crc"] == PUBLISHED_CHECKSUM


def test_every_recorded_checksum_proves(play, real_frames):
    steps = play(real_frames, book_interval_ms=0)
    assert [step.counters["proved"] for step in steps] == list(range(1, 511))
    assert all(step.books[0].state == "LIVE" for step in steps)
    follower = Follower(["BTC/USD"], 10)
    for frame, step in zip(real_frames, steps, strict=True):
        follower.assert_agrees(frame, step)


def test_without_cutting_to_depth_they_would_not_prove(play_on_host, real_frames):
    """The same capture in a book of depth 25: what tells that the test above can fail."""
    last = play_on_host(real_frames, depth=25)[-1]
    assert last.counters["bad"] == 1 and last.counters["proved"] < 100


def test_records_and_state_are_the_same_bytes_everywhere(board_model, real_frames):
    records = assert_same_everywhere(real_frames)
    assert records.count(b'"k":"book"') > 10 and records.startswith(b'{"k":"state"')


def test_real_frames_of_other_channels_leave_the_books_alone(play, feeds):
    frames = (feeds / "frames" / "v2_control_frames.jsonl").read_bytes().splitlines()
    assert len(frames) > 10
    steps = play([published(), *frames])
    channels = [json.loads(frame).get("channel") for frame in frames]
    market = ("ticker", "trade", "ohlc")
    assert {*market} < {*channels}
    wanted = [MARKET if channel in market else OTHER for channel in channels]
    assert [step.kind for step in steps[1:]] == wanted
    assert {step.state for step in steps} == {steps[0].state}
    assert not any(step.lines for step in steps[1:])


def test_a_heartbeat_is_counted(play):
    steps = play([b'{"channel":"heartbeat"}', b'{ "channel" : "heartbeat" }'])
    assert [step.kind for step in steps] == [HEARTBEAT] * 2
    assert steps[1].counters["heartbeats"] == 2
