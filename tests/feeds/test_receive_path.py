"""On the board model, 10,000 messages from WebSocket bytes to published features allocate nothing."""

import random

import planted_feed
import pytest
import spelling
from meaning_feeds import planted
from receiving import PAIRS, assert_all_proved, message, received, side

from host.boardmodel.model import ScriptFailed, run_script

_LIVE = 1


def market(rng, messages):
    """Frames as Kraken sends them, with true checksums: a snapshot of each pair, updates, heartbeats."""
    exchange = spelling.Exchange(10)
    frames = [
        exchange.say("snapshot", pair, side(rng, -1, 10), side(rng, 1, 10), moment(0))
        for pair in PAIRS
    ]
    while len(frames) < messages:
        if rng.random() < 0.05:
            frames.append(b'{"channel":"heartbeat"}')
            continue
        bids, asks = (side(rng, sign, rng.randrange(4)) for sign in (-1, 1))
        frames.append(exchange.say("update", rng.choice(PAIRS), bids, asks, moment(len(frames))))
    return frames


def moment(n):
    return f"2026-08-24T22:{n // 600:02}:{n // 10 % 60:02}.{n % 10}00000Z"


@pytest.mark.parametrize("read_bytes", [0, 100], ids=["large reads", "small reads"])
def test_websocket_bytes_to_features_under_heap_lock(board_model, tmp_path, read_bytes):
    stream = tmp_path / "stream"
    stream.write_bytes(b"".join(map(message, market(random.Random(1), 500))))
    assert_all_proved("receive_path.py", stream, read_bytes, "spot_v2")


@pytest.mark.parametrize("read_bytes", [0, 1, 7, 251], ids=["several frames", "1", "7", "251"])
def test_every_recorded_checksum_proves_however_the_bytes_come(feeds, tmp_path, read_bytes):
    """One-byte reads cut every frame at every offset; a full buffer holds several frames."""
    lines = (feeds / "python-kraken-sdk" / "orderbook-v2.jsonl").read_bytes().splitlines()
    stream = tmp_path / "stream"
    stream.write_bytes(b"".join(map(message, lines)))
    done, counters, published, states, _ = received(
        "receive_path.py", stream, len(lines), read_bytes, "spot_v2"
    )
    messages, proved, bad, skipped = counters[:4]
    # A full buffer may already hold the first frames of the next round.
    assert done >= len(lines) == 510
    assert (proved, bad, skipped) == (messages, 0, 0)
    assert states[0] == _LIVE and published[0] == proved


def test_frames_to_features_under_heap_lock(board_model, tmp_path):
    lines = tmp_path / "lines"
    lines.write_bytes(b"\n".join(market(random.Random(2), 500)))
    assert_all_proved("frames_alone.py", lines, "spot_v2")


def test_an_alert_and_what_follows_from_it_under_heap_lock(board_model, tmp_path):
    """A planted shock: contagion begins and ends, followers hear their leader."""
    rounds = planted(before=300, shock=100, after=120)
    frames = [frame for _, frame in planted_feed.told(rounds, channels=False)]
    lines = tmp_path / "lines"
    lines.write_bytes(b"\n".join(frames))
    _, counters, *_, alerts = received("frames_alone.py", lines, len(frames), "spot_v2")
    assert counters[1] == len(frames) and alerts == 2


def test_the_lock_would_tell(board_model):
    """One allocation under the lock ends the program."""
    with pytest.raises(ScriptFailed, match="MemoryError"):
        run_script("import micropython\nmicropython.heap_lock()\nbytearray(100)")
