"""A body comes whole, by every framing and however the bytes arrive, or there is one line that says why not."""

import asyncio
import random
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from time import sleep
from zlib import crc32

import pytest
from http_peer import OK, HttpServer, chunked, with_length
from tls_peer import ca_file, server_context, serving

import tlsconn
from httpget import HttpGet

BODY = bytes(random.Random(4).randbytes(3000))
_FOREVER_S = 9


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    return tmp_path_factory.mktemp("certs")


class Server(HttpServer):
    """Answers `/n` with reply number n."""

    def __init__(self, *replies, piece=0):
        super().__init__(lambda path: replies[int(path[1:].partition("?")[0])], piece)
        self.replies = replies


def fetch(run, certs, server, paths=None, buffer_bytes=512, timeout_ms=8000):
    """What was said of each path, how long it took, and how many ticks there had been by then."""
    paths = range(len(server.replies)) if paths is None else paths
    with serving(server.talk, server_context()) as port:
        said = run(
            "fetch.py",
            port,
            ca_file("good", certs),
            buffer_bytes,
            timeout_ms,
            *[f"/{path}" for path in paths],
        )
    return said[::2], [[int(n) for n in line.split()[1:]] for line in said[1::2]]


def came(body):
    """How the program's line about a body that came whole begins."""
    return f"ok {len(body)} {crc32(body)} "


@pytest.mark.parametrize("piece", [1, 2, 7, 500, 0])
def test_every_framing_however_the_bytes_come(run, certs, piece):
    body = BODY[:600] if piece == 1 else BODY
    server = Server(
        with_length(body),
        chunked(body, [1, 511, 512, 513, 3]),
        chunked(body, [97], b" ; a=b", b"X-Sum: 1\r\nX-More: 2\r\n"),
        with_length(b""),
        chunked(b"", [1]),
        (OK + b"\r\n" + body,),
        piece=piece,
    )
    said, _ = fetch(run, certs, server)
    wanted = [body, body, body, b"", b"", body]
    assert [a.startswith(came(b)) for a, b in zip(said, wanted, strict=True)] == [True] * 6, said
    assert server.connections == 1


def test_a_large_body_is_never_held(run, certs, feeds):
    """The whole list of pairs, 173 KB, through half a kilobyte in a heap of 56."""
    pairs = (feeds / "cryptofeed" / "KRAKEN.0").read_bytes().splitlines()[0].split(b": ", 1)[1]
    assert len(pairs) > 170_000
    rng = random.Random(1)
    sizes = [rng.choice([1, 2, 15, 16, 255, 4096, 20_000]) for _ in range(99)]
    server = Server(with_length(pairs), chunked(pairs, sizes))
    said, _ = fetch(run, certs, server, ["0?measured", "1?measured"])
    for line in said:
        assert line.startswith(came(pairs))
        pieces, allocated = map(int, line.split()[3:])
        assert allocated < 200 * pieces < len(pairs)


def test_how_it_asks(run, certs):
    server = Server(with_length(b"x"))
    fetch(run, certs, server)
    lines = server.questions[0].split(b"\r\n")
    assert lines[0] == b"GET /0 HTTP/1.1"
    assert lines[1].startswith(b"Host: localhost:")


