"""A frame that is wrong is refused by name and changes nothing; what is only odd is taken."""

import pytest
import spelling
from refusals import assert_refused, nested
from runtimes import BOOK, OTHER
from stories import MOST_ELEMENTS, SPARE_ENTRIES

from firmware.kernels import decode_v2

SNAPSHOT = spelling.Exchange(10).say("snapshot", "BTC/USD", [("9.9", "1.0")], [("10.0", "2.0")])
GOOD = (
    '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":9.8,"qty":1.5}],'
    '"asks":[],"checksum":1,"timestamp":"2026-08-24T22:21:57.110183Z"}]}'
)
LEVEL = '{"price":9.8,"qty":1.5}'


def instead(old, new):
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def with_price(text):
    return instead("9.8", text)


def with_levels(count):
    return instead(LEVEL, ",".join([LEVEL] * count))


def with_elements(count):
    return instead('"data":[{', '"data":[' + '{"symbol":"A/B","checksum":0},' * (count - 1) + "{")


def with_unknown(value):
    return instead('"asks"', f'"new":{value},"asks"')


REFUSED = {
    "TRUNCATED": [
        "",
        " \n",
        GOOD[:-1],
        GOOD[:-3],
        instead("Z", "Z\\"),
        "[1,2]",
    ],
    "SYNTAX": [
        "}",
        '"}',
        GOOD + "}",
        GOOD + GOOD,
        "[" + GOOD,
        "\xef\xbb\xbf" + GOOD,
        instead('"asks":[],', '"asks":[],,'),
        instead('"checksum":1', '"checksum" 1'),
        instead('"checksum":1', "checksum:1"),
        instead("22:21", "22\n21"),
        instead("}],", "}},"),
        instead("}],", "},],"),
        instead('"data":[{', '"data":[1,{'),
        instead('{"price', '{{"price'),
        with_price("9.8.1"),
        with_price("9.8 1"),
        with_price("9,8"),
        with_price("1_0"),
        with_unknown('"open'),
        with_unknown("[1}"),
        with_unknown("]"),
        with_unknown('"a\tb"'),
        with_unknown('{"a":"\x00"}'),
    ],
    "NUMBER": [
        *map(with_price, ["-9.8", "+9.8", ".8", "9.", "9.e1", "09.8", "00.8", "NaN", "Infinity"]),
        *map(with_price, ['"9.8"', "null", "true", "[9.8]", "e5", "9.8e", "9.8e+", "9.8e1000"]),
        *(
            instead('"checksum":1', f'"checksum":{value}')
            for value in ("4294967296", "1.5", "-1", '"1"', "18446744073709551616"[:18])
        ),
    ],
    "DIGITS": [with_price("1234567890.123456789"), with_price("0.1000000000000000000")],
    "FIELD": [
        instead('"symbol":"BTC/USD",', ""),
        instead('"checksum":1,', ""),
        instead('"type":"update",', ""),
        instead('"update"', '"delta"'),
        instead('"update"', "1"),
        instead('"symbol":"BTC/USD"', '"symbol":["BTC/USD"]'),
        instead('"asks":[]', '"asks":{}'),
        instead('"asks":[]', '"asks":null'),
        instead('"asks":[]', '"bids":[]'),
        instead('"price":9.8,', ""),
        instead('"qty":1.5', '"size":1.5'),
        instead('"qty":1.5', '"qty":1.5,"qty":1.5'),
        '{"channel":"book","type":"update"}',
        '{"channel":"book","type":"update","data":{}}',
        '{"channel":"book","channel":"book","type":"update","data":[]}',
        '{"data":[],"type":"update","data":[],"channel":"book"}',
    ],
    "LEVELS": [with_levels(2 * 10 + SPARE_ENTRIES + 1), with_elements(MOST_ELEMENTS + 1)],
    "NESTING": [with_unknown(nested(26))],
}
TAKEN = [
    GOOD,
    f" \t\r\n{GOOD} \n",
    *map(
        with_price, ["9.8e0", "98E-1", "0.98e+01", "0.000000000000000098e17", "9.800000000000000"]
    ),
    with_levels(2 * 10 + SPARE_ENTRIES),
    with_elements(MOST_ELEMENTS),
    with_unknown(nested(24)),
    *map(with_unknown, ["null", "-1.5e-7", '"}]\\""', '{"price":{"qty":[]}}', "[]", '"\u20ac"']),
    instead('"asks":[],', ""),
    instead('"asks":[]', '"asks":[ \n]'),
    instead('"timestamp":"2026-08-24T22:21:57.110183Z"', '"timestamp":"soon"'),
    instead('"BTC/USD"', '"BTC/USDT"'),
    instead('"BTC/USD"', '"BTC\\/USD"'),  # not matched with a pair: Kraken escapes nothing
    '{"channel":"book","type":"update","data":[]}',
    '{"data":[],"type":"snapshot","x":[{}],"channel":"book"}',
]


def test_wrong_frames_are_refused_by_name(play):
    """And heartbeats and acknowledgements of any shape are no business of the books."""
    assert_refused(play, decode_v2, SNAPSHOT, REFUSED)


def test_odd_frames_are_taken(play):
    for step, text in zip(play([text.encode() for text in TAKEN]), TAKEN, strict=True):
        assert step.kind == BOOK, text


@pytest.mark.parametrize(
    "frame",
    [
        b"{}",
        b"{}}",  # it is left to json, which will see
        b'{"method":"pong"}',
        b'{"channel":"level3","data":[[[[oops}',
        b'{"method":"x","result":{"channel":"book"}}',
        b'{"channel":"books"}',
        b'{"channel":""}',
        b'{"type":"update","data":[{}]}',
    ],
)
def test_other_channels_and_acknowledgements(play_on_host, frame):
    snapshot, step = play_on_host([SNAPSHOT, frame])
    assert step.kind == OTHER and step.state == snapshot.state and step.lines == b""


def test_more_decimals_than_the_snapshot_had(play):
    """Digits that the book cannot hold are not rounded away: the book is not believed any more."""
    exchange = spelling.Exchange(10)
    snapshot = exchange.say("snapshot", "BTC/USD", [("9.9", "1.00")], [("10.0", "2.00")])
    fine = exchange.say("update", "BTC/USD", [("9.80", "1.500")])
    finer = spelling.kraken("update", spelling.element("BTC/USD", [("9.85", "1.50")], []))
    again = spelling.Exchange(10).say("snapshot", "BTC/USD", [("9.85", "1.5")])
    steps = play([snapshot, fine, finer, fine, again])
    assert [(step.books[0].state, step.books[0].why) for step in steps] == [
        ("LIVE", None),
        ("LIVE", None),
        ("STALE", "precision"),
        ("STALE", "precision"),
        ("LIVE", None),
    ]
    assert steps[1].books[0].bids == [(99, 100), (98, 150)]
    assert steps[2].books[0].bids == steps[1].books[0].bids
    assert (steps[4].books[0].decimals, steps[4].books[0].bids) == ((2, 1), [(985, 15)])
    assert steps[3].counters["unproved"] == 1
