"""Spot v1 as the local Kraken speaks it: words, books and manners, over TLS and without."""

import asyncio
import itertools
import json
import re

import aiohttp
import pytest
from client_book_v1 import ClientBookV1
from clients import asynchronous, client
from ear import START_S, Ear
from real_frames import lines, same_shape, shape

from host.exchange.clock import FULL_SPEED
from host.exchange.market import Market
from host.exchange.recording import record_market
from host.exchange.server import Exchange

GREETING = '"event":"systemStatus"'


def subscribe(name, pairs=("XBT/USD",), event="subscribe", reqid=None, **options):
    request = {"event": event, "pair": list(pairs), "subscription": {"name": name, **options}}
    return {**request, "reqid": reqid} if reqid is not None else request


@asynchronous
async def test_every_checksum_proves_over_tls():
    async with (
        Exchange(Market(start_s=START_S), speed=FULL_SPEED) as exchange,
        client(exchange, "spot_v1", GREETING) as socket,
    ):
        await socket.send_json(subscribe("book", ("XBT/USD", "ETH/USD"), depth=25))
        books, frames = {}, 0
        while frames < 1000:
            message = await socket.receive()
            assert message.type == aiohttp.WSMsgType.TEXT
            if message.data.startswith("["):
                frames += 1
                pair = json.loads(message.data)[-1]
                assert books.setdefault(pair, ClientBookV1(25)).apply(message.data)
        assert set(books) == {"XBT/USD", "ETH/USD"}


@asynchronous
async def test_two_dialects_at_once_and_a_close():
    async with (
        Exchange(Market(start_s=START_S)) as exchange,
        client(exchange) as v2,
        client(exchange, "spot_v1", GREETING) as v1,
    ):
        await v1.send_json({"event": "ping", "reqid": 42})
        assert (await v1.receive()).data == '{"event":"pong","reqid":42}'
        exchange.set_system("post_only")
        assert '"status":"post_only"' in (await v1.receive()).data
        assert '"system":"post_only"' in (await v2.receive()).data
        closing = asyncio.create_task(exchange.close_all())
        for socket in (v1, v2):
            assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE
        await closing


@asynchronous
async def test_a_wrong_checksum_once():
    async with (
        Exchange(Market(start_s=START_S), speed=FULL_SPEED) as exchange,
        client(exchange, "spot_v1", GREETING) as socket,
    ):
        exchange.fault("wrong-checksum", symbol="BTC/USD")
        await socket.send_json(subscribe("book"))
        book, wrong, frames = ClientBookV1(10), 0, 0
        while frames < 300:
            message = await socket.receive()
            if message.data.startswith("["):
                frames += 1
                wrong += not book.apply(message.data)
        assert wrong == 1


_ANSWERS = [
    ({"event": "ping", "reqid": 42}, '{"event":"pong","reqid":42}'),
    ({"event": "ping"}, '{"event":"pong"}'),
    (
        subscribe("book", depth=10),
        '{"channelID":336,"channelName":"book-10","event":"subscriptionStatus","pair":"XBT/USD",'
        '"status":"subscribed","subscription":{"depth":10,"name":"book"}}',
    ),
    (
        subscribe("book", reqid=7),
        '{"channelID":336,"channelName":"book-10","event":"subscriptionStatus","pair":"XBT/USD",'
        '"reqid":7,"status":"subscribed","subscription":{"depth":10,"name":"book"}}',
    ),
    (
        subscribe("book", depth=42),
        '{"errorMessage":"Subscription depth not supported","event":"subscriptionStatus",'
        '"pair":"XBT/USD","status":"error","subscription":{"depth":42,"name":"book"}}',
    ),
    (
        subscribe("ohlc", interval=5),
        '{"channelID":338,"channelName":"ohlc-5","event":"subscriptionStatus","pair":"XBT/USD",'
        '"status":"subscribed","subscription":{"interval":5,"name":"ohlc"}}',
    ),
    (
        subscribe("ticker", ("BTC/USD",)),
        '{"errorMessage":"Currency pair not supported BTC/USD","event":"subscriptionStatus",'
        '"pair":"BTC/USD","status":"error","subscription":{"name":"ticker"}}',
    ),
    (
        subscribe("weather"),
        '{"errorMessage":"Subscription name invalid","event":"subscriptionStatus",'
        '"pair":"XBT/USD","status":"error","subscription":{"name":"weather"}}',
    ),
    (
        subscribe("trade", event="unsubscribe"),
        '{"errorMessage":"Subscription Not Found","event":"subscriptionStatus",'
        '"pair":"XBT/USD","status":"error","subscription":{"name":"trade"}}',
    ),
    (
        {"event": "subscribe", "subscription": {"name": "ownTrades", "token": "x"}},
        '{"errorMessage":"Private data and trading are unavailable on this endpoint. '
        'Try ws-auth.kraken.com","event":"subscriptionStatus","status":"error",'
        '"subscription":{"name":"ownTrades","token":"x"}}',
    ),
    (
        {"event": "addOrder", "token": "x", "reqid": 3},
        '{"errorMessage":"Private data and trading are unavailable on this endpoint. '
        'Try ws-auth.kraken.com","event":"addOrderStatus","reqid":3,"status":"error"}',
    ),
    ("{nonsense", '{"errorMessage":"Malformed request","event":"error"}'),
    ("[" * 100_000, '{"errorMessage":"Malformed request","event":"error"}'),
    ({"event": "dance"}, '{"errorMessage":"Event(s) not found","event":"error"}'),
]


