"""The local Kraken over real TLS, asked by aiohttp: its words, books, manners and faults."""

import asyncio
import json
import re
import socket as sockets
import ssl
import time
import urllib.request

import aiohttp
import pytest
from client_book import ClientBook
from clients import PAIRS, ask, asynchronous, book_frames, client, subscribe

from host.errors import UserError
from host.exchange import certificates
from host.exchange.clock import FULL_SPEED
from host.exchange.market import Market
from host.exchange.server import Exchange
from host.exchange.thread import exchange_in_thread

START_S = 1_790_000_000
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
_TIMES = f'"time_in":"{_TIME}","time_out":"{_TIME}"}}'


def market(**options):
    return Exchange(Market(start_s=START_S), **options)


def fast(**options):
    return market(speed=FULL_SPEED, **options)


@asynchronous
async def test_every_checksum_proves_over_tls():
    async with fast() as exchange, client(exchange) as socket:
        await socket.send_json(subscribe(PAIRS))
        books = {}
        for frame in await book_frames(socket, 2000):
            (data,) = json.loads(frame)["data"]
            assert books.setdefault(data["symbol"], ClientBook(10)).apply(frame)
        assert set(books) == set(PAIRS)


@asynchronous
async def test_full_speed_is_deterministic():
    async def hear():
        async with fast() as exchange, client(exchange) as socket:
            await socket.send_json(subscribe(PAIRS, depth=25))
            return [(await socket.receive()).data for _ in range(800)]

    first = await hear()
    assert first == await hear()
    assert first.count('{"channel":"heartbeat"}') >= 3


@asynchronous
async def test_order_on_the_wire():
    async with market() as exchange, client(exchange) as socket:
        await socket.send_json(subscribe(["BTC/USD", "ETH/USD"]))
        heard = [json.loads((await socket.receive()).data) for _ in range(4)]
        assert [each.get("method") for each in heard[:2]] == ["subscribe"] * 2
        assert [each["result"]["symbol"] for each in heard[:2]] == ["BTC/USD", "ETH/USD"]
        assert [each.get("type") for each in heard[2:]] == ["snapshot"] * 2


@asynchronous
async def test_heartbeats_once_a_second_under_load():
    async with market(speed=20) as exchange, client(exchange) as socket:
        await socket.send_json(subscribe(PAIRS))
        times, beats, began = [], 0, time.monotonic()
        while beats < 20:
            frame = json.loads((await socket.receive()).data)
            beats += frame == {"channel": "heartbeat"}
            times.append(frame)
        assert 0.7 < time.monotonic() - began < 2.5
        assert len(times) > 200


@asynchronous
async def test_status_has_the_shape_of_2026():
    async with market() as exchange, aiohttp.ClientSession() as session:
        context = exchange.credentials.client_context()
        async with session.ws_connect(exchange.url, ssl=context) as socket:
            text = (await socket.receive()).data
    found = re.fullmatch(
        r'\{"channel":"status","type":"update","data":\[\{"version":"2\.0\.10","system":"online",'
        r'"api_version":"v2","connection_id":(\d+),"upcoming_maintenance":\[\],'
        r'"emergency":\[\]\}\]\}',
        text,
    )
    assert 2**53 < int(found[1]) < 2**64


