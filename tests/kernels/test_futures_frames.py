"""Futures frames are read as json reads them, in any spelling; what is wrong is refused and changes nothing."""

import json

import pytest
from futures_reference import FullBook, assert_best, delta, read, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import NotABook
from runtimes import BOOK, HEARTBEAT, MARKET, OTHER, player
from test_damaged_frames import INSERTED, damaged, shapes
from test_refused_frames import error_of

PRODUCT = "PI_XBTUSD"
SNAPSHOT = snapshot(
    PRODUCT,
    26660859,
    [("439.3", "20108.0"), ("438.9", "1e3")],
    [("439.6", "5.0"), ("440.0", "3.25")],
)
DELTA = delta(PRODUCT, 26660860, "sell", "2004.85", "4787.0")
MIXED = (
    b' { "qty" : 0.0 ,"timestamp":1626994927744,"new":{"a":[1,{"b":"}]"}],"c":null},'
    b'"price":4.396E+2,"seq":26660860,"side":"sell","product_id":"PI_XBTUSD","feed":"book"} '
)
BEFORE = b'{"bids":[{"qty":1,"price":2}],"seq":1,"asks":[],"product_id":"PI_XBTUSD","feed":"book_snapshot"}'


def run(play, frames, **given):
    return play(frames, pairs=[PRODUCT], dialect="futures_v1", **given)


def instead(old, new, frame=DELTA):
    old, new = old.encode(), new.encode("latin-1")
    assert frame.count(old) == 1
    return frame.replace(old, new)


def with_price(text):
    return instead("2004.85", text)


LEVEL = '{"price":438.9,"qty":1e3}'
REFUSED = {
    "TRUNCATED": [b"", b" \n", DELTA[:-1], SNAPSHOT[:-2], b"[1,2]", b'{"feed":"book"'],
    "SYNTAX": [
        DELTA + b"}",
        DELTA + DELTA,
        b"[" + DELTA,
        b"\xef\xbb\xbf" + DELTA,
        instead('"seq":', '"seq" '),
        instead('"seq":', "seq:"),
        instead('"sell",', '"sell",,'),
        instead("PI_XBT", "PI\nXBT"),
        instead('"bids":[{', '"bids":[[', SNAPSHOT),
        instead(LEVEL + "]", LEVEL + "}", SNAPSHOT),
        instead(LEVEL, LEVEL + ",", SNAPSHOT),
        instead('"tickSize":null', '"tickSize":[1}', SNAPSHOT),
        *map(with_price, ["9.8.1", "9.8 1", "9,8", "1_0"]),
    ],
    "NUMBER": [
        *map(with_price, ["-9.8", "+9.8", ".8", "9.", "9.e1", "09.8", "00.8", "NaN", "Infinity"]),
        *map(with_price, ['"9.8"', "null", "true", "[9.8]", "e5", "9.8e", "9.8e+", "9.8e1000"]),
        *(instead("26660860", seq) for seq in ("1.5", "-1", '"1"', "null", "1e-1")),
        instead("1626994927744", '"2026"'),
        instead("1626994927744", "1626994927744.5"),
    ],
    "DIGITS": [
        with_price("1234567890.123456789"),
        instead("26660860", "1234567890123456789"),
        instead("438.9", "0.1000000000000000000", SNAPSHOT),
    ],
    "FIELD": [
        *(
            instead(member, "")
            for member in ('"product_id":"PI_XBTUSD",', '"side":"sell",', '"seq":26660860,')
        ),
        instead('"price":2004.85,', ""),
        instead('"qty":4787.0,', ""),
        instead('"sell"', '"ask"'),
        instead('"sell"', '"sel"'),
        instead('"sell"', "1"),
        instead('"PI_XBTUSD"', '["PI_XBTUSD"]'),
        instead('"book"', "1"),
        instead('"side"', '"seq":1,"side"'),
        instead('"side"', '"bids":[],"side"'),
        instead('"asks"', '"sides"', SNAPSHOT),
        instead('"asks"', '"bids"', SNAPSHOT),
        instead('"seq":26660859,', "", SNAPSHOT),
        instead('"seq"', '"price":1,"seq"', SNAPSHOT),
        instead('"seq"', '"side":"buy","seq"', SNAPSHOT),
        instead('"tickSize":null', '"bids":null', SNAPSHOT.replace(b'"bids"', b'"new"')),
        instead(LEVEL, '{"price":1}', SNAPSHOT),
        instead(LEVEL, "{}", SNAPSHOT),
        instead(LEVEL, '{"price":1,"qty":1,"qty":1}', SNAPSHOT),
        b'{"feed":"book"}',
        b'{"bids":[{"price":1,"qty":1}],"price":1,"qty":1,"side":"buy","product_id":"PI_XBTUSD",'
        b'"seq":1,"feed":"book"}',
    ],
    "NESTING": [instead('"seq"', '"new":' + "[" * 25 + "]" * 25 + ',"seq"')],
}
TAKEN = [
    DELTA,
    SNAPSHOT,
    MIXED,
    BEFORE,
    *map(with_price, ["9.8e0", "98E-1", "0.98e+01", "9.800000000000000", "2004", "0", "1e3"]),
    instead(',"timestamp":1626994927744', ""),
    instead("1626994927744", "1626994927744e0"),
    instead('"side"', '"price ":{"price":[]},"side"'),
    instead('"PI_XBTUSD"', '"PI_XBTUSDX"'),
    instead('"PI_XBTUSD"', '""'),
    instead(LEVEL, '{"qty":1,"new":[{}],"price":2}', SNAPSHOT),
    instead('"asks":[', '"asks":[ \n', SNAPSHOT),
]


