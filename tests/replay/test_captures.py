"""Captures of every wrapping give the same frames, and whatever is wrong is one clear line."""

import gzip
import json
import os

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from host import captures
from host.errors import UserError

FRAMES = [
    b'{"channel":"status","type":"update","data":[]}',
    b'{"channel":"heartbeat"}',
    b'[336,{"a":[["1.0","2.0","3.0"]],"c":"1"},"book-10","XBT/USD"]',
    '{"channel":"heartbeat","note":"\u20ac"}'.encode(),
]
PLAIN = b"".join(frame + b"\n" for frame in FRAMES)

LINES = b"".join(
    [
        b"wss://ws.kraken.com <-> 1618678132.3858151\n",
        b'wss://ws.kraken.com <- 1618678132.82: {"event":"subscribe"}\n',
        *(b"16186781%d.5: %s\n" % (33 + at, frame) for at, frame in enumerate(FRAMES)),
        b"\n",
    ]
)
TIMES = [1618678133.5 + at for at in range(len(FRAMES))]


def zstd(data):
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


WRAPPINGS = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "zstd": zstd,
    "zstd without its size": lambda data: (
        (stream := zstandard.ZstdCompressor().compressobj()).compress(data) + stream.flush()
    ),
    "gzip joined": lambda data: gzip.compress(data[:50], mtime=0) + gzip.compress(data[50:]),
    "zstd joined": lambda data: zstd(data[:50]) + zstd(data[50:]),
}


