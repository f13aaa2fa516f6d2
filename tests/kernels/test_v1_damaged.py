"""Damaged v1 frames are harmless: see damage.py for what that is."""

import re

import pytest
import v1_reference
import v1_spelling
from agreement import assert_same_everywhere
from damage import (
    Spot,
    assert_every_cut_is_refused,
    assert_no_part_is_a_book,
    broken,
    noise,
    shapes,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from runtimes import player

_DIALECT = {"dialect": "spot_v1"}
_EXCHANGE = v1_spelling.Exchange(10)
SNAPSHOT = _EXCHANGE.say(
    "snapshot",
    "BTC/USD",
    [("45283.5", "0.10000000"), ("45283.4", "1.54582015")],
    [("45285.2", "0.00100000"), ("45286.4", "1.54571953")],
)
UPDATE = _EXCHANGE.say("update", "BTC/USD", [("45283.4", "0.00000000")], after_us=10**6)
BOTH = _EXCHANGE.say(
    "update",
    "BTC/USD",
    [("45283.0", "1.5E-3")],
    [("45285.10", "0.00000000"), ("45286.4", "20.0")],
    2 * 10**6,
    marked=True,
)
SPACED = (
    b'[ 7 ,{ "c" :"1", "new":{"a":[1,{"b":"}]"}],"c":null}} ,'
    b'{"a":[ ["45286.4" , "2","1693415327.9" ] ]}, "book" ,"XBT/USD" ]'
)
FRAMES = [SNAPSHOT, UPDATE, BOTH, SPACED]
_KNOWN = "as|bs|[abc]|book|XBT/USD|[-+0-9.eE]*"


def tame(text):
    if text.startswith("book-"):
        return "book"
    return text if re.fullmatch(_KNOWN, text) else "~"


V1 = Spot(SNAPSHOT, v1_reference, tame, escape=b"\\", settings=_DIALECT)


@pytest.mark.parametrize("frame", FRAMES, ids=["snapshot", "update", "both", "spaced"])
def test_no_part_of_a_v1_frame_is_a_book(play, frame):
    assert_no_part_is_a_book(play, SNAPSHOT, frame, **_DIALECT)


@pytest.mark.parametrize("frame", [UPDATE, BOTH], ids=["update", "both"])
def test_a_byte_damaged_anywhere_of_v1_on_the_host(frame):
    V1.assert_harmless(player("native"), shapes(frame))


@pytest.mark.parametrize("phase", range(4))
def test_a_byte_damaged_in_many_places_of_v1(play, phase):
    """A part of all damages, another one on each frame, because two runtimes are slow."""
    frame = FRAMES[phase]
    V1.assert_harmless(play, list(shapes(frame))[phase::29], strict=frame != SPACED)


@settings(max_examples=25, deadline=None)
@given(st.lists(broken(FRAMES), min_size=1, max_size=20))
def test_v1_frames_damaged_in_several_places(play, frames):
    V1.assert_harmless(play, frames, strict=False)


@settings(max_examples=150, deadline=None)
@given(st.lists(broken(FRAMES), min_size=10, max_size=20))
def test_many_v1_frames_damaged_in_several_places(frames):
    V1.assert_harmless(player("native"), frames, strict=False)


@settings(max_examples=25, deadline=None)
@given(noise("abcsrbookUSDXT/", b'[1,{"a":[["%b"]]}]', b'{"event":%b}'))
def test_v1_noise(play, frames):
    V1.assert_harmless(play, frames)


@settings(max_examples=20, deadline=None)
@given(st.lists(broken(FRAMES) | st.binary(max_size=80), max_size=12))
def test_the_runtimes_agree_on_damaged_v1_frames(board_model, frames):
    assert_same_everywhere([SNAPSHOT, *frames], **_DIALECT)


def test_every_recorded_v1_frame_cut_at_every_byte(feeds):
    """The snapshots' cuts are left out."""
    file = feeds / "cryptofeed" / "KRAKEN.ws.50.0"
    frames = [
        line.split(b": ", 1)[1] for line in file.read_bytes().splitlines() if b'"c":' in line
    ]
    assert assert_every_cut_is_refused(SNAPSHOT, frames[::2], **_DIALECT) > 200_000
