"""The WebSocket client against independent servers, on CPython and on the board model."""

import asyncio
import json
import random
from binascii import crc32

import pytest
from both_runtimes import on_board
from tls_peer import ca_file, server_context, serving, serving_app, upgraded
from ws_reference import Server, meaning, payload

import wsframe


@pytest.fixture(scope="session")
def ca(certs):
    return ca_file("good", certs)


def session(run, ca, port, buffer_bytes=2048, timeout_ms=4000, rounds=1):
    return run("session.py", port, ca, buffer_bytes, timeout_ms, rounds)


def frames(handler):
    """A TLS server that upgrades by wsproto and then does `await handler(reader, writer)`."""

    async def serve(reader, writer):
        await upgraded(reader, writer)
        await handler(reader, writer)

    return serving(serve, server_context())


async def said(reader, wanted):
    """What the client says until `wanted` frames of it are here."""
    data = b""
    while len(found := meaning(data, client=False)) < wanted:
        part = await reader.read(2000)
        if not part:
            break
        data += part
    return found


async def hang_up(writer):
    """Break the connection once what was written is out."""
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()


def test_conversation_with_aiohttp(run, ca):
    heard = []

    async def talk(ws):
        await ws.send_str("say h\u00e9llo")
        heard.append((await ws.receive()).data)
        await ws.send_str("say " + "x" * 500)
        heard.append((await ws.receive()).data)
        await ws.send_str("ping")
        await ws.send_bytes(bytes(300))
        await ws.close(code=4001)
        heard.append(ws.close_code)

    with serving_app(talk, server_context()) as port:
        lines = session(run, ca, port)
    # aiohttp answers the ping while it reads, and a closing one may not read it any more.
    assert [line for line in lines if line != "pong"] == [
        "open",
        "TEXT say h\u00e9llo",
        "TEXT 504 say..xxx",
        "TEXT ping",
        "BINARY 300",
        "CLOSED 4001",
        "skipped 0",
    ]
    assert heard == ["h\u00e9llo", "x" * 500, 4001]


def test_the_client_closes(run, ca):
    heard = []

    async def talk(ws):
        await ws.send_str("close 3001")
        message = await ws.receive()
        heard.append((message.type.name, message.data))

    with serving_app(talk, server_context()) as port:
        lines = session(run, ca, port)
    assert lines == ["open", "TEXT close 3001", "skipped 0"]
    assert heard == [("CLOSE", 3001)]


def test_one_object_serves_many_connections(run, ca):
    async def handler(reader, writer):
        # The rest of a message that the next connection must not see.
        writer.write(Server().message(b"welcome", True) + b"\x81\x7e\x01\x00half")
        await hang_up(writer)

    with frames(handler) as port:
        lines = session(run, ca, port, rounds=3)
    assert [line for line in lines if line not in ("ENDED", "LOST")] == [
        "open",
        "TEXT welcome",
        "skipped 0",
    ] * 3


@pytest.mark.parametrize("together", [True, False], ids=["with the head", "byte by byte"])
def test_pings_are_answered_and_fragments_joined(run, ca, together):
    answers = []
    server = Server()
    data = server.ping(b"first")
    data += server.message(payload(900, 1, True), True, [10, 300], [server.ping(b"in between")])
    data += server.pong(b"") + server.message(
        payload(5000, 2, True), True, [1, 2], [server.ping(b"")]
    )
    data += server.message(b"", True) + server.message(payload(200, 3, False), False)

    async def handler(reader, writer):
        if together:
            writer.write(data)
        else:
            for i in range(0, len(data)):
                writer.write(data[i : i + 1])
        writer.write(server.close(1001))
        await writer.drain()
        answers.extend(await said(reader, 4))

    with frames(handler) as port:
        lines = session(run, ca, port)
    text = payload(900, 1, True).decode()
    assert lines == [
        "open",
        f"TEXT 900 {text[:3]}..{text[-3:]}",
        "pong",
        f"SKIPPED 5000 {crc32(payload(5000, 2, True)):08x}",
        "TEXT ",
        "BINARY 200",
        "CLOSED 1001",
        "skipped 1",
    ]
    assert answers == [
        ("PONG", b"first"),
        ("PONG", b"in between"),
        ("PONG", b""),
        ("CLOSED", 1001),
    ]


@pytest.mark.parametrize(
    ("data", "error", "code"),
    [(b"\x81\x81abcdx", wsframe._ERR_MASKED, 1002), (b"\x82\x7f" + b"\x40" * 8, -10, 1009)],
)
def test_a_protocol_error_closes(run, ca, data, error, code):
    answers = []

    async def handler(reader, writer):
        writer.write(data)
        answers.extend(await said(reader, 1))

    with frames(handler) as port:
        lines = session(run, ca, port)
    assert lines == ["open", f"ERROR {error}", "skipped 0"]
    assert answers == [("CLOSED", code)]