@pytest.mark.parametrize(("request_", "answer"), _ANSWERS)
def test_every_answer(request_, answer):
    assert Ear("spot_v1").ask(request_) == [answer]


def test_greeting():
    ((_, frame),) = Ear("spot_v1").heard
    found = re.fullmatch(
        r'\{"connectionID":(\d+),"event":"systemStatus","status":"online","version":"1\.8\.3"\}',
        frame,
    )
    assert 2**53 < int(found[1]) < 2**64


def test_one_answer_a_pair_and_the_rest_is_not_touched():
    ear = Ear("spot_v1")
    answers = ear.ask(subscribe("book", ("XBT/USD", "NIX/USD", "ETH/USD")))
    assert [json.loads(each)["status"] for each in answers] == [
        "subscribed",
        "error",
        "subscribed",
    ]
    pairs = {json.loads(frame)[-1] for frame in ear.listen(5) if frame.startswith("[")}
    assert pairs == {"XBT/USD", "ETH/USD"}


def test_unsubscribed_and_subscribed_anew():
    ear = Ear("spot_v1")
    ear.ask(subscribe("book"))
    assert any(frame.startswith("[") for frame in ear.listen(5))
    (answer,) = ear.ask(subscribe("book", event="unsubscribe"))
    assert '"status":"unsubscribed"' in answer
    assert set(ear.listen(5)) == {'{"event":"heartbeat"}'}
    ear.ask(subscribe("book"))
    book = ClientBookV1(10)
    frames = [frame for frame in ear.listen(5) if frame.startswith("[")]
    assert '{"as":' in frames[0]
    assert all(book.apply(frame) for frame in frames)


def test_heartbeats_once_a_second_whatever_else_is_said():
    ear = Ear("spot_v1")
    assert not [frame for frame in ear.listen(3) if "heartbeat" in frame]
    ear.ask(subscribe("book", depth=42))
    times = [time_us for time_us, frame in ear.heard if "heartbeat" in frame]
    ear.ask(subscribe("book", depth=100))
    ear.listen(10)
    times = [time_us for time_us, frame in ear.heard if frame == '{"event":"heartbeat"}']
    assert len(times) == 10
    assert {after - before for before, after in itertools.pairwise(times)} == {1_000_000}


def test_market_channels_agree_with_each_other():
    ear = Ear("spot_v1")
    for name in ("trade", "ticker", "spread", "ohlc"):
        ear.ask(subscribe(name))
    last, spread, checked = None, None, 0
    for frame in ear.listen(60):
        if not frame.startswith("["):
            continue
        _, payload, channel, pair = json.loads(frame)
        assert pair == "XBT/USD"
        if channel == "trade":
            last = payload[-1]
        elif channel == "spread":
            spread = payload
            assert float(payload[0]) < float(payload[1])
        elif last and spread:
            checked += 1
            if channel == "ticker":
                assert payload["c"] == last[:2]
            else:
                assert payload[5] == last[0]
                assert payload[0] == last[2]
    assert checked > 50


@pytest.mark.parametrize(
    ("name", "recording"),
    [
        ("book", "KRAKEN.ws.50.0"),
        ("trade", "KRAKEN.ws.48.0"),
        ("ticker", "KRAKEN.ws.49.0"),
    ],
)
def test_shapes_are_those_of_real_frames(name, recording):
    """The same keys in the same order, and values of the same kinds, in all that v1 ever says."""
    ear = Ear("spot_v1")
    ear.ask(subscribe(name, depth=1000) if name == "book" else subscribe(name))
    ours = {json.dumps(shape(_normal(frame))) for _, frame in ear.heard}
    ours |= {json.dumps(shape(_normal(frame))) for frame in ear.listen(120)}
    unlike = [
        real
        for real in lines(f"cryptofeed/{recording}")
        if json.dumps(shape(_normal(real))) not in ours
    ]
    assert not unlike


def _normal(frame):
    """A frame as shapes compare it: what is in lists by place becomes an object."""
    value = json.loads(frame)
    return {str(at): each for at, each in enumerate(value)} if isinstance(value, list) else value


def test_control_frames_have_the_real_shape():
    ear = Ear("spot_v1")
    (answer,) = ear.ask(subscribe("book", depth=1000))
    acks = [frame for frame in lines("cryptofeed/KRAKEN.ws.50.0") if "subscriptionStatus" in frame]
    assert len(acks) == 10
    assert all(same_shape(answer, ack) for ack in acks)


def test_recorded_without_a_socket(tmp_path):
    path = tmp_path / "v1.log"
    record_market(path, seconds=5, dialect="spot_v1", channels=("book", "trade"))
    frames = [line.partition(": ")[2] for line in path.read_text().splitlines()]
    assert "systemStatus" in frames[0]
    assert {json.loads(frame)[-2] for frame in frames if frame.startswith("[")} == {
        "book-10",
        "trade",
    }
