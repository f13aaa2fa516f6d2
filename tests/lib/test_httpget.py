"""A body comes whole, by every framing and however the bytes arrive, or one line says what is wrong with the answer."""

import asyncio
import random

import pytest
from fetching import BODY, Server, came, fetch
from http_peer import CHUNKED, OK, chunked, with_length

from httpget import HttpGet


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


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: 1", "/\u00e4"])
def test_a_path_that_would_say_something_else_is_not_sent(path):
    https = HttpGet("localhost", 1, None, bytearray(512))
    with pytest.raises(ValueError, match="plain"):
        asyncio.run(https.get(path, print))
