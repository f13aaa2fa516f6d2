"""On the board model, 10,000 v1 messages from WebSocket bytes to published features allocate nothing."""

import random

import pytest
import v1_spelling
from receiving import PAIRS, assert_all_proved, message, side


def market(rng, messages):
    """Frames as Kraken sends them, with true checksums: a snapshot of each pair, updates, heartbeats."""
    exchange = v1_spelling.Exchange(10)
    frames = [
        exchange.say("snapshot", pair, side(rng, -1, 10), side(rng, 1, 10)) for pair in PAIRS
    ]
    while len(frames) < messages:
        if rng.random() < 0.05:
            frames.append(b'{"event":"heartbeat"}')
            continue
        bids, asks = (side(rng, sign, rng.randrange(4)) for sign in (-1, 1))
        marked = bool(bids or asks) and rng.random() < 0.1
        after_us = 100_000 * len(frames)
        frames.append(
            exchange.say("update", rng.choice(PAIRS), bids, asks, after_us, marked=marked)
        )
    return frames


@pytest.mark.parametrize("read_bytes", [0, 7, 100], ids=["large reads", "7", "small reads"])
def test_v1_websocket_bytes_to_features_under_heap_lock(board_model, tmp_path, read_bytes):
    stream = tmp_path / "stream"
    stream.write_bytes(b"".join(map(message, market(random.Random(1), 500))))
    assert_all_proved("receive_path.py", stream, read_bytes, "spot_v1")


def test_v1_frames_to_features_under_heap_lock(board_model, tmp_path):
    lines = tmp_path / "lines"
    lines.write_bytes(b"\n".join(market(random.Random(2), 500)))
    assert_all_proved("frames_alone.py", lines, "spot_v1")
