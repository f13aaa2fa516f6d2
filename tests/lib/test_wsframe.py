"""The frame kernels find, whatever the cuts, the messages that an independent parser finds."""

from array import array

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ws_reference import Server, meaning, payload

import wsframe as f
import wsoutbox as o
from host.runtimes.checked import Trap, checked


class Words:
    """A buffer of bytes as the board's kernels see it where they take words, with bounds."""

    def __init__(self, buf):
        self.buf = buf

    def __getitem__(self, index):
        word = self.buf[4 * index : 4 * index + 4]
        if index < 0 or len(word) < 4:
            raise Trap(f"read at {index} of {len(self.buf) // 4}")
        return int.from_bytes(word, "little", signed=True)


def _native_words(buf):
    return np.frombuffer(buf, dtype=np.int32, count=len(buf) // 4)


def _no_words(buf):
    return array("i", (0,))


_NAMES = {f._TEXT: "TEXT", f._BINARY: "BINARY", f._PING: "PING", f._PONG: "PONG"}
_CHECKED = (checked(f.scan), checked(f.compact), Words)
_NATIVE = (f.scan, f.compact, _native_words)
_IN_BYTES = (f.scan, f.compact, _no_words)


def receive(data, chunk_sizes, capacity, kernels=_NATIVE):
    """All events of `data`, read in chunks of these sizes (the last one again and again)."""
    scan, compact, words_of = kernels
    # A large message in single bytes would take minutes and show nothing new.
    chunk_sizes = [max(size, len(data) // 300) for size in chunk_sizes]
    buf, state = bytearray(capacity), f.rx_state(capacity)
    words = words_of(buf)
    if words_of is not _no_words:
        state[f._IN_WORDS] = capacity // 4
    found, at, turn = [], 0, 0
    pieces = b""
    while True:
        while (event := scan(words, state, buf)) != f._NEED_MORE:
            if event < 0:
                return [*found, event]
            if event == f._PIECE:
                assert 0 <= state[f._START] < state[f._END] <= state[f._WR]
                pieces += buf[state[f._START] : state[f._END]]
            elif event == f._SKIPPED:
                assert state[f._LENGTH] == len(pieces)
                found.append(("SKIPPED", pieces))
                pieces = b""
            elif event == f._CLOSED:
                found.append(("CLOSED", state[f._CLOSE_CODE]))
            else:
                found.append((_NAMES[event], bytes(buf[state[f._START] : state[f._END]])))
        if at == len(data):
            return found
        place = compact(buf, state) * f._ALIGN
        assert place == state[f._WR] < capacity
        n = min(chunk_sizes[min(turn, len(chunk_sizes) - 1)], capacity - place, len(data) - at)
        buf[place : place + n] = data[at : at + n]
        state[f._WR] += n
        at, turn = at + n, turn + 1


def expected(data, capacity):
    limit = f.rx_state(capacity)[f._LIMIT]
    return [
        ("SKIPPED", what) if name in ("TEXT", "BINARY") and len(what) > limit else (name, what)
        for name, what in meaning(data)
    ]


sizes = st.one_of(
    st.integers(0, 300),
    st.sampled_from([0, 1, 125, 126, 127, 128, 129, 255, 256, 640, 641, 65535, 65536, 66000]),
)
controls = st.builds(
    lambda kind, n, seed: (kind, payload(n, seed, False)),
    st.sampled_from(["ping", "pong"]),
    st.integers(0, 125),
    st.integers(0, 99),
)
messages = st.tuples(
    sizes,
    st.booleans(),
    st.lists(st.integers(0, 70000), max_size=4),
    st.lists(controls, max_size=4),
)


@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.one_of(messages, controls), max_size=8),
    st.one_of(st.none(), st.sampled_from([1000, 1001, 1003, 1007, 1011, 1013, 3000, 4999])),
    st.lists(st.one_of(st.integers(1, 20), st.integers(1, 4000)), min_size=1, max_size=30),
    st.integers(512, 3000),
)
def test_same_messages_as_the_reference(script, close_code, chunk_sizes, capacity):
    server = Server()
    data = b""
    for seed, step in enumerate(script):
        if len(step) == 2:
            data += getattr(server, step[0])(step[1])
        else:
            size, text, cuts, between = step
            frames = [getattr(server, kind)(content) for kind, content in between]
            data += server.message(payload(size, seed, text), text, cuts, frames)
    if close_code:
        data += server.close(close_code)
    wanted = expected(data, capacity)
    assert receive(data, chunk_sizes, capacity) == wanted
    if len(data) < 2500:
        assert receive(data, chunk_sizes, capacity, _CHECKED) == wanted


def test_a_piece_stays_until_the_next_scan():
    """The joined start of a message that turns out too large lies before a ping that came between."""
    server = Server()
    sent = payload(700, 5, True)
    data = server.message(sent, True, [40, 90], [server.ping(b"now")])
    buf, state = bytearray(512), f.rx_state(512)
    buf[:300] = data[:300]
    state[f._WR] = 300
    words = _no_words(buf)
    assert f.scan(words, state, buf) == f._PING
    pieces = []
    while f.scan(words, state, buf) == f._PIECE:
        pieces.append(bytes(buf[state[f._START] : state[f._END]]))
    assert len(pieces) == 2 and pieces[0] == sent[:90]
    assert sent.startswith(b"".join(pieces)) and state[f._RD] == state[f._WR] == 300


# What is nearly UTF-8: bytes at the ends of every range that matters, among ASCII.
edges = st.sampled_from(bytes.fromhex("007f808f909fa0bfc0c1c2dfe0e1ecedeeeff0f1f3f4f5ff"))
nearly = st.lists(
    st.one_of(
        st.text(max_size=20).map(str.encode),
        st.lists(edges, max_size=5).map(bytes),
        st.integers(0, 40).map(lambda n: b"a" * n),
    ),
    max_size=8,
).map(b"".join)


@settings(deadline=None, max_examples=300)
@given(nearly, st.lists(st.integers(0, 200), max_size=4), st.integers(1, 200))
def test_a_text_is_utf8_or_refused(data, cuts, chunk):
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    frames = b""
    for n in range(len(places) - 1):
        part = data[places[n] : places[n + 1]]
        first = (0 if n else 1) | (0x80 if n == len(places) - 2 else 0)
        length = bytes((len(part),)) if len(part) < 126 else b"\x7e" + len(part).to_bytes(2, "big")
        frames += bytes((first,)) + length + part
    try:
        data.decode()
        wanted = [("TEXT", data)]
    except UnicodeDecodeError:
        wanted = [f._ERR_UTF8]
    for kernels in (_NATIVE, _IN_BYTES, _CHECKED):
        assert receive(frames, [chunk], 1024, kernels) == wanted
    if len(data) <= 123:
        close = b"\x88" + bytes((len(data) + 2,)) + b"\x03\xe8" + data
        refused = wanted[0] == f._ERR_UTF8
        assert receive(close, [chunk], 512) == (wanted if refused else [("CLOSED", 1000)])


def test_every_character_is_utf8():
    for first in range(0, 0x110000, 0x800):
        if not 0xD800 <= first < 0xE000:
            data = "".join(map(chr, range(first, first + 0x800))).encode()
            frame = b"\x81\x7e" + len(data).to_bytes(2, "big") + data
            assert receive(frame, [10_000], 10_000) == [("TEXT", data)]


@pytest.mark.parametrize("first", range(0xC0, 0x100, 8))
def test_the_second_byte_decides(first):
    """Every start with every second byte, and as many more as it asks for."""
    for start in range(first, first + 8):
        for second in range(256):
            data = bytes((start, second)) + b"\x80" * (0 if start < 0xE0 else 1 + (start > 0xEF))
            try:
                data.decode()
                wanted = [("TEXT", data)]
            except UnicodeDecodeError:
                wanted = [f._ERR_UTF8]
            assert receive(b"\x81" + bytes((len(data),)) + data, [9], 512) == wanted


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=600), st.lists(st.integers(1, 90), min_size=1, max_size=9))
def test_any_bytes_stay_inside_the_buffers(data, chunk_sizes):
    assert receive(data, chunk_sizes, 512, _CHECKED) == receive(data, chunk_sizes, 512)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\xc1\x00", f._ERR_RESERVED_BITS),
        (b"\x91\x00", f._ERR_RESERVED_BITS),
        (b"\x83\x00", f._ERR_OPCODE),
        (b"\x8b\x00", f._ERR_OPCODE),
        (b"\x81\x81abcdx", f._ERR_MASKED),
        (b"\x09\x00", f._ERR_CONTROL_FRAGMENTED),
        (b"\x89\x7e\x00\x7e" + bytes(126), f._ERR_CONTROL_LENGTH),
        (b"\x80\x01x", f._ERR_CONTINUATION),
        (b"\x01\x01x\x81\x01y", f._ERR_INTERRUPTED),
        (b"\x82\x7f\x80" + bytes(7), f._ERR_LENGTH_TOP_BIT),
        (b"\x82\x7e\x00\x7dx", f._ERR_LENGTH_FORM),
        (b"\x82\x7f" + bytes(6) + b"\xff\xff", f._ERR_LENGTH_FORM),
        (b"\x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00", f._ERR_TOO_LONG),
        (b"\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00", f._ERR_TOO_LONG),
        (b"\x81\x01\x80", f._ERR_UTF8),
        (b"\x01\x01\xc3\x80\x01x", f._ERR_UTF8),
        (b"\x88\x03\x03\xe8\xc3", f._ERR_UTF8),
        (b"\x88\x01\x03", f._ERR_CLOSE),
        *[
            (b"\x88\x02" + code.to_bytes(2, "big"), f._ERR_CLOSE)
            for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535)
        ],
    ],
)
@pytest.mark.parametrize("chunk", [1, 1000])
@pytest.mark.parametrize(
    "kernels", [_NATIVE, _IN_BYTES, _CHECKED], ids=["native", "in bytes", "checked"]
)
def test_protocol_errors(data, error, chunk, kernels):
    good = b"\x81\x02hi"
    assert receive(good + data, [chunk], 512, kernels) == [("TEXT", b"hi"), error]


