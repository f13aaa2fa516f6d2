"""The swift decoder of spot v2 takes what Kraken sends and says what decode_v2 says: see swift_agreement.py."""

import pytest
import spelling
from damage import broken, shapes
from hypothesis import example, given, settings
from hypothesis import strategies as st
from swift_agreement import AROUND, count_agreed, runtimes
from test_damaged_frames import FRAMES, PLAIN, SNAPSHOT

from firmware.kernels.decode_v2 import decode
from firmware.kernels.swift_v2 import swift

_RUNS = runtimes(swift, decode)
_SETTINGS = {"pairs": ["BTC/USD", "BTC/USDT"], "depth": 10}


@pytest.mark.parametrize("name", _RUNS)
def test_all_that_kraken_recorded_is_taken(name, real_frames):
    # But for the snapshot, and the first message of the day.
    assert count_agreed(_RUNS[name], SNAPSHOT, real_frames, **_SETTINGS) == len(real_frames) - 2


@pytest.mark.parametrize("name", _RUNS)
def test_with_one_byte_damaged_anywhere(name):
    frames = list(shapes(PLAIN))[:: 1 if name == "native" else 7]
    assert 0 < count_agreed(_RUNS[name], SNAPSHOT, frames, AROUND, **_SETTINGS) < len(frames)


_digits = st.integers(0, 19).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
_number = st.one_of(
    st.tuples(_digits, _digits).map(".".join),
    _digits,
    st.sampled_from(
        ["0.00000000", "0.5", "1.", ".5", "00.1", "999999999.999999999", "-1.5", "1e5"]
    ),
)
_levels = st.lists(st.tuples(_number, _number), max_size=4)
_text = st.sampled_from(
    [
        "2026-08-24T22:21:59.110183Z",
        "2026-08-24T23:59:60.999999Z",
        "2026-08-24T24:00:00.000000Z",
        "2026-08-25T00:00:00.000000Z",
        "2026-08-24T22:21:59.110183",
        "2026-08-24_22:21:59.110183Z",
        "2026-07-55T22:21:59.110183Z",
        "2026-08-24T22:21:59.1101\\nZ",
    ]
)
_checksum = st.one_of(st.integers(0, 2**32 + 9), st.sampled_from([2**32 - 1, 2**32, 10**10]))


@settings(max_examples=300, deadline=None)
@example([([("1.5", "1.5")], [], 1, "2026-08-24T22:21:59.110183Z", "BTC/USDT")])
@given(
    st.lists(
        st.tuples(
            _levels, _levels, _checksum, _text, st.sampled_from(["BTC/USD", "BTC/USDT", "X/Y"])
        ),
        max_size=8,
    )
)
def test_numbers_times_and_names_of_every_kind(told):
    frames = []
    for bids, asks, checksum, text, name in told:
        sides = [",".join(f'{{"price":{p},"qty":{q}}}' for p, q in side) for side in (bids, asks)]
        frames.append(
            f'{{"channel":"book","type":"update","data":[{{"symbol":"{name}","bids":[{sides[0]}],'
            f'"asks":[{sides[1]}],"checksum":{checksum},"timestamp":"{text}"}}]}}'.encode()
        )
    for runs in _RUNS.values():
        count_agreed(runs, SNAPSHOT, frames, **_SETTINGS)


@settings(max_examples=150, deadline=None)
@given(st.lists(broken([PLAIN, *FRAMES]), min_size=5, max_size=20))
def test_damaged_in_several_places(frames):
    count_agreed(_RUNS["native"], SNAPSHOT, frames, AROUND, **_SETTINGS)
    count_agreed(_RUNS["checked"], SNAPSHOT, frames, **_SETTINGS)


def test_more_levels_than_there_is_room_for_are_left_to_decode():
    exchange = spelling.Exchange(10)
    levels = [(f"{100 + n}.5", "1.00000000") for n in range(60)]
    frame = exchange.say("update", "BTC/USD", levels, [], "2026-08-24T22:21:59.110183Z")
    assert count_agreed(_RUNS["checked"], SNAPSHOT, [frame], **_SETTINGS) == 0
