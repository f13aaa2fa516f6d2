"""Damaged v2 frames are harmless: see damage.py for what that is."""

import re

import pytest
import reference
import spelling
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

_EXCHANGE = spelling.Exchange(10)
SNAPSHOT = _EXCHANGE.say(
    "snapshot",
    "BTC/USD",
    [("45283.5", "0.10000000"), ("45283.4", "1.54582015")],
    [("45285.2", "0.00100000"), ("45286.4", "1.54571953")],
    "2026-08-24T22:21:57.110183Z",
)
UPDATE = _EXCHANGE.say(
    "update",
    "BTC/USD",
    [("45283.4", "0.00000000")],
    [("45285.10", "1.5E-3"), ("45286.4", "20.0")],
    "2026-08-24T22:21:58.5Z",
)
DATA_FIRST = (
    b'{ "data" : [{"checksum":1,"asks":[{"qty":1,"price":2}],"symbol":"BTC/USD"}],'
    b'"type":"update","channel":"book"}'
)
NESTED = UPDATE.replace(b'"asks"', b'"new":{"a":[1,{"b":"}]"}],"c":null},"asks"')
# As Kraken spells it: what the swift decoder takes.
PLAIN = _EXCHANGE.say(
    "update",
    "BTC/USD",
    [("45283.4", "0.00000000"), ("45280.1", "12.34567890")],
    [("45285.2", "1.00000000")],
    "2026-08-24T22:21:59.110183Z",
)
FRAMES = [SNAPSHOT, UPDATE, DATA_FIRST, NESTED, PLAIN]
_KNOWN = (
    "channel|book|type|update|snapshot|data|symbol|timestamp|checksum|bids|asks|price|qty|BTC/USD"
)


def tame(text):
    return text if re.fullmatch(_KNOWN, text) else "~"


V2 = Spot(SNAPSHOT, reference, tame, escape=b"\\/", settings={})


@pytest.mark.parametrize("frame", FRAMES)
def test_no_part_of_a_frame_is_a_book(play, frame):
    assert_no_part_is_a_book(play, SNAPSHOT, frame)


@pytest.mark.parametrize("frame", [UPDATE, DATA_FIRST, PLAIN])
def test_a_byte_damaged_anywhere_on_the_host(frame):
    V2.assert_harmless(player("native"), shapes(frame))


@pytest.mark.parametrize("phase", range(4))
def test_a_byte_damaged_in_many_places(play, phase):
    """A part of all damages, another one on each frame, because two runtimes are slow."""
    frame = [SNAPSHOT, UPDATE, NESTED, PLAIN][phase]
    V2.assert_harmless(play, list(shapes(frame))[phase::29], strict=frame != NESTED)


@settings(max_examples=25, deadline=None)
@given(st.lists(broken(FRAMES), min_size=1, max_size=20))
def test_frames_damaged_in_several_places(play, frames):
    V2.assert_harmless(play, frames, strict=False)


@settings(max_examples=150, deadline=None)
@given(st.lists(broken(FRAMES), min_size=10, max_size=20))
def test_many_frames_damaged_in_several_places(frames):
    V2.assert_harmless(player("native"), frames, strict=False)


@settings(max_examples=25, deadline=None)
@given(noise("abcdefghiklmnopqrsty", b'{"channel":"book","data":[{%b}]}'))
def test_noise(play, frames):
    V2.assert_harmless(play, frames)


def test_every_recorded_frame_cut_at_every_byte(real_frames):
    """Some 60,000 cuts."""
    assert_every_cut_is_refused(real_frames[0], real_frames[1::2])
