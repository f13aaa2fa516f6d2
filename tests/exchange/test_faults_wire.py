"""Faults of the connection, seen by a client of bare sockets: on the wire is what was asked for."""

import json
import socket
import struct
import time

import pytest
import raw_client
from client_book import ClientBook
from raw_client import CUT, NOTIFIED, RESET, SILENT, EndError, RawClient

from host.errors import UserError
from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

PAIRS = ["BTC/USD", "ETH/USD"]
# Of a TLS 1.3 record: its kind and the cipher's tag.
_RECORD_OVERHEAD = 17


@pytest.fixture
def exchange():
    with exchange_in_thread(Market(PAIRS), speed=10, snapshot_delay_ms=10) as running:
        yield running


@pytest.fixture
def client(exchange):
    with listening(exchange) as client:
        yield client


def listening(exchange, **options):
    client = RawClient(exchange, **options)
    client.subscribe(PAIRS)
    client.book()
    return client


def end_of(client):
    """How the connection ends, and the codes of close frames on the way."""
    codes = []
    try:
        while True:
            frame = client.frame()
            if frame.opcode == raw_client.CLOSE:
                codes.append(struct.unpack("!H", frame.payload[:2])[0])
                client.send(frame.payload[:2], raw_client.CLOSE)
    except EndError as end:
        return end.how, codes


def assert_all_proves(frames):
    books = {}
    for frame in frames:
        symbol = json.loads(frame)["data"][0]["symbol"]
        assert books.setdefault(symbol, ClientBook(10)).apply(frame), frame


def assert_serves(exchange):
    with listening(exchange) as other:
        other.book()


def test_drop(exchange, client):
    exchange.fault("drop")
    assert end_of(client) in ((CUT, []), (RESET, []))
    (struck,) = exchange.injected
    assert (struck.name, struck.client) == ("drop", 1)
    assert time.monotonic() - 5 < struck.monotonic_s <= time.monotonic()
    assert_serves(exchange)


def test_only_the_client_that_is_named_is_struck(exchange, client):
    with listening(exchange) as other:
        exchange.fault("drop", client=2)
        assert end_of(other)[0] in (CUT, RESET)
        client.book()
    assert [each.client for each in exchange.injected] == [2]


def test_reset_mid_frame(exchange, client):
    exchange.fault("reset-mid-frame")
    with pytest.raises(EndError) as end:
        while True:
            client.frame()
    assert end.value.how == RESET
    # What is left is the beginning of a frame's payload, and not all of it.
    assert client.unread.startswith(b'{"channel"')
    with pytest.raises(ValueError):
        json.loads(client.unread)
    assert_serves(exchange)


def test_half_open(exchange):
    with listening(exchange, patience_s=0.5) as client:
        exchange.fault("half-open")
        with pytest.raises(EndError) as end:
            while True:
                client.frame()
        assert end.value.how == SILENT
        # Nothing is answered, and TCP is as well as ever.
        client.send(b"hello", raw_client.PING)
        client.send({"method": "ping"})
        with pytest.raises(EndError) as end:
            client.frame()
        assert end.value.how == SILENT
        assert_serves(exchange)


def test_half_open_ends(exchange, client):
    exchange.fault("half-open", seconds=0.2)
    assert end_of(client)[0] in (CUT, RESET)


def test_drip(exchange, client):
    before = len(client.records)
    exchange.fault("drip", ms=300, pause_ms=1)
    client.text()
    frames = [client.book() for _ in range(40)]
    single = [length for length in client.records[before:] if length == 1 + _RECORD_OVERHEAD]
    assert len(single) > 50
    assert client.records[-1] > 1 + _RECORD_OVERHEAD, "it ends"
    assert all(json.loads(frame)["data"] for frame in frames)


