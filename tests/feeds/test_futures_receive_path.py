"""On the board model, 10,000 futures messages, snapshots of 2,000 levels among them, allocate nothing."""

import random

import pytest
from futures_reference import delta, snapshot
from receiving import assert_all_proved, message

_PRODUCTS = ("PF_XBTUSD", "PF_ETHUSD")  # the default settings'
_LEVELS = {"PF_XBTUSD": 1000, "PF_ETHUSD": 20}  # a side; 64 KB, and what fits the receive buffer
_MIDDLE = 840_000


def market(rng, messages):
    """Frames as Kraken sends them: a snapshot of each product, then deltas of one level, and heartbeats."""
    seq = {product: rng.randrange(10**12) for product in _PRODUCTS}
    frames = [
        snapshot(
            product,
            seq[product],
            *(
                [(price(sign * n), f"{rng.randrange(1, 10**6)}e-4") for n in range(1, count + 1)]
                for sign in (-1, 1)
            ),
        )
        for product, count in _LEVELS.items()
    ]
    while len(frames) < messages:
        if rng.random() < 0.05:
            frames.append(b'{"feed":"heartbeat","time":1790359997224}')
            continue
        product = rng.choice(_PRODUCTS)
        seq[product] += 1
        side = rng.choice(["buy", "sell"])
        away = rng.choice([rng.randrange(1, 9), rng.randrange(1, _LEVELS[product])])
        qty = "0.0" if away < 9 and rng.random() < 0.3 else f"{rng.randrange(1, 9999)}.0"
        where = price(-away if side == "buy" else away)
        frames.append(
            delta(product, seq[product], side, where, qty, 1790359997224 + 40 * len(frames))
        )
    return frames


def price(ticks):
    return f"{(_MIDDLE + ticks) / 10}"


def fragments(text):
    """A message of three frames, the first of which would still fit the receive buffer (RFC 6455, 5.4)."""
    parts = [text[:1000], text[1000:60_000], text[60_000:]]
    frames = [message(part) for part in parts]
    heads = [0x01, 0x00, 0x80]
    return b"".join(bytes([head]) + frame[1:] for head, frame in zip(heads, frames, strict=True))


@pytest.mark.parametrize("read_bytes", [0, 7, 100], ids=["large reads", "7", "small reads"])
def test_futures_websocket_bytes_to_features_under_heap_lock(board_model, tmp_path, read_bytes):
    frames = market(random.Random(1), 500)
    assert len(frames[0]) > 64_000 and len(frames[1]) < 2048
    stream = tmp_path / "stream"
    stream.write_bytes(fragments(frames[0]) + b"".join(map(message, frames[1:])))
    assert_proved_anew("receive_path.py", stream, read_bytes, "futures_v1")


def test_futures_frames_to_features_under_heap_lock(board_model, tmp_path):
    lines = tmp_path / "lines"
    lines.write_bytes(b"\n".join(market(random.Random(2), 500)))
    assert_proved_anew("frames_alone.py", lines, "futures_v1")


def assert_proved_anew(*program):
    """Also by a snapshot of each product in every round."""
    assert assert_all_proved(*program, pairs=_PRODUCTS) >= 40
