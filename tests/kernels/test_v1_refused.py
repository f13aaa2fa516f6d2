"""A v1 frame that is wrong is refused by name and changes nothing; what is only odd is taken."""

import pytest
import v1_spelling
from refusals import assert_refused, nested
from runtimes import BOOK, HEARTBEAT, MARKET, OTHER
from stories import SPARE_ENTRIES

from firmware.kernels import decode_v1

V1 = {"dialect": "spot_v1"}
SNAPSHOT = v1_spelling.kraken("snapshot", "BTC/USD", [("9.9", "1.0")], [("10.0", "2.0")])
GOOD = '[336,{"a":[]},{"b":[["9.8","1.5","1693415327.935623","r"]],"c":"1"},"book-10","XBT/USD"]'
LEVEL = '["9.8","1.5","1693415327.935623","r"]'


def instead(old, new):
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def with_price(text):
    return instead('"9.8"', text)


def with_levels(count):
    return instead(LEVEL, ",".join([LEVEL] * count))


def with_unknown(value):
    return instead('"c"', f'"new":{value},"c"')


NO_NUMBERS = [
    *["", "-9.8", "+9.8", ".8", ".", "9.", "0.", "9.e1", "09.8", "00.8", "NaN", "e5", "9.8e"],
    *["9.8e+", "9.8e1000", "9.8.1", "9.8 1", " 9.8", "9,8", "1_0", "9.8\\"],
]
REFUSED = {
    "TRUNCATED": [
        "",
        " \n",
        GOOD[:-1],
        GOOD[:-2],
        GOOD[: GOOD.index("]") + 1],
        GOOD[: GOOD.index("}") + 1],
        GOOD[: GOOD.index("]]") + 2],
        '{"event":"heartbeat"',
        '[336,{"abc]',
        '[336,{"x":[1]',
        instead('D"', "D\\"),
        '"]',
    ],
    "SYNTAX": [
        "]",
        "}",
        "[]]",
        GOOD + "]",
        GOOD + GOOD,
        "[" + GOOD,
        "\xef\xbb\xbf" + GOOD,
        '[336,"ticker","XBT/USD"]',
        '["a",{"as":[]},"book-10","XBT/USD"]',
        '[[{"1":{}}],"ownTrades",{"sequence":1}]',
        instead("336,", "336,,"),
        instead("336,", "336,\x01"),
        instead('"a":', '"\x01":'),
        with_unknown(""),
        instead("336,", "336"),
        instead("336,", "-336,"),
        instead("336,", "0336,"),
        instead("336,", "336.0,"),
        instead("336,", "336,7,"),
        instead("336,", ""),
        instead('"a":[]', '"a":[,]'),
        instead('"a":[]', '"a":[7]'),
        instead('"a":[]', '"a" []'),
        instead('"a":[]', "a:[]"),
        instead('{"a":[]}', '{"a":[]'),
        instead('[["', '[["9.7","1","0"],"'),
        instead('"r"', '"r'),
        instead('"r"', '"\n"'),
        instead('"9.8",', '"9.8"'),
        instead('"r"]', '"r",]'),
        instead('"r"]]', '"r"]}'),
        instead('"XBT/USD"', '"XBT/USD","XBT/USD"'),
        instead('"r"]]', '"r"],"9.7"]'),
        instead('"a":[]', '"a":[],"bids"'),
        instead('"XBT/USD"', '"XBT/USD",{}'),
        instead('"book-10"', '"book-10",{}'),
        instead('D"', 'D",'),
        with_unknown('"open'),
        with_unknown("[1}"),
        with_unknown("]"),
        with_unknown('"a\tb"'),
        with_unknown('{"a":"\x00"}'),
    ],
    "NUMBER": [
        *(with_price(f'"{text}"') for text in NO_NUMBERS),
        *map(with_price, ["9.8", "null", "[]", "{}", "true", ',"9.8"']),
        instead('"r"', "1"),
        *(
            instead('"c":"1"', f'"c":{value}')
            for value in (
                '"4294967296"',
                '"1.5"',
                '"-1"',
                "1",
                "null",
                '""',
                '"18446744073709551"',
                '"01"',
            )
        ),
    ],
    "DIGITS": [with_price('"1234567890.123456789"'), with_price('"0.1000000000000000000"')],
    "FIELD": [
        "[]",
        "[336]",
        '[336,{"as":[],"bs":[]}]',
        '[336,{"as":[],"bs":[]},"book-10"]',
        '[336,{},"book-10","XBT/USD"]',
        '[336,{"c":"1"},"book-10","XBT/USD"]',
        '[336,{"as":[],"a":[],"c":"1"},"book-10","XBT/USD"]',
        instead(',"c":"1"', ""),
        instead('"a":[]', '"b":[]'),
        instead('"a":[]', '"as":[]'),
        instead('"a":[]', '"c":"1"'),
        instead('"a":[]', '"a":{}'),
        instead('"a":[]', '"a":null'),
        instead('"a":[]', '"a":"10.0"'),
        instead(LEVEL, "[]"),
        instead(LEVEL, '["9.8"]'),
        instead(LEVEL, '["9.8","1.5"]'),
    ],
    "LEVELS": [with_levels(2 * 10 + SPARE_ENTRIES + 1)],
    "NESTING": [with_unknown(nested(26))],
}
TAKEN = [
    GOOD,
    f" \t\r\n{GOOD} \n",
    GOOD.replace(",", " ,\n").replace("[", "[ ").replace(":", "\t: ").replace("]", "\r]"),
    *(
        with_price(f'"{text}"')
        for text in ["9.8e0", "98E-1", "0.98e+01", "0.000000000000000098e17", "9.800000000000000"]
    ),
    with_levels(2 * 10 + SPARE_ENTRIES),
    with_unknown(nested(24)),
    *map(with_unknown, ["null", "-1.5e-7", '"}]\\""', '{"b":{"c":[]}}', "[]", '"\u20ac"']),
    instead('{"a":[]},', ""),
    instead('{"a":[]}', "{}"),
    instead('{"a":[]}', '{},{"a":[ \n]},{"aa":1,"":2,"as\\"":[3]}'),
    instead('"r"', '"","r","\\"]"'),
    instead(',"r"', ""),
    instead('"1693415327.935623"', '"soon"'),
    instead('"c":"1"', '"c":"4294967295"'),
    instead('"book-10"', '"book"'),
    instead('"XBT/USD"', '"XBT/USDT"'),
    instead('"XBT/USD"', '"BTC/USD"'),  # which is no name that v1 has
    instead('"XBT/USD"', '"XBT\\/USD"'),  # not matched with a pair: Kraken escapes nothing
    '[0,{"as":[]},"book-10","XBT/USD"]',
    '[0,{"bs":[],"as":[],"c":"0"},"book-10","XBT/USD"]',
]


