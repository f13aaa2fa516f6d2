"""An answer that is cut off, damaged or does not end gives one line that says so, and every wait ends."""

import asyncio
import random
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from time import sleep

import pytest
from fetching import BODY, Server, came, fetch, get
from http_peer import CHUNKED, OK, chunked, with_length
from tls_peer import ca_file, server_context, serving

import tlsconn
from httpget import HttpGet

_FOREVER_S = 9


def test_an_announced_length_that_lies(run, certs):
    short = with_length(b"abc") + b"defg"
    long = OK + b"Content-Length: 9\r\n\r\nabc"
    server = Server(short, with_length(b"xyz"), (long,), long)
    said, took = fetch(run, certs, server, timeout_ms=1200)
    assert said[0].startswith(came(b"abc"))
    # What was left over is not taken for the next answer.
    assert said[1].startswith(came(b"xyz"))
    # The C module swallows the end of TLS behind less than it was asked for.
    assert said[2] in ("why the answer was cut off", "why timed out")
    assert said[3] == "why timed out"
    assert took[3][0] > 1100


def end_tls(connection):
    connection.setblocking(False)
    with suppress(OSError):
        connection.unwrap()
    end_tcp(connection)


def end_tcp(connection):
    socket.socket(fileno=connection.detach()).close()


def reset(connection):
    sleep(0.03)  # or what was sent might be forgotten
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end_tcp(connection)


@pytest.mark.parametrize("end", [end_tls, end_tcp, reset])
def test_a_cut_answer_is_an_error_wherever_it_was_cut(run, certs, end):
    whole = chunked(b"0123456789" * 2, [7, 13], b"", b"X: 1\r\n")
    cuts = [*range(0, len(OK), 5), *range(len(OK), len(whole), 9), len(whole) - 1]
    with cutting([whole[:cut] for cut in cuts] + [whole], end) as port:
        said, _ = get(run, certs, port, ["/"] * (len(cuts) + 1))
    assert said[0] == "why closed by the peer before it answered"
    assert said[1:-1] == ["why the answer was cut off"] * (len(cuts) - 1)
    assert said[-1].startswith(came(b"0123456789" * 2))


def test_a_peer_that_ends_rudely_behind_its_answer_is_heard_all_the_same(run, certs):
    replies = [with_length(b"abc"), b"HTTP/1.1 502 Bad Gateway\r\n\r\nno"]
    with cutting(replies, reset) as port:
        said, _ = get(run, certs, port, ["/", "/"])
    assert said[0].startswith(came(b"abc"))
    assert said[1] == "why HTTP 502 bad gateway"


@contextmanager
def cutting(replies, end):
    """A server of one connection after another: a reply, then `end(connection)`."""
    listener = socket.create_server(("127.0.0.1", 0))
    context = server_context()

    def serve():
        for reply in replies:
            connection = context.wrap_socket(listener.accept()[0], server_side=True)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while b"\r\n\r\n" not in connection.recv(2048):
                pass
            connection.sendall(reply)
            end(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(10)
        listener.close()


def test_every_wait_ends(run, certs):
    async def silent(writer):
        await asyncio.sleep(_FOREVER_S)

    async def half(writer):
        writer.write(OK + b"Content-Length: 5\r\n\r\nab")
        await asyncio.sleep(_FOREVER_S)

    async def drip(writer):
        writer.write(OK + b"\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def tiny_chunks(writer):
        writer.write(CHUNKED)
        while True:
            writer.write(b"1\r\nx\r\n" * 1000)
            await writer.drain()

    server = Server(silent, half, drip, tiny_chunks)
    said, took = fetch(run, certs, server, timeout_ms=500)
    assert said[:3] == ["why timed out"] * 3
    assert said[3] in ("why timed out", "why the answer is too long")
    ticks = 0
    for took_ms, ticks_by_now in took:
        assert took_ms < 4000
        assert ticks_by_now - ticks > 5  # another task went on meanwhile
        ticks = ticks_by_now


def test_damaged_answers_give_a_body_or_a_line(run, certs):
    """Nothing else: no hang, no traceback; and a body is never longer than what came."""
    rng = random.Random(8)
    whole = [
        with_length(BODY[:90], b"Connection: keep-alive\r\n"),
        chunked(BODY[:90], [40, 3], b";a=1", b"X: 1\r\n"),
        OK + b"\r\n" + BODY[:90],
    ]
    damaged = []
    for _ in range(30):
        reply = bytearray(rng.choice(whole))
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(reply))
            reply[at : at + rng.choice([0, 1, 9])] = rng.choice(
                [b"", b"\r\n", b"\n", b":", b"0", b"fffff", bytes([rng.randrange(256)])]
            )
        damaged.append(bytes(reply))
    with cutting(damaged, end_tcp) as port:
        outcomes, _ = get(run, certs, port, ["/"] * len(damaged), timeout_ms=3000)
    assert len(outcomes) == len(damaged)
    for line, reply in zip(outcomes, damaged, strict=True):
        word, size = line.split()[:2]
        assert word == "why" or (word == "ok" and int(size) < len(reply))
    assert {line.split()[0] for line in outcomes} == {"ok", "why"}
    assert "why timed out" not in outcomes


def test_a_cancelled_get_closes_its_socket(certs):
    ended = []

    async def listen(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 9\r\n\r\nabc")
        await reader.read()  # to the end
        ended.append(True)

    async def give_up(port):
        trusted = tlsconn.trust(ca_file("good", certs).read_bytes())
        https = HttpGet("localhost", port, trusted, bytearray(512))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(https.get("/", lambda buf, size: None), 0.3)
        await asyncio.sleep(0.1)

    with serving(listen, server_context()) as port:
        asyncio.run(give_up(port))
        assert ended


def test_nobody_there(run, certs):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        said, _ = get(run, certs, port, ["/", "/"], timeout_ms=2000)
    assert said == ["why connection refused"] * 2
