"""The futures as the local Kraken speaks them: words, books and manners, over TLS and without."""

import asyncio
import itertools
import json
import re

import aiohttp
import pytest
from client_book_futures import ClientBookFutures
from clients import asynchronous, client
from ear import START_S, Ear
from real_frames import lines, same_shape

from host.exchange.clock import FULL_SPEED
from host.exchange.market import Market
from host.exchange.recording import record_market
from host.exchange.server import Exchange

GREETING = '{"event":"info","version":1}'
MATURING = "FI_XBTUSD_261225"


def subscribe(feed, names=("PI_XBTUSD",), event="subscribe"):
    return {"event": event, "feed": feed, "product_ids": list(names)}


@asynchronous
async def test_sequence_numbers_over_tls():
    async with (
        Exchange(Market(start_s=START_S), speed=FULL_SPEED) as exchange,
        client(exchange, "futures_v1", GREETING) as socket,
    ):
        await socket.send_json(subscribe("book", ("pi_xbtusd", "pf_ethusd")))
        books, frames = {}, 0
        while frames < 1500:
            message = await socket.receive()
            assert message.type == aiohttp.WSMsgType.TEXT
            if message.data.startswith('{"feed":"book'):
                frames += 1
                name = json.loads(message.data)["product_id"]
                assert books.setdefault(name, ClientBookFutures()).apply(message.data)
        assert set(books) == {"PI_XBTUSD", "PF_ETHUSD"}


@asynchronous
async def test_who_does_not_ping_is_closed():
    async with (
        Exchange(Market(start_s=START_S), idle_ms=400) as exchange,
        client(exchange, "futures_v1", GREETING) as silent,
        client(exchange, "futures_v1", GREETING) as pinging,
    ):
        for socket in (silent, pinging):
            # Requests do not count, nor does a subscription.
            await socket.send_json({"event": "subscribe", "feed": "heartbeat"})
            assert '"subscribed"' in (await socket.receive()).data
        for _ in range(8):
            await pinging.ping()
            await asyncio.sleep(0.1)
        while (message := await silent.receive()).type == aiohttp.WSMsgType.TEXT:
            pass
        assert message.type == aiohttp.WSMsgType.CLOSE
        await pinging.send_json({"event": "subscribe", "feed": "nonsense"})
        assert '"alert"' in (await pinging.receive()).data


_ANSWERS = [
    (subscribe("book"), '{"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]}'),
    (
        subscribe("ticker", ("pi_ethusd",)),
        '{"event":"subscribed","feed":"ticker","product_ids":["PI_ETHUSD"]}',
    ),
    ({"event": "subscribe", "feed": "heartbeat"}, '{"event":"subscribed","feed":"heartbeat"}'),
    (subscribe("weather"), '{"event":"alert","message":"Couldn\'t subscribe to invalid feed"}'),
    (
        subscribe("fills"),
        '{"event":"alert","message":"Failed to subscribe to authenticated feed"}',
    ),
    (
        subscribe("book", event="unsubscribe"),
        '{"event":"alert","message":"Not subscribed to feed"}',
    ),
    (subscribe("book", ("PI_NIXUSD",)), '{"event":"error","message":"Invalid product id"}'),
    ({"event": "subscribe", "feed": "book"}, '{"event":"error","message":"Invalid product id"}'),
    ("{nonsense", '{"event":"error","message":"Json Error"}'),
    ("[" * 100_000, '{"event":"error","message":"Json Error"}'),
    ("[1]", '{"event":"error","message":"Json Error"}'),
]


@pytest.mark.parametrize(("request_", "answer"), _ANSWERS)
def test_every_answer(request_, answer):
    assert Ear("futures_v1").ask(request_) == [answer]


def test_greeting_and_challenge():
    ear = Ear("futures_v1")
    assert [frame for _, frame in ear.heard] == [GREETING]
    answers = [ear.ask({"event": "challenge", "api_key": "any"})[0] for _ in range(2)]
    assert answers[0] != answers[1]
    for answer in answers:
        assert re.fullmatch(r'\{"event":"challenge","message":"[0-9a-f-]{36}"\}', answer)


def test_one_answer_a_product_and_the_rest_is_not_touched():
    ear = Ear("futures_v1")
    answers = ear.ask(subscribe("book", ("pf_xbtusd", "nix", MATURING)))
    assert [json.loads(each)["event"] for each in answers] == ["subscribed", "error", "subscribed"]
    names = {json.loads(frame)["product_id"] for frame in ear.listen(2)}
    assert names == {"PF_XBTUSD", MATURING}


def test_heartbeats_only_for_who_asks():
    ear = Ear("futures_v1")
    ear.ask(subscribe("book"))
    assert not [frame for frame in ear.listen(3) if "heartbeat" in frame]
    ear.ask({"event": "subscribe", "feed": "heartbeat"})
    beats = [json.loads(frame) for frame in ear.listen(5) if '"heartbeat"' in frame]
    assert [beat["time"] - beats[0]["time"] for beat in beats] == [0, 1000, 2000, 3000, 4000]
    assert ear.ask({"event": "unsubscribe", "feed": "heartbeat"}) == [
        '{"event":"unsubscribed","feed":"heartbeat"}'
    ]
    assert not [frame for frame in ear.listen(3) if "heartbeat" in frame]


def test_sequence_goes_on_while_nobody_listens():
    ear = Ear("futures_v1")
    book = ClientBookFutures()

    def follow():
        ear.ask(subscribe("book"))
        frames = [frame for frame in ear.listen(20) if frame.startswith('{"feed":"book')]
        assert '"book_snapshot"' in frames[0]
        assert all(book.apply(frame) for frame in frames)
        return json.loads(frames[0])["seq"]

    first = follow()
    last = book.seq
    ear.ask(subscribe("book", event="unsubscribe"))
    ear.listen(20)
    assert first < last < follow()