def test_wrong_frames_are_refused_by_name(play):
    frames = [(name, frame) for name, frames in REFUSED.items() for frame in frames]
    steps = run(play, [SNAPSHOT, *(frame for _, frame in frames)])
    said = [
        (error_of(step.kind), frame) for step, (_, frame) in zip(steps[1:], frames, strict=True)
    ]
    assert said == frames
    assert {step.state for step in steps} == {steps[0].state}
    assert not any(step.lines for step in steps[1:])
    assert steps[-1].counters["skipped"] == len(frames)


def test_json_refuses_them_too():
    for name, frames in REFUSED.items():
        for frame in frames if name != "NESTING" else []:
            if b"e1000" in frame:
                continue
            with pytest.raises(NotABook):
                read(frame)


def test_odd_frames_are_taken(play):
    for frame in TAKEN:
        read(frame)
    assert [step.kind for step in run(play, TAKEN)] == [BOOK] * len(TAKEN)


@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        (HEARTBEAT, b'{"feed":"heartbeat","time":1534262350627}'),
        (HEARTBEAT, b'{"time":1534262350627,"feed":"heartbeat"}'),
        (MARKET, b'{"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[{"seq":1}]}'),
        (
            MARKET,
            b'{"product_id":"PI_XBTUSD","seq":7,"qty":1.5,"side":"buy","price":2.0,"feed":"trade"}',
        ),
        (MARKET, b'{"feed":"ticker_lite","product_id":"PI_XBTUSD","bid":1.0}'),
        (OTHER, b'{"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]}'),
        (OTHER, b'{"feed":"book","event":"subscribed","product_ids":["PI_XBTUSD"]}'),
        (OTHER, b'{"event":"alert","message":"rate_limited"}'),
        (OTHER, b'{"feed":"fills","fills":[[[[oops}'),
        (OTHER, b'{"feed":"books"}'),
        (OTHER, b'{"feed":"book_snapshots","seq":1}'),
        (OTHER, b'{"feed":""}'),
        (OTHER, b"{}"),
    ],
)
def test_other_feeds_leave_the_books_alone(play_on_host, kind, frame):
    before, step = run(play_on_host, [SNAPSHOT, frame])
    assert step.kind == kind and step.state == before.state and step.lines == b""


def test_as_many_levels_as_there_is_room_for(play):
    """The best of each side are kept, whichever side comes first, and nothing is written behind them."""
    sides = [[(f"{1000 + sign * n}.5", f"{n}.0") for n in range(1, 400)] for sign in (-1, 1)]
    one = snapshot(PRODUCT, 7, *sides)
    bids, asks = one.index(b'"bids"'), one.index(b'"asks"')
    other = one[:bids] + one[asks:-1] + b"," + one[bids : asks - 1] + b"}"
    assert json.loads(one) == json.loads(other)
    for frame in (one, other):
        (step,) = run(play, [frame])
        assert (len(step.books[0].bids), len(step.books[0].asks)) == (15, 15)
        truth = FullBook()
        truth.take(read(frame))
        assert_best(step.books[0], truth)


@pytest.mark.parametrize("frame", [SNAPSHOT, DELTA, MIXED, BEFORE])
def test_no_part_of_a_frame_is_a_book(play, frame):
    """Cut behind every byte, where all are refused, and before every byte."""
    whole = len(frame.rstrip())
    parts = [frame[:at] for at in range(whole)] + [frame[at:] for at in range(2, len(frame))]
    begin, *steps = run(play, [SNAPSHOT, *parts])
    assert all(step.kind < 0 for step in steps[:whole])
    assert all(step.kind != BOOK for step in steps[whole:])
    assert {step.state for step in steps} == {begin.state}


