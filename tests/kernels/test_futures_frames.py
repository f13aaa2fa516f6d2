"""Futures frames are read as json reads them, in any spelling; what is wrong is refused and changes nothing."""

import itertools
import json

import pytest
from futures_reference import FullBook, assert_best, delta, read, snapshot
from futures_samples import BEFORE, DELTA, FUTURES, MIXED, PRODUCT, SNAPSHOT
from reference import NotABook
from refusals import assert_refused
from runtimes import BOOK, HEARTBEAT, MARKET, OTHER

from firmware.kernels import decode_futures


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
    assert_refused(play, decode_futures, SNAPSHOT, REFUSED, **FUTURES)


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
    assert [step.kind for step in play(TAKEN, **FUTURES)] == [BOOK] * len(TAKEN)


def test_numbers_of_a_delta_have_any_length(play):
    """With a dot or without one, and longer than one word holds."""
    texts = ["7", "12.5", "0.5", "0.05", "4.50", "3e1", "123456789.25", "1234567890.5", "0", "0.0"]
    first = snapshot(PRODUCT, 1, [("0.25", "1.25")], [("1234567891.25", "1.25")])
    numbers = [pair for pair in itertools.product(texts, texts) if float(pair[0])]
    frames = [delta(PRODUCT, n, "buy", *pair) for n, pair in enumerate(numbers, 2)]
    truth = FullBook()
    for frame, step in zip([first, *frames], play([first, *frames], **FUTURES), strict=True):
        truth.take(read(frame))
        assert_best(step.books[0], truth)


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
    before, step = play_on_host([SNAPSHOT, frame], **FUTURES)
    assert step.kind == kind and step.state == before.state and step.lines == b""


def test_as_many_levels_as_there_is_room_for(play):
    """The best of each side are kept, whichever side comes first, and nothing is written behind them."""
    sides = [[(f"{1000 + sign * n}.5", f"{n}.0") for n in range(1, 400)] for sign in (-1, 1)]
    one = snapshot(PRODUCT, 7, *sides)
    bids, asks = one.index(b'"bids"'), one.index(b'"asks"')
    other = one[:bids] + one[asks:-1] + b"," + one[bids : asks - 1] + b"}"
    assert json.loads(one) == json.loads(other)
    for frame in (one, other):
        (step,) = play([frame], **FUTURES)
        assert (len(step.books[0].bids), len(step.books[0].asks)) == (15, 15)
        truth = FullBook()
        truth.take(read(frame))
        assert_best(step.books[0], truth)
