"""Records are exact decimals in valid JSON; a line that would pass 120 bytes ends after the last key that fits."""

import json
from array import array
from decimal import Decimal

import pytest
import spelling
from hypothesis import example, given, settings
from hypothesis import strategies as st
from runtimes import on_board, player

from firmware.kernels.render import render
from host.runtimes.checked import checked

_LINE = 120
_SYMBOLS = ["BTC/USD", "A/B", "LONGEST12/NAMES"]
_WORDS = ["SYNCING", "LIVE", "", "BUY"]
_BASE = 4
_OUT = 7


@pytest.fixture(scope="session", params=["checked", "native", "board"])
def lines(request):
    """`lines(cases)`: what `render` writes for each case (see render_cases.py)."""
    if request.param == "board":
        request.getfixturevalue("board_model")

        def in_hexadecimal(case):
            return json.dumps([x.hex() if isinstance(x, bytes) else x for x in case])

        return lambda cases: [
            bytes.fromhex(line) for line in on_board("render_cases.py", map(in_hexadecimal, cases))
        ]
    kernel = checked(render) if request.param == "checked" else render

    def on_host(cases):
        return [on_host_one(*case) for case in cases]

    def on_host_one(template, values, symbols, pair, words, word):
        out = bytearray(300)
        end = kernel(out, _OUT, template, array("i", values), _BASE, symbols, pair, words, word)
        return bytes(out[_OUT:end])

    return on_host


values = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 10**18 - 1), st.integers(0, 19), st.booleans()),
    st.tuples(st.integers(0, 12), st.integers(0, 10), st.booleans()),
    st.tuples(st.sampled_from([0, 10**9 - 1, 10**9, 10**17]), st.integers(0, 19), st.booleans()),
)
records = st.tuples(
    st.lists(values, min_size=1, max_size=8),
    st.integers(0, len(_SYMBOLS) - 1),
    st.integers(0, len(_WORDS) - 1),
)


def text(value):
    """A value as JSON must print it."""
    if value is None:
        return "null"
    units, decimals, minus = value
    return ("-" if minus else "") + f"{Decimal(units).scaleb(-decimals):.{decimals}f}"


def case(record):
    numbers, pair, word = record
    places = ",".join(f'"k{n}":%{n}' for n in range(len(numbers)))
    template = f'{{"k":"x","p":"%p",{places},"w":"%w"}}%\0'.encode()
    packed = [0] * _BASE
    for value in numbers:
        units, decimals, minus = value or (123, -1, True)
        packed += [units // 10**9, units % 10**9, decimals, int(minus)]
    symbols = bytes([len(_SYMBOLS)]) + b"".join(
        bytes([len(name)]) + name.encode().ljust(19, b"\0") for name in _SYMBOLS
    )
    return template, packed, symbols, pair, "".join(w + "\n" for w in _WORDS).encode(), word


def expected(record):
    """The whole line, or as many keys of it as fit."""
    numbers, pair, word = record
    members = ['"k":"x"', f'"p":"{_SYMBOLS[pair]}"']
    members += [f'"k{n}":{text(value)}' for n, value in enumerate(numbers)]
    members.append(f'"w":"{_WORDS[word]}"')
    while len(line := "{" + ",".join(members) + "}\n") > _LINE:
        members.pop()
    return line.encode()


@settings(max_examples=40, deadline=None)
@example([([(10**n % 10**18, n, n % 2 == 0)], 0, 0) for n in range(20)])
@example([([(10**k, 0, False)] * 5 + [(1, 0, False)], 2, 1) for k in range(18)])
@given(st.lists(records, min_size=1, max_size=20))
def test_every_line_is_the_longest_that_fits(lines, told):
    written = lines([case(record) for record in told])
    for record, line in zip(told, written, strict=True):
        assert line == expected(record)
        found = json.loads(line, parse_float=Decimal)
        for n, value in enumerate(record[0]):
            if f"k{n}" in found:
                assert value is None or found[f"k{n}"] == Decimal(text(value))


def test_market_records_of_large_numbers_are_cut_at_a_key(play):
    """18 digits everywhere: bid and ask always arrive, what does not fit is left out."""
    exchange = spelling.Exchange(10)
    bids, asks = [("12345678901.2345671", "1.5")], [("12345678901.2345679", "0.5")]
    name, time = "LONGEST12/NAMES", "2026-08-24T22:21:57.110183Z"
    (step,) = play([exchange.say("snapshot", name, bids, asks, time)], pairs=[name])
    assert all(len(line) <= _LINE for line in step.lines.splitlines(keepends=True))
    _, book, signal = (json.loads(line, parse_float=Decimal) for line in step.lines.splitlines())
    assert (signal["side"], signal["px"]) == ("BUY", Decimal(asks[0][0]))
    assert list(signal) == ["k", "p", "t", "side", "px", "q", "c"]
    assert (book["b"], book["a"]) == (Decimal(bids[0][0]), Decimal(asks[0][0]))
    assert list(book) == ["k", "p", "t", "b", "a", "s"] and book["t"] == 1787610117110


def test_the_empty_side_of_a_book_is_null(play):
    (step,) = play([spelling.Exchange(10).say("snapshot", "BTC/USD", [("1.5", "2")])])
    book = step.records[-1]
    assert book == {
        "k": "book", "p": "BTC/USD", "t": 0, "b": 1.5, "a": None,
        "s": None, "u": None, "i": None, "r": None,
    }  # fmt: skip


def test_a_crossed_book_has_a_negative_spread():
    """The exchange never sends one; it is shown for what it is."""
    frame = spelling.Exchange(10).say("snapshot", "BTC/USD", [("10.5", "1")], [("9.5", "1")])
    (step,) = player("native")([frame])
    assert (step.records[-1]["s"], step.records[-1]["u"]) == (-1000.0, None)
