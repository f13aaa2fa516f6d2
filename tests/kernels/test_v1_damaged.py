r"""Damaged v1 frames never trap, change nothing when they are refused, and are no book where json refuses them.

The last has one exception: text. Inside quotes only the closing quote is looked for and control
characters are refused, so a wrong escape and bytes that are no UTF-8 pass (an unknown key, a time
that is then unknown, a name that is then none of ours). Inside the value of an unknown key,
likewise, only quotes and brackets count.
"""

import re

import pytest
import v1_reference
import v1_spelling
from agreement import assert_same_book
from hypothesis import given, settings
from hypothesis import strategies as st
from runtimes import BOOK, player
from test_damaged_frames import INSERTED, damaged, shapes

V1 = {"dialect": "spot_v1"}
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


@pytest.mark.parametrize("frame", FRAMES, ids=["snapshot", "update", "both", "spaced"])
def test_no_part_of_a_v1_frame_is_a_book(play, frame):
    """Cut behind every byte, where all are refused, and before every byte."""
    parts = [frame[:at] for at in range(len(frame))] + [frame[at:] for at in range(1, len(frame))]
    begin, *steps = play([SNAPSHOT, *parts], **V1)
    assert all(step.kind < 0 for step in steps[: len(frame)])
    assert all(step.kind != BOOK for step in steps[len(frame) :])
    assert {step.state for step in steps} == {begin.state}
    assert not any(step.lines for step in steps)


@pytest.mark.parametrize("frame", [UPDATE, BOTH], ids=["update", "both"])
def test_a_byte_damaged_anywhere_of_v1_on_the_host(frame):
    assert_harmless(player("native"), shapes(frame))


@pytest.mark.parametrize("phase", range(4))
def test_a_byte_damaged_in_many_places_of_v1(play, phase):
    """A part of all damages, another one on each frame, because two runtimes are slow."""
    frame = FRAMES[phase]
    assert_harmless(play, list(shapes(frame))[phase::29], strict=frame != SPACED)


broken = st.tuples(
    st.sampled_from(FRAMES),
    st.lists(
        st.tuples(
            st.sampled_from(["flip", "drop", "repeat", "insert", "cut", "swap"]),
            st.integers(0, 500),
            st.integers(0, 255) | st.sampled_from(INSERTED),
        ),
        min_size=1,
        max_size=6,
    ),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(broken, min_size=1, max_size=20))
def test_v1_frames_damaged_in_several_places(play, cases):
    assert_harmless(play, [damaged(*case) for case in cases], strict=False)


@settings(max_examples=150, deadline=None)
@given(st.lists(broken, min_size=10, max_size=20))
def test_many_v1_frames_damaged_in_several_places(cases):
    assert_harmless(player("native"), [damaged(*case) for case in cases], strict=False)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.binary(max_size=60)
        | st.binary(max_size=60).map(lambda noise: b'[1,{"a":[["' + noise + b'"]]}]')
        | st.binary(max_size=40).map(lambda noise: b'{"event":' + noise + b"}")
        | st.text('{}[]":,\\ 0123456789.eE-abcsrbookUSDXT/', max_size=80).map(str.encode),
        min_size=5,
        max_size=20,
    )
)
def test_v1_noise(play, frames):
    assert_harmless(play, frames)


@settings(max_examples=20, deadline=None)
@given(st.lists(broken.map(lambda case: damaged(*case)) | st.binary(max_size=80), max_size=12))
def test_the_runtimes_agree_on_damaged_v1_frames(board_model, frames):
    def run(name):
        steps = player(name)([SNAPSHOT, *frames], **V1)
        return [(step.kind, step.lines, step.state, step.counters) for step in steps]

    assert run("checked") == run("native") == run("board")


def assert_harmless(play, frames, strict=True):
    """Each frame meets a fresh snapshot; json and the reference say what may come of it."""
    frames = list(frames)
    told = [part for frame in frames for part in (SNAPSHOT, frame)]
    steps = play(told, **V1)
    for frame, before, step in zip(frames, steps[::2], steps[1::2], strict=True):
        assert before.books[0].state == "LIVE"
        if step.kind != BOOK:
            assert step.state == before.state and step.lines == b"", frame
            continue
        feed = v1_reference.Feed(["BTC/USD"], 10)
        feed.take(SNAPSHOT)
        try:
            feed.take(frame)
        except v1_reference.NotABook:
            assert not strict or excused(frame), frame
            continue
        if b"\\" in frame:
            continue
        # Not the time: only its shape is looked at.
        assert_same_book(step.books[0], feed.books[0], time=False)


def excused(frame):
    """Is it only its texts that json refuses? (Only for one damaged byte: see the module's text.)"""
    latin = frame.decode("latin-1")

    def tame(match):
        if match[0].startswith('"book-'):
            return '"book"'
        known = re.fullmatch("as|bs|[abc]|book|XBT/USD|[-+0-9.eE]*", match[0][1:-1])
        return match[0] if known else '"~"'

    try:
        v1_reference.read(re.sub(r'"(?:\\[^\0-\x1f]|[^"\\\0-\x1f])*"', tame, latin).encode())
    except v1_reference.NotABook:
        return False
    return True


def test_every_recorded_v1_frame_cut_at_every_byte(feeds):
    """On the native runtime alone, for there are some 200,000 cuts; the snapshots' are left out."""
    file = feeds / "cryptofeed" / "KRAKEN.ws.50.0"
    frames = [
        line.split(b": ", 1)[1] for line in file.read_bytes().splitlines() if b'"c":' in line
    ]
    parts = [frame[:at] for frame in frames[::2] for at in range(len(frame))]
    begin, *steps = player("native")([SNAPSHOT, *parts], **V1)
    assert len(parts) > 200_000
    assert all(step.kind < 0 and step.state == begin.state for step in steps)