def test_wrong_v1_frames_are_refused_by_name(play):
    assert_refused(play, decode_v1, SNAPSHOT, REFUSED, **V1)


def test_odd_v1_frames_are_taken(play):
    steps = play([text.encode() for text in TAKEN], **V1)
    for step, text in zip(steps, TAKEN, strict=True):
        assert step.kind == BOOK, text


@pytest.mark.parametrize(
    ("kind", "frames"),
    [
        (
            OTHER,
            [
                "{}",
                "{}}",  # it is left to whom it concerns
                '{"event":"pong","reqid":42}',
                '{"event":"heartbeats"}',
                '{"events":"heartbeat"}',
                '{"event":"systemStatus","status":"heartbeat"}',
                '{"event"}',
                '{"event":"heartbeat}',
            ],
        ),
        (
            HEARTBEAT,
            [
                '{"event":"heartbeat"}',
                ' { "event" : "heartbeat" } ',
                '{"new":[1],"event":"heartbeat","time":"1"}',
            ],
        ),
        (
            MARKET,
            [
                '[993,[["354.11","0.8","1618678142.5","s","l",""]],"trade","XMR/USD"]',
                '[3,["5698.4","5700.0","1542057299.545897","1.01","0.98"],"spread","XBT/USD"]',
                '[42,["1542057314","1542057360","3586.7"],"ohlc-5","XBT/USD"]',
                '[1668,{"a":["13.25",35,"35.7"],"b":["13.2",185,"185.1"]},"ticker","WAVES/EUR"]',
                '[ 1668 , { "b" : [ "13.25",35,"35.7"]},"ticker","WAVES/EUR"]',
                '[1,{"a":[],"c":"1"},"ticker","XBT/USD"]',
                '[1,{"as":[]},"books","XBT/USD"]',
                '[1,{"as":[]},"boo","XBT/USD"]',
                '[1,{"as":[["9","1","0","book"]]},"tick","XBT/USD"]',
            ],
        ),
    ],
)
def test_other_v1_channels_and_events(play, kind, frames):
    snapshot, *steps = play([SNAPSHOT, *(text.encode() for text in frames)], **V1)
    assert [(step.kind, text) for step, text in zip(steps, frames, strict=True)] == [
        (kind, text) for text in frames
    ]
    assert {step.state for step in steps} == {snapshot.state}
    assert steps[-1].counters["heartbeats"] == (len(frames) if kind == HEARTBEAT else 0)


def test_the_time_is_the_newest_of_the_levels(play):
    """A republished level has its old time; a time that is none counts for nothing."""

    def level(price, time):
        return f'["{price}","1.0","{time}"]'

    times = ["1693415327.935623", "1693415328.000999", "1597846582.460256", "16934153291.5", "x"]
    asks = ",".join(level(f"1{n}.0", time) for n, time in enumerate(times))
    frames = [
        f'[1,{{"as":[{asks}],"bs":[]}},"book-10","XBT/USD"]',
        f'[1,{{"as":[],"bs":[{level(9, "soon")}]}},"book-10","XBT/USD"]',
        f'[1,{{"as":[],"bs":[{level(9, "9999999999.999")}]}},"book-10","XBT/USD"]',
    ]
    steps = play([frame.encode() for frame in frames], **V1)
    assert [step.books[0].time_ms for step in steps] == [
        1_693_415_328_000,
        1_693_415_328_000,
        9_999_999_999_999,
    ]


def test_a_snapshot_that_has_a_checksum_is_proved_by_it(play):
    """Kraken's has none."""
    frame = v1_spelling.kraken("snapshot", "BTC/USD", [("9.9", "1.0")], [])
    steps = play([frame, frame.replace(b"]}", b'],"c":"0"}')], **V1)
    assert [step.books[0].state for step in steps] == ["LIVE", "STALE"]
