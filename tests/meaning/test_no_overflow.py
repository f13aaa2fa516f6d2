"""The whole conductor on the checked runtime, everything on, prices and sizes from 0.00000001 to 10,000,000."""

import json
import random
from pathlib import Path

import planted_feed
import spelling
from drawing import drawn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from planted_feed import PAIRS
from test_known_case import on_board, on_host

from firmware import config
from firmware.feeds import buffers
from firmware.feeds.spot_v2 import on_frame
from firmware.feeds.take_market import take_market
from host.runtimes.checked import checked

_GIVEN = {
    "correlation_window": 20,
    "contagion_threshold": 0.3,
    "imbalance_threshold": 0.01,
    "spread_threshold_bps": 1000.0,
    "signal_cooldown_ms": 0,
    "book_interval_ms": 0,
    "depth_bps": 1000,
}
_DECIMALS = 8
_LOWEST, _HIGHEST = 1, 10**15  # in units of the last decimal
_CALM, _WILD = 0.0004, 0.02  # how far a walk may go in a round, before and after the half
_KIND_MARKET = 3
_COUNTERS, _OUT = 10, 11
_OUT_COUNT = 7
_KERNELS = checked(on_frame), checked(take_market)


@st.composite
def markets(draw):
    """Frames of three pairs that stand still, walk, leap and go together; with lost proofs, silences and trades."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    moves = draw(
        st.lists(st.sampled_from(["still", "tick", "walk", "leap"]), min_size=3, max_size=3)
    )
    together = draw(st.booleans())
    rounds = draw(st.integers(25, 50))
    exchange = spelling.Exchange(10)
    prices = [_anywhere(rng) for _ in PAIRS]
    known = [None] * len(PAIRS)
    ms, frames = 0, []
    for n in range(rounds):
        luck = rng.random()
        for pair, name in enumerate(PAIRS):
            ms += rng.choice([33, 33, 33, 33, 0, 5, 120, 450] + [9000, 20_000] * (n % 20 == 7))
            wild = _WILD if n > rounds // 2 else _CALM
            prices[pair] = _moved(
                prices[pair], moves[pair], wild, rng, luck if together else rng.random()
            )
            sides = [
                [
                    (_text(max(prices[pair] + sign * (2 * k + 1), _LOWEST)), _text(_anywhere(rng)))
                    for k in range(rng.randrange(1, 4))
                ]
                for sign in (-1, 1)
            ]
            sides[0] = list(dict(sides[0]).items())
            stamp = planted_feed.stamp(ms)
            fresh = known[pair] is None or rng.random() < 0.1
            if fresh:
                frame = exchange.say(
                    "snapshot", name, *sides, stamp if rng.random() < 0.8 else None
                )
            else:
                said = [
                    [(old, _text(0)) for old, _ in before if old not in dict(now)] + now
                    for before, now in zip(known[pair], sides, strict=True)
                ]
                frame = exchange.say("update", name, *said, stamp)
            known[pair] = sides
            if rng.random() < 0.005:
                frame = planted_feed.wrong(frame)
                known[pair] = None
            frames.append(frame)
            if rng.random() < 0.3:
                size = spelling.plain(_anywhere(rng), rng.choice([0, 8, 15]))
                frames.append(
                    planted_feed.trade(name, rng.randrange(9), _text(prices[pair]), size, stamp)
                )
    return frames


def _anywhere(rng):
    return min(max(int(10 ** rng.uniform(0, 15)), _LOWEST), _HIGHEST)


def _moved(price, how, wild, rng, luck):
    if how == "tick":
        price += round(luck * 2 - 1)
    elif how == "walk":
        price = int(price * (1 + (luck - 0.5) * wild))
    elif how == "leap" and rng.random() < 0.3:
        price = rng.choice([_LOWEST, _HIGHEST, _anywhere(rng)])
    return min(max(price, _LOWEST + 1), _HIGHEST)


def _text(units):
    return spelling.plain(units, _DECIMALS)


def on_checked(frames):
    """Each frame has its buffer to itself, so that a look beyond either end traps, too."""
    made = buffers.make(
        config.check({"pairs": list(PAIRS), "channels": planted_feed.CHANNELS, **_GIVEN})
    )
    take_frame, take_channel = _KERNELS
    said = b""
    for frame in frames:
        if take_frame(frame, 0, len(frame), 0, made) == _KIND_MARKET:
            take_channel(frame, 0, len(frame), made)
        said += bytes(made[_OUT][: made[_COUNTERS][_OUT_COUNT]])
    return said


# A smaller seed is no smaller market, so that there is nothing to shrink.
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(markets())
def test_nothing_overflows_and_every_record_is_sound(frames):
    kinds = set()
    for line in on_checked(frames).splitlines():
        assert len(line) < 120
        record = json.loads(line)
        kinds.add(record["k"])
        if record["k"] == "vol":
            assert min(record["v"], record["f"], record["s"]) >= 0
            assert record["m"] in (-1, 0, 1) and 1 <= record["x"] <= 2
        if record["k"] == "corr":
            assert max(abs(record["c"]), abs(record["l"])) <= 1
            assert record["lag"] in range(-300, 301, 100)
        if record["k"] == "flow":
            assert record.get("x") is None or abs(record["x"]) <= 1
    assert {"book", "vol", "corr", "flow"} <= kinds


def test_other_runtimes_say_the_same(board_model, tmp_path):
    frames = drawn(markets(), 3)[-1]
    path: Path = tmp_path / "extreme.feed"
    path.write_bytes(b"".join(b"1787608800.0: %s\n" % frame for frame in frames))
    said = on_checked(frames)
    assert all(kind in said for kind in (b'"vol"', b'"corr"', b'"flow"', b'"trade"'))
    assert on_board(path, **_GIVEN) == said
    assert on_host(path, **_GIVEN) == said
