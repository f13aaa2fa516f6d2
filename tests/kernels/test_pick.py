"""What is picked out of JSON, in whatever pieces it comes, is what json and decimal find; noise never traps."""

import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from picking import END, MORE, ROW, Literal, cut, expected, number, picker, time_ms

PLANS = [
    b". a b/c$ d@ b/0 e/9 x/*#",
    b"a/* a/*# ./b ./c$ ./d@ ./e/1 a$ d",
    b"a/*/* a/*# a/*/*# ./0 ./b/c@ ./c d$",
    b"* *# ./a ./b@ ./c$ ./d/0/1",
    b"b/c ./a ./0 d@ e$",
]
_ASSET_PAIRS = b"result/* result/*# ./wsname$ ./pair_decimals ./lot_decimals ./ordermin ./fees/1/1"


@pytest.fixture(scope="session", params=["checked", "native", "board"])
def pick_all(request):
    """`pick_all(cases)` on each runtime in turn."""
    if request.param == "board":
        request.getfixturevalue("board_model")
    return picker(request.param)


numbers = st.one_of(
    st.from_regex(
        r"-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,9})?([eE][-+]?[0-9]{1,2})?", fullmatch=True
    ),
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,24})?([eE][-+]?[0-9]{1,4})?", fullmatch=True),
    st.sampled_from(["0", "-0.0", "1e-08", "999999999999999999", "0.0000000000000000001"]),
    st.sampled_from(["1e17", "1e18", "0e99", "1E+2", "1618678142.557535", "100000000000000000e1"]),
)  # fmt: skip
moments = st.builds(
    lambda moment, places: moment.strftime("%Y-%m-%dT%H:%M:%S") + places + "Z",
    st.datetimes(),
    st.sampled_from(["", ".5", ".12", ".999", ".110183", ".264627814", ".000000000000"]),
)
texts = st.one_of(
    numbers, moments, st.text('abc/* é"\\~#', max_size=40), st.sampled_from(["", "online", "null"])
)
scalars = st.one_of(
    numbers.map(Literal), texts, st.none(), st.booleans(), numbers.map(Literal), moments
)
keys = st.sampled_from(["a", "b", "c", "d", "e", "x", "0", "1", "b/c", "*", 'é"', ""])
members = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(scalars, min_size=9, max_size=12)
        | st.dictionaries(keys, inner, max_size=5)
    ),
    max_leaves=20,
)
rows = st.lists(st.dictionaries(keys, members, max_size=4) | st.lists(members), max_size=3)
documents = st.one_of(
    st.dictionaries(keys, members, max_size=6),
    st.lists(members, max_size=4),
    st.builds(lambda a, more: {**more, "a": a}, rows, st.dictionaries(keys, members, max_size=2)),
    st.builds(lambda b, more: {"b": b, **more}, rows, st.dictionaries(keys, members, max_size=2)),
)


def spell(rng: random.Random, value) -> str:
    """JSON with space wherever it may be."""

    def space():
        return rng.choice(["", "", "", " ", "\r\n\t"])

    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text.replace("/", "\\/") if rng.random() < 0.3 else text
    if isinstance(value, list):
        items = [space() + spell(rng, item) + space() for item in value]
        return "[" + (",".join(items) or space()) + "]"
    if isinstance(value, dict):
        items = [
            f"{space()}{spell(rng, key)}{space()}:{space()}{spell(rng, item)}{space()}"
            for key, item in value.items()
        ]
        return "{" + (",".join(items) or space()) + "}"
    return json.dumps(value)


cases = st.tuples(
    st.sampled_from(PLANS),
    documents,
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 10**6), max_size=12),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(cases, min_size=1, max_size=20))
def test_rows_of_any_document(pick_all, told):
    bodies = [spell(rng, document).encode() for _, document, rng, _ in told]
    pieces = [cut(body, places) for body, (*_, places) in zip(bodies, told, strict=True)]
    picked = pick_all([(case[0], parts) for case, parts in zip(told, pieces, strict=True)])
    for (text, *_), body, found in zip(told, bodies, picked, strict=True):
        assert found.status == END
        assert found.rows == expected(text, body), (text, body)


@settings(max_examples=60, deadline=None)
@example(["1e17", "1e18", "-0", "0e-19", "0e-20", "0.00", "1e99", "1e100", "00", "1.", ".1", "+1"])
@example(["2026-08-24T22:21:57.110183Z", "2026-08-24T22:21:57Z", "2026-08-24T24:00:00Z"])
@example(["1617678142.5575", "-1.5", "1e15", "1e14", "99999999999999999.9", "9999999999999999.99"])
@given(st.lists(numbers | moments | st.text("0123456789-+.eETZ:", max_size=31), max_size=30))
def test_numbers_and_times(pick_all, told):
    """Each in quotes, as a number and as a time."""
    body = json.dumps([[text, text] for text in told]).encode()
    (found,) = pick_all([(b"* ./0 ./1@", [body])])
    for text, (units, ms) in zip(told, found.rows, strict=True):
        assert units == number(text), text
        assert ms == time_ms(text), text