def test_fragmented(exchange, client):
    client.text()
    exchange.fault("fragmented", frames=3, pieces=3)
    seen = []
    while sum(frame.is_last and frame.opcode == raw_client.CONTINUATION for frame in seen) < 3:
        seen.append(client.frame())
    first = next(at for at, frame in enumerate(seen) if not frame.is_last)
    kinds = [(frame.opcode, frame.is_last) for frame in seen[first : first + 5]]
    text, more, ping = (raw_client.TEXT, False), raw_client.CONTINUATION, (raw_client.PING, True)
    assert kinds == [text, ping, (more, False), ping, (more, True)]
    parts = [frame for frame in seen[first : first + 5] if frame.opcode != raw_client.PING]
    json.loads(b"".join(frame.payload for frame in parts))
    client.text()


@pytest.mark.parametrize("size", [100, 70_000, 1_048_576])
def test_huge_frame(exchange, client, size):
    exchange.fault("huge-frame", size=size)
    text = client.until(lambda text: '"instrument"' in text)
    assert len(text) == size
    json.loads(text)
    client.book()


@pytest.mark.parametrize("size", [0, 4, 125])
def test_ping_storm(exchange, client, size):
    exchange.fault("ping-storm", count=500, size=size)
    frame = client.frame()
    while frame.opcode != raw_client.PING:
        frame = client.frame()
    pings = [frame, *(client.frame() for _ in range(499))]
    assert {(ping.opcode, len(ping.payload)) for ping in pings} == {(raw_client.PING, size)}
    client.book()


def test_no_close_notify(exchange, client):
    exchange.fault("no-close-notify")
    assert end_of(client) == (CUT, [])
    assert not client.unread, "the last frame is whole"
    assert_serves(exchange)


@pytest.mark.parametrize("code", range(1000, 1014))
def test_close(exchange, client, code):
    exchange.fault("close", code=code)
    how, codes = end_of(client)
    assert codes == [code]
    assert how in (NOTIFIED, CUT)


def test_close_says_its_reason(exchange, client):
    exchange.fault("close", code=1012, reason="see you")
    while (frame := client.frame()).opcode != raw_client.CLOSE:
        pass
    assert frame.payload == struct.pack("!H", 1012) + b"see you"


def test_pings_are_answered_between_frames_even_while_it_drips(exchange, client):
    exchange.fault("drip", ms=200, pause_ms=1)
    client.send(b"are you there", raw_client.PING)
    while (frame := client.frame()).opcode != raw_client.PONG:
        assert frame.opcode == raw_client.TEXT
        json.loads(frame.payload)
    assert frame.payload == b"are you there"


def test_nobody_is_there(exchange):
    exchange.fault("drop")
    assert exchange.injected == []


def test_leaving_does_not_wait_for_the_silent():
    with exchange_in_thread(Market(PAIRS)) as exchange:
        client = listening(exchange)
        exchange.fault("half-open")
        began = time.monotonic()
    assert time.monotonic() - began < 2.0
    client.tcp.close()


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("dropp", {}, "no fault is called dropp; did you mean drop?"),
        ("zzz", {}, "no fault is called zzz; inkling exchange --list-faults lists all"),
        ("drop", {"when": 1}, "drop: drop has no option when; its options are client"),
        ("close", {"code": 999}, "close: code is one of 1000, 1001"),
        ("close", {"code": True}, "close: code is one of 1000, 1001"),
        ("half-open", {"seconds": -1}, "half-open: seconds is 0 to 86400, not -1"),
        ("half-open", {"seconds": "2"}, "half-open: seconds is a number, not '2'"),
        ("ping-storm", {"count": 1.5}, "ping-storm: count is a whole number, not 1.5"),
        ("fragmented", {"ping": 1}, "fragmented: ping is true or false, not 1"),
        ("wrong-checksum", {"symbol": 3}, "wrong-checksum: symbol is a text, not 3"),
    ],
)
def test_wrong_faults_are_told_to_who_asks(exchange, name, options, said):
    with pytest.raises(UserError) as wrong:
        exchange.fault(name, **options)
    assert str(wrong.value).startswith(said)
    assert not exchange.injected
    socket.create_connection(("127.0.0.1", exchange.port)).close()