_ANSWERS = [
    (
        subscribe(["BTC/USD"], depth=25),
        r'{"method":"subscribe","req_id":7,"result":{"channel":"book","depth":25,"snapshot":true,'
        r'"symbol":"BTC/USD"},"success":true,',
    ),
    (
        {"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"]}},
        r'{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,'
        r'"symbol":"BTC/USD"},"success":true,',
    ),
    (
        {"method": "subscribe", "params": {"channel": "book", "symbol": ["XBT/USD"]}},
        r'{"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,'
        r'"symbol":"XBT/USD",',
    ),
    (
        {"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 27}},
        r'{"error":"Subscription depth not supported","method":"subscribe","success":false,',
    ),
    (
        {"method": "subscribe", "params": {"channel": "book", "symbol": "BTC/USD"}},
        r'{"error":"Symbol field must be an array","method":"subscribe","success":false,',
    ),
    (
        {"method": "subscribe", "params": {"channel": "executions", "token": "x"}},
        r'{"error":"Private data and trading are unavailable on this endpoint. '
        r'Try ws-auth.kraken.com","method":"subscribe","success":false,',
    ),
    (
        {"method": "add_order", "params": {}, "req_id": 1},
        r'{"error":"Private data and trading are unavailable on this endpoint. '
        r'Try ws-auth.kraken.com","method":"add_order","req_id":1,"success":false,',
    ),
    (
        {"method": "subscribe", "params": {"channel": "weather", "symbol": ["BTC/USD"]}},
        r'{"error":"Channel not served by this local Kraken: weather","method":"subscribe",'
        r'"success":false,',
    ),
    (
        subscribe(["BTC/USD"], method="unsubscribe"),
        r'{"error":"Subscription Not Found","method":"unsubscribe","req_id":7,"success":false,'
        r'"symbol":"BTC/USD",',
    ),
    ({"method": "ping", "req_id": 101}, r'{"method":"pong","req_id":101,'),
    ({"method": "ping"}, r'{"method":"pong",'),
    ({"method": "dance"}, r'{"error":"Method not known: dance","method":"dance","success":false,'),
    ({"method": "subscribe"}, r'{"error":"Malformed request","method":"subscribe",'),
    ("{nonsense", r'{"error":"Malformed request","success":false,'),
    ("[1]", r'{"error":"Malformed request","success":false,'),
    ("[" * 100_000, r'{"error":"Malformed request","success":false,'),
]


@asynchronous
async def test_every_answer_and_the_socket_stays_open():
    async with market() as exchange:
        for request, beginning in _ANSWERS:
            async with client(exchange) as socket:
                answer = await ask(socket, request)
                assert answer.startswith(beginning), answer
                assert re.search(_TIMES + "$", answer), answer
                assert '"pong"' in await ask(socket, {"method": "ping"})


@asynchronous
async def test_one_subscription_a_pair():
    async with market() as exchange, client(exchange) as socket:
        await ask(socket, subscribe(["BTC/USD"]))
        answer = json.loads(await ask(socket, subscribe(["BTC/USD"], depth=25)))
        assert (answer["error"], answer["symbol"]) == ("Already subscribed", "BTC/USD")


@asynchronous
async def test_resubscribing_brings_a_new_snapshot():
    async with market(speed=10, snapshot_delay_ms=10) as exchange, client(exchange) as socket:
        await socket.send_json(subscribe(["BTC/USD"]))
        await book_frames(socket, 20)
        answer = await ask(socket, subscribe(["BTC/USD"], method="unsubscribe"))
        assert answer.startswith(
            '{"method":"unsubscribe","req_id":7,'
            '"result":{"channel":"book","depth":10,"symbol":"BTC/USD"},"success":true,'
        )
        await socket.send_json(subscribe(["BTC/USD"], depth=100))
        book = ClientBook(100)
        frames = await book_frames(socket, 50)
        assert json.loads(frames[0])["type"] == "snapshot"
        assert len(json.loads(frames[0])["data"][0]["bids"]) == 100
        assert all(book.apply(frame) for frame in frames)


@asynchronous
async def test_without_snapshot():
    async with market(speed=10) as exchange, client(exchange) as socket:
        await socket.send_json(subscribe(["BTC/USD"], snapshot=False))
        frames = await book_frames(socket, 20)
        assert {json.loads(frame)["type"] for frame in frames} == {"update"}


@asynchronous
async def test_idle_connection_is_closed_and_a_subscribed_one_is_not():
    async with market(idle_ms=150) as exchange:
        async with client(exchange) as idle:
            assert (await idle.receive()).type == aiohttp.WSMsgType.CLOSE
        async with client(exchange) as busy:
            await ask(busy, subscribe(["BTC/USD"]))
            await asyncio.sleep(0.4)
            await book_frames(busy, 2)


@asynchronous
async def test_a_slow_reader_is_queued_for():
    async with market(speed=200) as exchange, client(exchange) as socket:
        await socket.send_json(subscribe(["BTC/USD"], depth=1000))
        await asyncio.sleep(1.0)
        book = ClientBook(1000)
        for frame in await book_frames(socket, 300):
            assert book.apply(frame)