def test_every_cut_gives_the_same_rows(pick_all, feeds):
    """Real frames in two pieces cut behind every byte, and in single bytes."""
    frames = (feeds / "frames" / "v2_control_frames.jsonl").read_bytes().splitlines()[11:]
    text = b"data/* channel$ ./symbol$ ./timestamp@ ./last ./price ./qty ./close ./side$"
    told = [[frame[:at], frame[at:]] for frame in frames for at in range(0, len(frame), 3)]
    told += [[frame[at : at + 1] for at in range(len(frame))] for frame in frames]
    for parts, found in zip(told, pick_all([(text, parts) for parts in told]), strict=True):
        assert found.rows == expected(text, b"".join(parts)) != []
        assert found.status == END


def test_every_control_frame_passes(pick_all, feeds):
    """The second wanted value is one that only some of them have."""
    files = [*(feeds / "frames").glob("*.jsonl")]
    frames = [line for file in files for line in file.read_bytes().splitlines()]
    text = b". event$ channel$ data/0/system$ success$ error$ message$ symbol$ req_id version"
    for frame, found in zip(frames, pick_all([(text, [frame]) for frame in frames]), strict=True):
        assert found.rows == expected(text, frame) and found.status == END
    assert len(frames) >= 25


def test_asset_pairs_stream_through(pick_all, feeds):
    """173 KB of REST in pieces of 256 bytes: every pair's precisions."""
    line = (feeds / "cryptofeed" / "KRAKEN.0").read_bytes().splitlines()[0]
    body = line[line.index(b"{") :]
    pieces = [body[at : at + 256] for at in range(0, len(body), 256)]
    (found,) = pick_all([(_ASSET_PAIRS, pieces)])
    assert found.rows == expected(_ASSET_PAIRS, body) and found.status == END
    by_name = {row[1][1]: row[2:] for row in found.rows}
    assert by_name["XBT/USD"][:3] == ((1, 0, False), (8, 0, False), (2, 4, False))
    assert len(found.rows) > 300


def test_one_pair_of_all(pick_all, feeds):
    line = (feeds / "cryptofeed" / "KRAKEN.0").read_bytes().splitlines()[0]
    body = line[line.index(b"{") :]
    text = b"result/XXBTZUSD ./pair_decimals ./lot_decimals ./ordermin ./tick_size ./wsname$"
    pieces = [body[at : at + 256] for at in range(0, len(body), 256)]
    (found,) = pick_all([(text, pieces)])
    one = (1, 0, False)
    assert found.rows == [(one, (8, 0, False), (2, 4, False), None, (7, "XBT/USD"))]


def test_what_is_no_json(pick_all):
    """Refused at the byte that cannot be, and nothing after it is looked at."""
    wrong = [
        b"<html>", b"12", b'"a"', b"{a", b"{1", b"[}", b"{]", b"[1}", b"{,", b"[,", b"[1,]", b"[1 2",
        b'{"a"}', b'{"a",', b'{"a":}', b'{"a":1,}', b'{"a":1 "b"', b'["a\n', b"[\x00", b"[1\x80",
        b"[1:", b'[1"', b"[$", b"]", b"[1{", b"[1[",
        b"[1@", b"[`", b"[" * 13,
    ]  # fmt: skip
    picked = pick_all([(PLANS[0], [text + b' "x"', b"{}"]) for text in wrong])
    for text, found in zip(wrong, picked, strict=True):
        assert found.status < 0 and found.rows == [], text
        assert found.calls[0][1] <= len(text) + 2
        assert found.calls[1] == (found.status, 0)


def test_twelve_brackets_may_be_open(pick_all):
    (found,) = pick_all([(b". 0/0/0/0/0/0/0/0/0/0/0/0", [b"[" * 12 + b"7" + b"]" * 12])])
    assert found.rows == [((7, 0, False),)] and found.status == END


def test_a_text_ends_with_its_last_bracket(pick_all):
    """What follows is left for the caller; the next piece is not looked at."""
    parts = [b' {"a":', b"1} HTTP", b"[]"]
    root, inner = pick_all([(b". a", parts), (b"a/* ./b", [b"", b"{}{"])])
    assert root.calls == [(MORE, 6), (ROW, 2), (END, 2), (END, 0)]
    assert root.rows == [((1, 0, False),)]
    assert inner.calls == [(MORE, 0), (END, 2)]


noise = st.one_of(
    st.lists(st.binary(max_size=30), min_size=1, max_size=4),
    st.lists(
        st.text('{}[]":,\\/ 0123456789.eE-tabcdx', max_size=40).map(str.encode),
        min_size=1,
        max_size=4,
    ),
    st.builds(
        lambda document, rng, at, bits, places: cut(damaged(document, rng, at, bits), places),
        documents,
        st.randoms(use_true_random=False),
        st.integers(0, 10**6),
        st.binary(max_size=3),
        st.lists(st.integers(0, 10**6), max_size=3),
    ),
)


def damaged(document, rng, at, some):
    body = spell(rng, document).encode()
    at %= len(body)
    return body[:at] + some + body[at + rng.randrange(3) :]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLANS), noise), min_size=1, max_size=20))
def test_noise_does_the_same_everywhere(board_model, told):
    picked = [picker(name)(told) for name in ("checked", "native", "board")]
    for one, other, third in zip(*picked, strict=True):
        assert one.calls == other.calls == third.calls
        assert one.left == other.left == third.left
