"""The swift decoder says what the general one says, or leaves the frame to it; and it takes what Kraken sends."""

from array import array

import pytest
import spelling
from damage import broken, shapes
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_damaged_frames import FRAMES, PLAIN, SNAPSHOT

from firmware import config
from firmware.feeds import buffers
from firmware.kernels.decode_v2 import decode
from firmware.kernels.swift_v2 import swift
from host.runtimes.checked import checked

_UPDATE, _WIRE = 0, 12
_DATE = slice(3, 5)
_GROUP = slice(8, 15)
_LEVELS = 32
_LAST = 10  # of the only group: where its levels end
_AROUND = b'7"}]{:.'  # what a decoder must not look at


def _pair():
    """Update buffers for both decoders, and the table of pairs."""
    given = config.check({"pairs": ["BTC/USD", "BTC/USDT"], "depth": 10})
    mine, other = buffers.make(given), buffers.make(given)
    return mine[_UPDATE], other[_UPDATE], mine[_WIRE]


def _says(run, frame, update, wire, around=b""):
    whole = bytearray(around + frame + around)
    kind = run(whole, len(around), len(around) + len(frame), update, wire)
    words = array("i", update)
    last = words[_LAST] if kind == 2 else 0
    found = [list(words[:3]), list(words[_GROUP]), list(words[_LEVELS:last])]
    return kind, found


def _agree(runs, frames, around=b""):
    """How many of them the swift one took."""
    quick, slow = runs
    mine, other, wire = _pair()
    slow(bytearray(SNAPSHOT), 0, len(SNAPSHOT), other, wire)
    took = 0
    for frame in frames:
        mine[_DATE] = other[_DATE]
        kind, found = _says(quick, frame, mine, wire, around)
        if kind:
            assert (kind, found) == _says(slow, frame, other, wire, around), frame
            took += 1
        else:
            _says(slow, frame, other, wire, around)
    return took


NATIVE = swift, decode
CHECKED = checked(swift), checked(decode)


@pytest.mark.parametrize("runs", [NATIVE, CHECKED], ids=["native", "checked"])
def test_all_that_kraken_recorded_is_taken(runs, real_frames):
    # But for the snapshot, and the first message of the day.
    assert _agree(runs, real_frames) == len(real_frames) - 2


@pytest.mark.parametrize("runs", [NATIVE, CHECKED], ids=["native", "checked"])
def test_with_one_byte_damaged_anywhere(runs):
    frames = list(shapes(PLAIN))
    took = _agree(runs, frames if runs is NATIVE else frames[::7], _AROUND)
    assert 0 < took < len(frames)


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
    for runs in (NATIVE, CHECKED):
        _agree(runs, frames)


@settings(max_examples=150, deadline=None)
@given(st.lists(broken([PLAIN, *FRAMES]), min_size=5, max_size=20))
def test_damaged_in_several_places(frames):
    _agree(NATIVE, frames, _AROUND)
    _agree(CHECKED, frames)


def test_more_levels_than_there_is_room_for_are_left_to_decode():
    exchange = spelling.Exchange(10)
    levels = [(f"{100 + n}.5", "1.00000000") for n in range(60)]
    frame = exchange.say("update", "BTC/USD", levels, [], "2026-08-24T22:21:59.110183Z")
    assert _agree(CHECKED, [frame]) == 0