@pytest.fixture
def write(tmp_path):
    def write(data, name="capture"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def read_until_wrong(path):
    """The lines that a reader gets, and what it is told then."""
    lines = []
    with pytest.raises(UserError) as wrong:
        for chunk in captures.open_bytes(path):
            assert chunk.endswith(b"\n")
            lines += chunk.splitlines()
    assert "\n" not in str(wrong.value)
    assert str(path) in str(wrong.value)
    return lines, str(wrong.value)


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_every_wrapping(write, wrap):
    path = write(wrap(PLAIN), "named.txt")
    assert list(captures.frames(path)) == [(None, frame) for frame in FRAMES]
    path = write(wrap(LINES))
    assert list(captures.frames(path)) == list(zip(TIMES, FRAMES, strict=True))


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_chunks_are_all_bytes_in_whole_lines(write, wrap, monkeypatch):
    monkeypatch.setattr(captures, "_READ_BYTES", 7)
    monkeypatch.setattr(captures, "_READ_COMPRESSED_BYTES", 7)
    path = write(wrap(PLAIN))
    capture = captures.open_bytes(path)
    chunks = list(capture)
    assert b"".join(chunks) == PLAIN
    assert all(chunk.endswith(b"\n") for chunk in chunks)
    assert capture.raw_bytes == capture.raw_size == path.stat().st_size
    assert capture.lines == len(FRAMES)


def test_last_line_may_lack_its_line_feed(write):
    assert b"".join(captures.open_bytes(write(PLAIN[:-1]))) == PLAIN
    assert len(list(captures.frames(write(LINES.rstrip())))) == len(FRAMES)
    assert len(list(captures.frames(write(FRAMES[0])))) == 1


def test_a_byte_order_mark_is_no_part_of_the_first_frame(write):
    assert b"".join(captures.open_bytes(write(b"\xef\xbb\xbf" + PLAIN))) == PLAIN


@pytest.mark.parametrize("size", [7, 1 << 18])
def test_binary_bytes_later_on_end_the_feed(write, size, monkeypatch):
    monkeypatch.setattr(captures, "_READ_BYTES", size)
    lines, why = read_until_wrong(write(PLAIN + b'{"channel"\x00\x01\n' + PLAIN))
    assert lines == FRAMES
    assert "binary bytes in line 5, the 4 whole lines before that were read" in why


def test_carriage_returns(write):
    path = write(PLAIN.replace(b"\n", b"\r\n"))
    assert [frame for _, frame in captures.frames(path)] == FRAMES


def test_real_captures(feeds):
    counts = {
        "python-kraken-sdk/orderbook-v2.jsonl": 510,
        "cryptofeed/KRAKEN.ws.50.0": 4321,
        "cryptofeed/KRAKEN_FUTURES.ws.1.0": 7175,
        "frames/futures_v1_frames_2026.jsonl": 9,
    }
    for name, count in counts.items():
        found = list(captures.frames(feeds / name))
        assert len(found) == count
        assert all(json.loads(frame) for _, frame in found)
        assert all((time_s is not None) == ("cryptofeed" in name) for time_s, _ in found)


@pytest.mark.parametrize(
    ("frame", "dialect"),
    [
        (b'{"channel":"heartbeat"}', captures.SPOT_V2),
        (b'{"method":"subscribe","success":false,"error":"x"}', captures.SPOT_V2),
        (b'{"connectionID":1,"event":"systemStatus","status":"online"}', captures.SPOT_V1),
        (b'{"event":"heartbeat"}', captures.SPOT_V1),
        (b'[336,{"a":[["1.0","2.0","3.0"]],"c":"1"},"book-10","XBT/USD"]', captures.SPOT_V1),
        (b'{"event":"info","version":1}', captures.FUTURES_V1),
        (b'{"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]}', captures.FUTURES_V1),
        (b'{"feed":"heartbeat","time":1}', captures.FUTURES_V1),
        (b'{"event":"error","message":"x"}', None),
    ],
)
def test_the_first_frame_that_tells_its_dialect(write, frame, dialect):
    assert captures.dialect(write(frame + b"\n")) == dialect
    before = b'wss://a <- 1.5: {"method":"subscribe"}\n1.5: {"event":"error"}\n1.6: '
    assert captures.dialect(write(before + frame + b"\n" + PLAIN[:20])) == dialect


def test_damage_does_not_hide_the_dialect(write):
    assert captures.dialect(write(FRAMES[2] + b"\n{\x00")) == captures.SPOT_V1
    assert captures.dialect(write(b'{"event":"error"}\n{\x00')) is None


@settings(deadline=None, max_examples=60)
@given(data=st.data(), name=st.sampled_from(["plain", "gzip", "zstd"]))
def test_cut_anywhere_nothing_before_it_is_lost(tmp_path_factory, data, name):
    whole = WRAPPINGS[name](PLAIN * 40)
    cut = data.draw(st.integers(len(whole) // 3, len(whole) - 2))
    path = tmp_path_factory.mktemp("cut") / "capture"
    path.write_bytes(whole[:cut])
    if name == "plain" and whole[:cut].endswith((b"\n", b"}", b"]")):
        return  # the end of a line is no damage that can be seen
    lines, why = read_until_wrong(path)
    assert lines == (FRAMES * 40)[: len(lines)]
    assert f"the {len(lines):,} whole lines before that were read" in why
    assert (
        "in the middle of a frame" if name == "plain" else f"the {name} data ends early"
    ) in why
    if name == "plain":
        assert len(lines) == whole[:cut].count(b"\n")


def test_cut_in_its_only_line(write):
    lines, why = read_until_wrong(write(FRAMES[0][:20]))
    assert not lines
    assert "ends in the middle of a frame" in why


def test_damaged_inside(write):
    for name, compress in (("gzip", gzip.compress), ("zstd", zstd)):
        noise = b"".join(
            b'{"channel":"%s"}\n' % os.urandom(20).hex().encode() for _ in range(9000)
        )
        data = bytearray(compress(noise))
        # The check at the end of the stream no longer fits what stands before it.
        data[-6 if name == "gzip" else -2] ^= 1
        _, why = read_until_wrong(write(bytes(data), name))
        assert f"damaged {name} data" in why
        _, why = read_until_wrong(write(compress(PLAIN) + b"and more", name))
        assert f"ends in bytes not {name}" in why


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (b"\x7fELF\x02\x01\x01" + bytes(60), "a binary file"),
        (gzip.compress(bytes(1000), mtime=0), "a binary file"),
        (b"price,qty\n1,2\n", "not a Kraken capture"),
        (b"{\n", "not a Kraken capture"),
        (b'{\n  "channel": "book"\n}\n', "not a Kraken capture"),
        (b'{"stream":"btcusdt@depth","data":{}}\n', "not a Kraken capture"),
        (b"12\n", "not a Kraken capture"),
        (b"1618678133.5: hello\n", "not a Kraken capture"),
        (b"hello", "not a Kraken capture"),
        ("Größe\n".encode("latin-1"), "not a Kraken capture"),
    ],
)
def test_what_is_no_capture(write, data, why):
    with pytest.raises(UserError, match=why) as wrong:
        captures.open_bytes(write(data))
    assert "\n" not in str(wrong.value)


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        captures.open_bytes(tmp_path / "none.jsonl")
    with pytest.raises(UserError, match="is a folder"):
        captures.open_bytes(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(write):
    path = write(PLAIN)
    path.chmod(0)
    with pytest.raises(UserError, match="cannot be read"):
        captures.open_bytes(path)


def test_a_line_without_end(write, monkeypatch):
    monkeypatch.setattr(captures, "_LONGEST_LINE_BYTES", 1000)
    monkeypatch.setattr(captures, "_READ_BYTES", 600)
    with pytest.raises(UserError, match="line 1 has no end"):
        list(captures.open_bytes(write(b'{"channel":' + b" " * 5000)))