def test_heads_of_all_kinds(run, certs):
    odd = (
        OK.replace(b"OK", b"") + b"content-LENGTH:3\r\nSet-Cookie: " + b"c" * 4000 + b"\r\n\r\nabc"
    )
    server = Server(
        odd,
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + with_length(b"abc"),
        OK + b"content-length: 3\r\nContent-Length: 3\r\n\r\nabc",
        OK + b"Content-Length: 7\r\nTransfer-Encoding: Chunked\r\n\r\n003\r\nabc\r\n00\r\n\r\n",
        (b"HTTP/1.0 200 OK\nContent-Length: 3\n\nabc",),
    )
    said, _ = fetch(run, certs, server)
    assert [line.startswith(came(b"abc")) for line in said] == [True] * 5, said


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
REFUSED = [
    (b"HTTP/1.1 403 Forbidden\r\n\r\n<html>", "HTTP 403 forbidden"),
    (b"HTTP/1.1 429 Too Many\r\nRetry-After: 9\r\n\r\n", "HTTP 429 too many requests"),
    (b"HTTP/1.1 500 Oops\r\n\r\n", "HTTP 500 internal server error"),
    (b"HTTP/1.1 502 Bad Gateway\r\n\r\n<!DOCTYPE html>", "HTTP 502 bad gateway"),
    (b"HTTP/1.1 503 Busy\r\n\r\n", "HTTP 503 service unavailable"),
    (b"HTTP/1.1 520 \r\n\r\n", "HTTP 520"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", "HTTP 204"),
    (b"HTTP/1.1 101 Switching\r\n\r\n", "HTTP 101"),
    (
        b"HTTP/1.1 302 Found\r\nLocation: https://a.example/'" + b"x" * 90 + b"\r\n\r\n",
        "HTTP 302 moved to https://a.example/_" + "x" * 21,
    ),
    (b"HTTP/1.1 301 Moved\r\n\r\n", "HTTP 301"),
    (b"<html>502</html>\r\n\r\n", "no HTTP/1.1 answer"),
    (b"HTTP/2 200\r\n\r\n", "no HTTP/1.1 answer"),
    (b"HTTP/1.1 20\r\n\r\n", "no HTTP/1.1 answer"),
    (OK + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "the answer is encoded"),
    (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "the answer is encoded"),
    (OK + b"Content-Length: -1\r\n\r\n", "the answer has no sensible length"),
    (OK + b"Content-Length: 1_0\r\n\r\n", "the answer has no sensible length"),
    (OK + b"Content-Length: \r\n\r\n", "the answer has no sensible length"),
    (with_length(b"abcd", b"Content-Length: 3\r\n"), "the answer has no sensible length"),
    (OK + b"Content-Length: 9999999999\r\n\r\n", "the answer has no sensible length"),
    (OK + b"Content-Length: 999999999\r\n\r\n", "the answer is too long"),
    (OK + b"X: 1\r\n" * 2000, "the answer is too long"),
    (OK + b"X: " + b"1" * 9000, "the answer is too long"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 400, "the answer is too long"),
    (CHUNKED + b"-1\r\n", "the answer has a broken chunk"),
    (CHUNKED + b"0x3\r\nabc\r\n", "the answer has a broken chunk"),
    (CHUNKED + b"1_0\r\n", "the answer has a broken chunk"),
    (CHUNKED + b"\r\n", "the answer has a broken chunk"),
    (CHUNKED + b";a\r\n", "the answer has a broken chunk"),
    (CHUNKED + b"3\r\nabcd\r\n", "the answer has a broken chunk"),
    (CHUNKED + b"7fffffff\r\n", "the answer is too long"),
    (CHUNKED + b"ffffff\r\n" + b"x" * (1 << 20) + b"x", "the answer is too long"),
    (CHUNKED + b"0\r\n" + b"X: 1\r\n" * 2000, "the answer is too long"),
]


def test_an_answer_that_is_of_no_use_is_refused_in_words(run, certs):
    said, _ = fetch(run, certs, Server(*[reply for reply, _ in REFUSED]))
    assert said == ["why " + why for _, why in REFUSED]


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
        said = run("fetch.py", port, ca_file("good", certs), 512, 8000, *["/"] * (len(cuts) + 1))
    said = said[::2]
    assert said[0] == "why closed by the peer before it answered"
    assert said[1:-1] == ["why the answer was cut off"] * (len(cuts) - 1)
    assert said[-1].startswith(came(b"0123456789" * 2))


def test_a_peer_that_ends_rudely_behind_its_answer_is_heard_all_the_same(run, certs):
    replies = [with_length(b"abc"), b"HTTP/1.1 502 Bad Gateway\r\n\r\nno"]
    with cutting(replies, reset) as port:
        said = run("fetch.py", port, ca_file("good", certs), 512, 8000, "/", "/")
    assert said[0].startswith(came(b"abc"))
    assert said[2] == "why HTTP 502 bad gateway"


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


def test_one_session_serves_as_long_as_it_lasts(run, certs):
    """A server that hangs up, with or without a word, is dialled again."""
    server = Server(
        with_length(b"a"),
        with_length(b"b", b"Connection: close\r\n"),
        (with_length(b"c"),),
    )
    said, _ = fetch(run, certs, server, [0, 0, 1, 0, 2, 0, 0])
    wanted = [b"a", b"a", b"b", b"a", b"c", b"a", b"a"]
    assert [a.startswith(came(b)) for a, b in zip(said, wanted, strict=True)] == [True] * 7
    assert server.connections == 3


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
        said = run("fetch.py", port, ca_file("good", certs), 512, 3000, *["/"] * len(damaged))
    outcomes = said[::2]
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
        said = run("fetch.py", port, ca_file("good", certs), 512, 2000, "/", "/")
    assert said[::2] == ["why connection refused"] * 2


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: 1", "/\u00e4"])
def test_a_path_that_would_say_something_else_is_not_sent(path):
    https = HttpGet("localhost", 1, None, bytearray(512))
    with pytest.raises(ValueError, match="plain"):
        asyncio.run(https.get(path, print))
