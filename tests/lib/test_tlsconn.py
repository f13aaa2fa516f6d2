"""A connection is made only to the host that the certificate proves; every refusal says why."""

import asyncio
import socket

import pytest
from tls_peer import DAY, NOW, ca_file, server_context, serving

import tlsconn


async def echo(reader, writer):
    writer.write(b"you said " + await reader.readexactly(5))
    await writer.drain()
    await reader.read()


def dial(run, certs, port, host="localhost", ca="good", timeout_ms=4000):
    said = run("dial.py", host, port, ca_file(ca, certs), timeout_ms)
    print(said)
    return said[0], int(said[1].split()[1]), int(said[2].split()[1])


def test_trusted_host(run, certs):
    with serving(echo, server_context()) as port:
        assert dial(run, certs, port)[0] == "ok you said hello"


@pytest.mark.parametrize(
    ("ca", "server", "why"),
    [
        ("other", {}, "certificate not trusted"),
        ("good", {"host": "elsewhere.example"}, "certificate is for another host"),
        (
            "good",
            {"not_before": NOW - 9 * DAY, "not_after": NOW - DAY},
            "certificate expired (is the clock set?)",
        ),
        (
            "good",
            {"not_before": NOW + DAY, "not_after": NOW + 9 * DAY},
            "certificate not yet valid (is the clock set?)",
        ),
    ],
    ids=["wrong CA", "wrong host", "expired", "not yet valid"],
)
def test_refused_certificate(run, certs, ca, server, why):
    with serving(echo, server_context(**server)) as port:
        assert dial(run, certs, port, ca=ca)[0] == "why " + why


def test_nobody_listens(run, certs):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert dial(run, certs, port)[0] == "why connection refused"


def test_unknown_name(run, certs):
    assert dial(run, certs, 1, host="no-such-host.invalid")[0] == (
        "why cannot resolve no-such-host.invalid"
    )


def test_server_that_never_answers(run, certs):
    async def silent(reader, writer):
        await asyncio.sleep(10)

    with serving(silent) as port:
        said, ms, ticks = dial(run, certs, port, timeout_ms=400)
    assert said == "why timed out"
    assert 350 < ms < 1500
    assert ticks > 15  # another task went on meanwhile


def test_server_that_hangs_up(run, certs):
    async def hang_up(reader, writer):
        await reader.read(1)

    with serving(hang_up) as port:
        assert dial(run, certs, port)[0].startswith("why closed by the peer")


def test_server_that_speaks_no_tls(run, certs):
    async def plain(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    with serving(plain) as port:
        assert dial(run, certs, port)[0] == "why the peer does not speak TLS"


def test_ca_that_is_no_certificate(run, certs):
    (certs / "junk.der").write_bytes(b"junk")
    with serving(echo, server_context()) as port:
        said = run("dial.py", "localhost", port, certs / "junk.der", 2000)
    assert said[0] == "why the CA certificate is not valid DER"


def test_a_cancelled_connect_closes_its_socket(certs):
    ended = []

    async def silent(reader, writer):
        await reader.read()  # to the end
        ended.append(True)

    async def give_up(port):
        trusted = tlsconn.trust(ca_file("good", certs).read_bytes())
        task = tlsconn.connect("localhost", port, trusted, b"x", 9000)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(task, 0.1)
        await asyncio.sleep(0.1)

    with serving(silent) as port:
        asyncio.run(give_up(port))
        assert ended
