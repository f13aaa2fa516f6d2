"""The swift decoder of futures takes what Kraken sends and says what decode_futures says: see swift_agreement.py."""

import pytest
from damage import broken, shapes
from futures_reference import delta
from futures_samples import DELTA, PRODUCT, SNAPSHOT
from hypothesis import example, given, settings
from hypothesis import strategies as st
from swift_agreement import AROUND, count_agreed, runtimes
from test_futures_damaged import FRAMES

from firmware.kernels.decode_futures import decode
from firmware.kernels.swift_futures import swift

_RUNS = runtimes(swift, decode)
_SETTINGS = {"dialect": "futures_v1", "pairs": [PRODUCT, "PF_XBTUSD"], "depth": 25}


@pytest.mark.parametrize("name", _RUNS)
def test_the_recorded_deltas_are_taken(name, feeds):
    lines = (feeds / "cryptofeed" / "KRAKEN_FUTURES.ws.1.0").read_bytes().splitlines()
    frames = [line.partition(b": ")[2] for line in lines if b'"feed":"book",' in line]
    frames = frames if name == "native" else frames[::10]
    # Of the others a number has no dot, or more than nine digits.
    assert count_agreed(_RUNS[name], SNAPSHOT, frames, **_SETTINGS) > 0.95 * len(frames)


@pytest.mark.parametrize("name", _RUNS)
def test_with_one_byte_damaged_anywhere(name):
    frames = list(shapes(DELTA))[:: 1 if name == "native" else 7]
    assert 0 < count_agreed(_RUNS[name], SNAPSHOT, frames, AROUND, **_SETTINGS) < len(frames)


_digits = st.integers(0, 12).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
_number = st.one_of(
    st.tuples(_digits, _digits).map(".".join),
    _digits,
    st.sampled_from(["0.0", "0.5", "1.", ".5", "00.1", "999999999.9", "-1.5", "1e5", "0"]),
)
_names = st.sampled_from([PRODUCT, "PF_XBTUSD", "PI_XBTUSDT", "PI", 'A"B', "A\\B"])


@settings(max_examples=300, deadline=None)
@example([(PRODUCT, 1, "buy", "1.5", "0.0")])
@given(
    st.lists(
        st.tuples(_names, st.integers(0, 10**10), st.sampled_from(["buy", "sell", "bell"]), _number, _number),
        max_size=10,
    )
)  # fmt: skip
def test_numbers_and_names_of_every_kind(told):
    frames = [delta(*each) for each in told]
    for runs in _RUNS.values():
        count_agreed(runs, SNAPSHOT, frames, **_SETTINGS)


@settings(max_examples=150, deadline=None)
@given(st.lists(broken([DELTA, *FRAMES]), min_size=5, max_size=20))
def test_damaged_in_several_places(frames):
    count_agreed(_RUNS["native"], SNAPSHOT, frames, AROUND, **_SETTINGS)
    count_agreed(_RUNS["checked"], SNAPSHOT, frames, **_SETTINGS)