def test_a_fragmented_message_may_not_count_beyond_an_int():
    # Two halves of 2**29 bytes each: nobody will send them, so the first is skipped by hand.
    buf, state = bytearray(512), f.rx_state(512)
    for head, event in ((b"\x02", f._NEED_MORE), (b"\x80", f._ERR_TOO_LONG)):
        buf[0:10] = head + b"\x7f\x00\x00\x00\x00\x20\x00\x00\x00"
        state[f._RD], state[f._WR] = 0, 10
        assert f.scan(_no_words(buf), state, buf) == event
        if event == f._NEED_MORE:
            left = list(state).index(1 << 29, f._CLOSE_CODE)
            state[left] = 0


def test_close_code_1014():
    # Registered after RFC 6455; the reference does not know it yet.
    assert receive(b"\x88\x02\x03\xf6", [99], 512) == [("CLOSED", 1014)]


def test_close_without_a_code():
    assert receive(Server().close(), [99], 512) == [("CLOSED", 1005)]


@pytest.mark.parametrize("size", [0, 1, 4, 125, 126, 1000, 65535])
@pytest.mark.parametrize("build", [o.build, checked(o.build)], ids=["native", "checked"])
def test_built_frames_are_read_by_the_reference(size, build):
    sent = payload(size, 3, True)
    out, tx = bytearray(size + 40), o.Outbox(size + 40).state
    tx[o._TX_KEY], tx[o._TX_KEY + 1] = 0xFFFF, 0x1234
    src = bytearray(b"..." + sent)
    n = build(src, out, tx, 3, size, f._TEXT)
    m = build(src, out, tx, 0, 3, f._PING)
    assert n == size + (6 if size < 126 else 8)
    assert tx[o._TX_WR] == n + m
    assert meaning(bytes(out[: n + m]), client=False) == [("TEXT", sent), ("PING", b"...")]


def test_a_frame_without_room_is_not_begun():
    out, tx = bytearray(20), o.Outbox(20).state
    assert o.build(bytearray(15), out, tx, 0, 15, f._TEXT) == 0
    assert o.build(bytearray(15), out, tx, 0, 14, f._TEXT) == 20
    assert o.build(bytearray(15), out, tx, 0, 0, f._PING) == 0
    assert tx[o._TX_WR] == 20


def test_a_small_receive_buffer_is_refused():
    with pytest.raises(ValueError, match="512"):
        f.rx_state(511)
