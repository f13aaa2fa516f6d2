"""The byte stream of a board, cut and spoilt anyhow, gives its records and loses nothing."""

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monitor_story import STORY

from host import ROOT
from host.monitor.board_state import BoardState
from host.monitor.records import MAX_LINE_BYTES, Line, LineSplitter, decode


def split(stream: bytes, sizes: list[int] = ()) -> list[Line]:
    splitter, lines = LineSplitter(), []
    for size in sizes:
        chunk, stream = stream[:size], stream[size:]
        lines += splitter.feed(chunk)
    lines += splitter.feed(stream)
    return lines + list(splitter.close())


@settings(deadline=None)
@given(st.lists(st.integers(0, 200), max_size=40))
def test_any_chunking_gives_the_same_lines(sizes):
    lines = split(STORY, sizes)
    assert lines == split(STORY)
    assert [line.raw for line in lines] == [raw.rstrip(b"\r") for raw in STORY.splitlines()]
    assert sum(line.record is not None for line in lines) == len(STORY.splitlines()) - 1


PIECES = [b"\n", b"\r\n", b"{", b'{"k":', b'{"k":1}\n', b'{"k":NaN}\n', b"[" * 3000, b"x" * 9000]
PIECES += [b'{"k":"book","p":"BT', b'{"k":"a"}', b'{"k":1e999999999}\n', b"\xff\x00\n"]
garbage = st.binary(max_size=60) | st.sampled_from(PIECES)


@settings(max_examples=200, deadline=None)
@given(st.lists(garbage, max_size=12), st.lists(st.integers(0, 5000), max_size=12))
def test_garbage_never_raises_and_loses_no_byte(parts, sizes):
    stream = b"".join(parts)
    lines = split(stream, sizes)
    assert lines == split(stream)
    kept = b"".join(line.raw for line in lines)
    assert kept == b"".join(each.removesuffix(b"\r") for each in stream.split(b"\n"))
    assert all(len(line.raw) <= MAX_LINE_BYTES for line in lines)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30).filter(lambda junk: b"{" not in junk), max_size=10))
def test_records_between_garbage_all_arrive(junk):
    stream = b"".join(
        each + b'\n{"k":"pair","n":%d}\n' % number for number, each in enumerate(junk)
    )
    numbers = [line.record["n"] for line in split(stream) if line.record]
    assert numbers == list(range(len(junk)))


def test_decimals_stay_exact():
    record = decode(b'{"k":"book","b":0.100000000000000001,"a":45000.10,"n":12}')
    assert record["b"] == Decimal("0.100000000000000001")
    assert str(record["a"]) == "45000.10"
    assert type(record["n"]) is int


NO_RECORDS = [b"", b"{}", b"[]", b'{"k":1}', b'{"k":"a"', b'{"k":NaN}', b'{"k":"\xff"}']
NO_RECORDS += [b"[" * 4000 + b"]", b'{"a":' * 700 + b"}", b'{"k":"a"} x', b'{"k":"a"}{"k":"b"} ']


@pytest.mark.parametrize("raw", NO_RECORDS)
def test_what_is_no_record(raw):
    assert split(raw + b"\n") == [Line(raw, None)]


def test_a_record_after_half_a_line_is_found():
    half, whole = b'{"k":"book","p":"BT', b'{"k":"boot","v":"0.1.0"}'
    assert split(half + whole + b"\n") == [
        Line(half, None),
        Line(whole, {"k": "boot", "v": "0.1.0"}),
    ]


def test_a_giant_line_is_passed_on_before_it_ends_and_its_tail_is_no_record():
    splitter = LineSplitter()
    first = list(splitter.feed(b"x" * (MAX_LINE_BYTES + 10)))
    assert [len(line.raw) for line in first] == [MAX_LINE_BYTES]
    tail = b'{"k":"error","why":"not one"}'
    assert list(splitter.feed(tail + b"\n")) == [Line(b"x" * 10 + tail, None)]
    assert list(splitter.feed(tail + b"\n")) == [Line(tail, json.loads(tail))]


def test_the_monitor_knows_every_record_of_the_documentation():
    text = (ROOT / "docs" / "records.md").read_text()
    kinds = set(re.findall(r"^\| `(\w+)` \|.*\|.*\|$", text, re.MULTILINE)) - {"k"}
    assert {"book", "vol", "contagion", "health"} <= kinds
    assert [kind for kind in kinds if not BoardState().knows({"k": kind})] == []
