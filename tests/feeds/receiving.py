"""What the receive paths of all dialects are given and must reach on the board model, the heap locked."""

import json
from pathlib import Path

import spelling

from host.boardmodel.model import run_script

_MESSAGES = 10_000
PAIRS = ("BTC/USD", "ETH/USD", "BTC/EUR")  # the default settings'
_PROGRAMS = Path(__file__).parent / "programs"
_LIVE = 1


def side(rng, sign, count):
    """Levels of a spot book, the best one first; now and then they are deleted."""
    away = rng.sample(range(1, 20), count)
    deleted = count < 10 and rng.random() < 0.3
    return [
        (
            spelling.plain(452_845 + sign * ticks, 1),
            spelling.plain(0 if deleted else rng.randrange(1, 10**9), 8),
        )
        for ticks in sorted(away)
    ]


def message(text):
    """An unmasked WebSocket text message (RFC 6455, 5.2)."""
    size = len(text)
    head = bytes([0x81, size]) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + text


def received(program, file, messages, *args):
    """What `program` says of so many messages of the file: done, counters, published, states, sampled."""
    return json.loads(run_script(_PROGRAMS / program, file, messages, *args))


def assert_all_proved(program, file, *args, pairs=PAIRS):
    """Nothing was skipped, bad or left unproved; how many snapshots there were."""
    done, counters, published, states, sampled, *_ = received(program, file, _MESSAGES, *args)
    messages, proved, bad, skipped, signals, heartbeats = counters[:6]
    assert messages == done >= _MESSAGES
    assert (bad, skipped) == (0, 0)
    assert proved + heartbeats == done and heartbeats > 100 and signals > 10
    assert sum(published) == proved and min(published) > 1000
    assert states == [_LIVE] * len(pairs)
    assert min(sampled) > 500  # by the pulse, which is in the receive path
    return counters[9]