def test_every_recorded_frame_cut_at_every_byte(feeds):
    """On the native runtime alone, of every tenth delta and the smallest snapshot."""
    lines = (feeds / "cryptofeed" / "KRAKEN_FUTURES.ws.1.0").read_bytes().splitlines()
    frames = [line.partition(b": ")[2] for line in lines]
    books = [frame for frame in frames if frame.startswith(b'{"feed":"book"')][::10]
    books.append(min((f for f in frames if f.startswith(b'{"feed":"book_s')), key=len))
    parts = [frame[:at] for frame in books for at in range(len(frame))]
    assert len(parts) > 80_000
    begin, *steps = run(player("native"), [SNAPSHOT, *parts])
    assert all(step.kind < 0 and step.state == begin.state for step in steps)


@pytest.mark.parametrize("frame", [DELTA, BEFORE])
def test_a_byte_damaged_anywhere_on_the_host(frame):
    assert_harmless(player("native"), shapes(frame))


@pytest.mark.parametrize("phase", range(3))
def test_a_byte_damaged_in_many_places(play, phase):
    frame = [SNAPSHOT, DELTA, MIXED][phase]
    assert_harmless(play, list(shapes(frame))[phase::29], strict=frame == DELTA)


broken = st.tuples(
    st.sampled_from([SNAPSHOT, DELTA, MIXED, BEFORE]),
    st.lists(
        st.tuples(
            st.sampled_from(["flip", "drop", "repeat", "insert", "cut", "swap"]),
            st.integers(0, 400),
            st.integers(0, 255) | st.sampled_from(INSERTED),
        ),
        min_size=1,
        max_size=6,
    ),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(broken, min_size=1, max_size=20))
def test_frames_damaged_in_several_places(play, cases):
    assert_harmless(play, [damaged(*case) for case in cases], strict=False)


@settings(max_examples=150, deadline=None)
@given(st.lists(broken, min_size=10, max_size=20))
def test_many_frames_damaged_in_several_places(cases):
    assert_harmless(player("native"), [damaged(*case) for case in cases], strict=False)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.binary(max_size=60)
        | st.binary(max_size=60).map(
            lambda noise: b'{"feed":"book_snapshot","bids":[{' + noise + b"}]}"
        )
        | st.text('{}[]":,\\ 0123456789.eE-abcdefghiklmnopqrsty', max_size=80).map(str.encode),
        min_size=5,
        max_size=20,
    )
)
def test_noise(play, frames):
    assert_harmless(play, frames)


def assert_harmless(play, frames, strict=True):
    """Each frame meets a fresh snapshot. What json reads as a book, and only that, may change it, and as it says.

    The exceptions are those of test_damaged_frames.py: texts, and the value of an unknown key.
    """
    frames = list(frames)
    steps = run(play, [part for frame in frames for part in (SNAPSHOT, frame)])
    for frame, before, step in zip(frames, steps[::2], steps[1::2], strict=True):
        assert before.books[0].state == "LIVE"
        if step.kind != BOOK:
            assert step.state == before.state and step.lines == b"", frame
            continue
        try:
            message = read(frame)
        except NotABook:
            if not strict:
                continue
            message = read(tame(frame))
        book = step.books[0]
        if message["product_id"] != PRODUCT or b"\\" in frame:
            assert step.state == before.state or b"\\" in frame, frame
            continue
        expected_seq = message["feed"] == "book_snapshot" or message["seq"] == 26660860
        if book.state == "STALE":
            assert book.why == "precision" or (book.why == "sequence" and not expected_seq), frame
            continue
        truth = FullBook()
        truth.take(read(SNAPSHOT))
        if message["feed"] == "book_snapshot" or message["seq"] != truth.seq:
            assert expected_seq
            truth.take(message)
        if "timestamp" in message and message["timestamp"] >= 10**9:
            assert book.time_ms == message["timestamp"]
        truth.time_ms = book.time_ms
        assert_best(book, truth)


def tame(frame):
    """The frame with every text that nobody knows made harmless."""
    known = "feed product_id seq timestamp side price qty bids asks book book_snapshot buy sell"
    text = frame.decode("latin-1")
    out, at = [], 0
    while at < len(text):
        if text[at] == '"':
            end = at + 1
            while end < len(text) and text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            word = text[at + 1 : end]
            out.append(f'"{word}"' if word in [*known.split(), PRODUCT] else '"~"')
            at = end + 1
        else:
            out.append(text[at])
            at += 1
    return "".join(out).encode()