_OK = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"
)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\n\r\n", "upgrade refused: HTTP 429"),
        ("HTTP/1.1 101\r\n\r\n", "upgrade refused: not a WebSocket answer"),
        (_OK + "\r\n", "upgrade refused: wrong accept key"),
        (_OK + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
         "upgrade refused: extension not asked for"),
        ("SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "upgrade refused: no HTTP/1.1 answer"),
        ("HTTP/1.1 101 X\r\nA: " + "a" * 3000, "upgrade refused: answer too long"),
        ("HTTP/1.1 101 Switching\r\n", "upgrade refused: connection closed"),
    ],
)  # fmt: skip
def test_refused_upgrade(run, ca, answer, why):
    async def handler(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.encode())
        await hang_up(writer)

    with serving(handler, server_context()) as port:
        assert session(run, ca, port) == ["why " + why]


def test_a_server_that_never_upgrades(run, ca):
    async def handler(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(10)

    with serving(handler, server_context()) as port:
        assert session(run, ca, port, timeout_ms=500) == ["why timed out"]


def test_a_feed_that_ends_without_goodbye(run, ca):
    async def handler(reader, writer):
        writer.write(Server().message(b"hi", True))
        await hang_up(writer)

    with frames(handler) as port:
        lines = session(run, ca, port)
    assert lines[1] == "TEXT hi"
    assert lines[2] in ("ENDED", "LOST")


def cases(count):
    """Random feeds, cut at random, with random refusals to take our answers."""
    rng = random.Random(7)
    for _ in range(count):
        server, data = Server(), b""
        for seed in range(rng.randrange(1, 5)):
            text = rng.random() < 0.6
            size = rng.choice([0, 3, 125, 126, 200, 255, 256, 300, 700])
            cuts = [rng.randrange(2000) for _ in range(rng.choice([0, 0, 1, 3]))]
            pings = [server.ping(payload(rng.randrange(126), seed, False)) for _ in cuts]
            data += server.message(
                payload(size, seed, text), text, cuts, pings[: rng.randrange(4)]
            )
        if rng.random() < 0.5:
            data += server.close(rng.choice([1000, 1013, 4000]))
        yield {
            "data": data.hex(),
            "capacity": rng.choice([512, 700, 1024]),
            "sizes": [rng.choice([0, 1, 2, 60, 500]) for _ in range(9)] + [77],
            "takes": [rng.choice([0, 0, 1, 50, 1000]) for _ in range(12)],
        }


def test_same_events_and_answers_as_the_reference(run, tmp_path):
    script = list(cases(60))
    path = tmp_path / "cases"
    path.write_text("".join(json.dumps(case) + "\n" for case in script))
    lines = run("canned.py", path)
    for case, line in zip(script, lines, strict=True):
        found, written = json.loads(line)
        limit = wsframe.rx_state(case["capacity"])[wsframe._LIMIT]
        wanted, answers = [], []
        for name, what in meaning(bytes.fromhex(case["data"])):
            if name == "PING":
                answers.append(("PONG", what))
            elif name == "CLOSED":
                wanted.append([name, what])
                answers.append((name, what))
            elif len(what) > limit:
                wanted.append(["SKIPPED", len(what), crc32(what)])
            else:
                wanted.append([name, len(what), crc32(what)])
        assert found == wanted
        # A pong for which the peer leaves no room is dropped; ten of the longest always fit.
        assert meaning(bytes.fromhex(written), client=False) == answers


@pytest.mark.parametrize("chunk", [0, 1400, 251, 37, 11])
def test_receiving_allocates_nothing(board_model, tmp_path, chunk):
    server = Server()
    data = b"".join(server.message(payload(200 + i, i, True), True) for i in range(20))
    data += server.ping(b"are you there") + server.message(payload(3000, 0, True), True)
    data += server.message(
        payload(900, 1, True), True, [100, 500], [server.pong(b""), server.ping(b"")]
    )
    path = tmp_path / "frames"
    path.write_bytes(data)
    lines = on_board(board_model, "no_allocation.py", path, chunk)
    events, skipped = int(lines[0].split()[1]), int(lines[0].split()[3])
    assert events >= 10_000
    assert skipped in (events // 22, events // 22 + 1)
    assert lines[0].endswith("pongs True")


def test_allocation_over_tls(board_model, ca):
    messages = 10_000

    async def handler(reader, writer):
        server = Server()
        for i in range(messages):
            writer.write(server.message(payload(200 + i % 100, i, True), True))
            if i % 1000 == 0:
                writer.write(server.ping(b"still there"))
                await writer.drain()
        writer.write(server.close(1000))
        await writer.drain()
        await reader.read()

    with frames(handler) as port:
        lines = on_board(board_model, "tls_allocation.py", port, ca)
    print(lines)
    assert lines[1] == f"messages {messages}"
    assert int(lines[2].split()[1]) < 1024