@asynchronous
async def test_two_clients_hear_the_same_market():
    async with market(speed=10) as exchange:
        async with client(exchange) as one, client(exchange) as two:
            for socket in (one, two):
                await ask(socket, subscribe(["BTC/USD"]))
            updates = [set(await book_frames(socket, 60)) for socket in (one, two)]
        assert len(updates[0] & updates[1]) > 30


@asynchronous
async def test_corrupt_checksum_happens_once():
    async with fast() as exchange, client(exchange) as socket:
        exchange.fault("wrong-checksum", symbol="ETH/USD")
        await socket.send_json(subscribe(PAIRS))
        books, wrong = {}, []
        for frame in await book_frames(socket, 600):
            (data,) = json.loads(frame)["data"]
            if not books.setdefault(data["symbol"], ClientBook(10)).apply(frame):
                wrong.append(data["symbol"])
        assert wrong == ["ETH/USD"]


@asynchronous
async def test_dropped_connection():
    async with market() as exchange, client(exchange) as socket:
        await ask(socket, subscribe(["BTC/USD"]))
        exchange.fault("drop")
        while (message := await socket.receive()).type == aiohttp.WSMsgType.TEXT:
            pass
        assert message.type != aiohttp.WSMsgType.CLOSE, "no close handshake"
        assert socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
        async with client(exchange) as again:
            assert '"success":true' in await ask(again, subscribe(["BTC/USD"]))


@asynchronous
async def test_refused_upgrades():
    async with market() as exchange:
        exchange.fault("upgrade-refused", status=503, times=2)
        for _ in range(2):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with client(exchange):
                    pass
            assert refused.value.status == 503
        async with client(exchange):
            pass


@asynchronous
async def test_leaving_closes_with_1001():
    async with market() as exchange:
        context = client(exchange)
        socket = await context.__aenter__()
        await ask(socket, subscribe(["BTC/USD"]))
    while (message := await socket.receive()).type == aiohttp.WSMsgType.TEXT:
        pass
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    await context.__aexit__(None, None, None)


@asynchronous
async def test_other_paths_are_not_there():
    async with market() as exchange, aiohttp.ClientSession() as session:
        context = exchange.credentials.client_context()
        base = exchange.url.replace("wss:", "https:").removesuffix("/v2")
        for path, status in (("/v1", 404), ("/ws", 404), ("/", 400), ("/v2", 400)):
            async with session.get(base + path, ssl=context, allow_redirects=False) as answer:
                assert answer.status == status, path


@asynchronous
async def test_port_in_use():
    async with market() as exchange:
        with pytest.raises(UserError, match=re.escape(f":{exchange.port} is in use")):
            async with market(port=exchange.port):
                pass


@asynchronous
async def test_address_that_is_not_ours():
    with pytest.raises(UserError, match=r"cannot listen on 203\.0\.113\.9"):
        async with market(host="203.0.113.9"):
            pass


def test_in_a_thread():
    with exchange_in_thread(Market(start_s=START_S)) as exchange:
        assert sockets.create_connection(("127.0.0.1", exchange.port)).close() is None
        exchange.fault("upgrade-refused", status=429)
        context = ssl.create_default_context(cadata=exchange.ca_der)
        url = exchange.url.replace("wss:", "https:")
        upgrade = urllib.request.Request(url, headers={"Upgrade": "websocket"})
        with pytest.raises(urllib.error.HTTPError, match="429"):
            urllib.request.urlopen(upgrade, context=context)
        assert exchange.ca_path.read_bytes() == exchange.ca_der
        with (
            pytest.raises(UserError, match="in use"),
            exchange_in_thread(Market(start_s=START_S), port=exchange.port),
        ):
            pass
    with pytest.raises(ConnectionRefusedError):
        sockets.create_connection(("127.0.0.1", exchange.port))


@pytest.mark.parametrize("kind", ["expired", "not-yet-valid", "other-host"])
@asynchronous
async def test_broken_certificates_are_refused(kind):
    async with market(credentials=certificates.broken(kind)) as exchange:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            async with client(exchange):
                pass