def test_a_second_listener_makes_no_gap_for_the_first():
    first = Ear("futures_v1")
    second = Ear("futures_v1", first.engine)
    books = {first: ClientBookFutures(), second: ClientBookFutures()}
    first.ask(subscribe("book"))
    first.listen(20)
    second.ask(subscribe("book"))
    first.listen(20)
    for ear, book in books.items():
        frames = [frame for _, frame in ear.heard if frame.startswith('{"feed":"book')]
        assert len(frames) > 200
        assert all(book.apply(frame) for frame in frames)
    assert books[first].sides == books[second].sides


def test_subscribed_again_the_snapshot_comes_again():
    ear = Ear("futures_v1")
    ear.ask(subscribe("book"))
    ear.listen(2)
    (answer,) = ear.ask(subscribe("book"))
    assert '"alert"' in answer
    book = ClientBookFutures()
    frames = [frame for frame in ear.listen(5) if frame.startswith('{"feed":"book')]
    assert '"book_snapshot"' in frames[0]
    assert all(book.apply(frame) for frame in frames)


def test_sizes_of_inverse_futures_are_whole_dollars():
    ear = Ear("futures_v1")
    ear.ask(subscribe("book", ("PI_XBTUSD", "PF_XBTUSD")))
    sizes = {"PI_XBTUSD": [], "PF_XBTUSD": []}
    for frame in ear.listen(20):
        for name, listed in sizes.items():
            if name in frame:
                listed += re.findall(r'"qty":([^,}]+)', frame)
    assert all(re.fullmatch(r"\d+\.0", size) for size in sizes["PI_XBTUSD"])
    assert all(re.fullmatch(r"\d+\.(0|\d*[1-9])", size) for size in sizes["PF_XBTUSD"])
    assert any(not size.endswith(".0") for size in sizes["PF_XBTUSD"])


def test_tickers_at_most_once_a_second():
    ear = Ear("futures_v1")
    for feed in ("ticker", "ticker_lite"):
        ear.ask(subscribe(feed, ("PI_XBTUSD", MATURING)))
    times = {}
    for frame in ear.listen(20):
        ticker = json.loads(frame)
        assert ticker["bid"] < ticker["ask"]
        assert ticker["pair"] == "XBT:USD"
        assert (ticker["maturityTime"] > 0) == (ticker["product_id"] == MATURING)
        if ticker["feed"] == "ticker":
            times.setdefault(ticker["product_id"], []).append(ticker["time"])
    for each in times.values():
        # The first comes with the subscription.
        assert 15 < len(each) < 22
        assert all(after - before >= 1000 for before, after in itertools.pairwise(each[1:]))


def test_trades_and_their_snapshot():
    ear = Ear("futures_v1")
    ear.ask(subscribe("trade", ("PF_XBTUSD",)))
    snapshot, *updates = [json.loads(frame) for frame in ear.listen(60)]
    assert snapshot["feed"] == "trade_snapshot"
    numbers = [trade["seq"] for trade in snapshot["trades"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(updates) > 50
    numbers = numbers[::-1] + [trade["seq"] for trade in updates]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len({trade["uid"] for trade in updates}) == len(updates)


def test_only_dollar_pairs_have_futures():
    market = Market(("BTC/EUR", "BTC/USD", "ADA/USD"), start_s=START_S)
    assert set(market.products()) == {
        "PF_XBTUSD",
        "PI_XBTUSD",
        "FF_XBTUSD_261225",
        MATURING,
        "PF_ADAUSD",
    }


def test_shapes_are_those_of_real_frames():
    """The same keys in the same order, and values of the same kinds."""
    ear = Ear("futures_v1")
    for feed in ("book", "trade", "ticker", "ticker_lite", "weather", "fills"):
        ear.ask(subscribe(feed, ("PF_XBTUSD", "PI_ETHUSD")))
    ear.ask({"event": "challenge", "api_key": "any"})
    ear.listen(20)
    ours = [frame for _, frame in ear.heard]
    unlike = [
        real
        for real in lines("frames/futures_v1_frames_2026.jsonl")
        if not any(same_shape(mine, real) for mine in ours)
    ]
    # Candles are not served.
    assert [json.loads(frame)["feed"] for frame in unlike] == ["candles_trade_1m_snapshot"]
    seen = set()
    for real in lines("cryptofeed/KRAKEN_FUTURES.ws.1.0"):
        frame = json.loads(real)
        if frame.get("feed") in ("book", "book_snapshot", "ticker_lite"):
            kind = frame["feed"]
        elif frame.get("event") in ("info", "subscribed"):
            kind = frame["event"]
        else:
            continue
        if kind not in seen:
            seen.add(kind)
            assert any(same_shape(mine, real) for mine in ours), real
    assert seen == {"book", "book_snapshot", "ticker_lite", "info", "subscribed"}


def test_recorded_without_a_socket(tmp_path):
    path = tmp_path / "futures.log"
    record_market(path, seconds=5, symbols=("BTC/USD",), dialect="futures_v1")
    frames = [line.partition(": ")[2] for line in path.read_text().splitlines()]
    assert frames[0] == GREETING
    book = ClientBookFutures()
    followed = [frame for frame in frames if frame.startswith('{"feed":"book')]
    assert len(followed) > 50
    assert all(book.apply(frame) for frame in followed)
    assert sum('"heartbeat","time"' in frame for frame in frames) == 5
