"""Faults of the feed in v1 and futures, judged by their own client books."""

import json

import pytest
from client_book_futures import ClientBookFutures
from client_book_v1 import ClientBookV1
from raw_client import RawClient

from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

V1_PAIR, PRODUCT = "XBT/USD", "PI_XBTUSD"
START_S = 1_790_000_000


@pytest.fixture
def exchange():
    source = Market(["BTC/USD", "ETH/USD"], start_s=START_S)
    with exchange_in_thread(source, speed=10, snapshot_delay_ms=10) as running:
        yield running


class V1:
    """A client that hears one pair in v1, and its book."""

    is_update = staticmethod(lambda text: text.startswith("[") and '"book-10"' in text)

    def __init__(self, exchange):
        self.client = RawClient(exchange, path="/")
        self.subscribe()
        self.book = ClientBookV1(10)

    def subscribe(self):
        subscription = {"name": "book", "depth": 10}
        self.client.send({"event": "subscribe", "pair": [V1_PAIR], "subscription": subscription})

    def read(self):
        self.last = self.client.until(self.is_update)
        try:
            return self.book.apply(self.last)
        except KeyError:
            return False


class Futures(V1):
    is_update = staticmethod(lambda text: '"feed":"book' in text and '"event"' not in text)

    def __init__(self, exchange):
        self.client = RawClient(exchange, path="/ws/v1")
        self.subscribe()
        self.book = ClientBookFutures()

    def subscribe(self):
        self.client.send({"event": "subscribe", "feed": "book", "product_ids": [PRODUCT]})


def proves(exchange, ear, name, symbol="BTC/USD", **options):
    """Whether all proves from before the fault until long after it."""
    proved = [ear.read() for _ in range(5)]
    exchange.fault(name, symbol=symbol, **options)
    while not exchange.injected:
        proved.append(ear.read())
    proved += [ear.read() for _ in range(120)]
    assert [each.name for each in exchange.injected] == [name]
    ear.client.tcp.close()
    return all(proved)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("wrong-checksum", {}, False),
        ("missing-update", {"frames": 3}, False),
        ("reordered-updates", {}, False),
        ("extra-snapshot", {}, True),
        ("without-checksum", {}, True),
        ("extra-snapshot", {}, True),
        ("empty-side", {}, True),
        ("empty-side", {"side": "asks"}, True),
        ("crossed-book", {}, True),
        ("quiet-pair", {"seconds": 3.0}, True),
    ],
)
def test_v1(exchange, name, options, expected):
    assert proves(exchange, V1(exchange), name, **options) == expected


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("sequence-gap", {"by": 3}, False),
        ("missing-update", {}, False),
        ("duplicate-update", {}, False),
        ("reordered-updates", {}, False),
        ("empty-side", {}, True),
        ("crossed-book", {}, True),
        ("quiet-pair", {"seconds": 3.0}, True),
        ("extra-snapshot", {}, True),
    ],
)
@pytest.mark.parametrize("symbol", ["BTC/USD", PRODUCT])
def test_futures(exchange, name, options, expected, symbol):
    assert proves(exchange, Futures(exchange), name, symbol, **options) == expected


def test_a_gap_is_as_wide_as_asked_and_the_numbers_go_on_after_it(exchange):
    ear = Futures(exchange)
    ear.read()
    exchange.fault("sequence-gap", by=7, symbol=PRODUCT)
    before = ear.book.seq
    while ear.read() or "snapshot" in ear.last:
        before = ear.book.seq
    assert ear.book.seq == before + 8
    assert all(ear.read() for _ in range(50))
    ear.client.tcp.close()


def test_a_crossed_future_is_crossed_and_an_empty_side_empty(exchange):
    ear = Futures(exchange)
    assert ear.read()
    exchange.fault("crossed-book", symbol=PRODUCT, seconds=3.0)
    while ear.book.levels("buy")[0][0] <= ear.book.levels("sell")[0][0]:
        assert ear.read()
    exchange.fault("empty-side", symbol=PRODUCT, seconds=3.0)
    while ear.book.levels("buy")[:1] and len(exchange.injected) < 2:
        assert ear.read()
    while ear.book.levels("buy"):
        assert ear.read()
    while len(ear.book.levels("buy")) < 10:
        assert ear.read()
    ear.client.tcp.close()


def test_without_checksum_there_is_none(exchange):
    ear = V1(exchange)
    ear.read()
    exchange.fault("without-checksum", frames=3)
    seen = []
    while sum('"c":' not in text for text in seen) < 3:
        ear.read()
        seen.append(ear.last)
    assert all(json.loads(text) for text in seen)
    ear.client.tcp.close()


@pytest.mark.parametrize("kind", [V1, Futures])
def test_error_ack_then_all_is_well(exchange, kind):
    exchange.fault("error-ack", symbol="BTC/USD")
    ear = kind(exchange)
    refused = json.loads(
        ear.client.until(lambda text: '"error"' in text or "subscribed_failed" in text)
    )
    if kind is V1:
        assert (refused["status"], refused["pair"]) == ("error", V1_PAIR)
    else:
        assert refused["product_ids"] == [PRODUCT]
    ear.subscribe()
    assert '"subscribed"' in ear.client.until(lambda text: '"subscri' in text)
    assert all(ear.read() for _ in range(30))
    ear.client.tcp.close()


def test_v1_says_its_status_and_its_times_jump(exchange):
    ear = V1(exchange)
    ear.read()
    exchange.fault("status", system="cancel_only", announced_s=0.0, seconds=2.0)
    for word in ("cancel_only", "online"):
        said = json.loads(ear.client.until(lambda text: '"systemStatus"' in text))
        while said["status"] != word:
            said = json.loads(ear.client.until(lambda text: '"systemStatus"' in text))
    exchange.fault("clock-jump", by_s=1_000_000.0, seconds=5.0)
    stamp = f'"{(START_S + 1_000_000) // 100_000}'
    ear.client.until(lambda text: "book-10" in text and stamp in text)
    ear.client.tcp.close()


@pytest.mark.parametrize("form", ["short", "exact"])
def test_v1_and_futures_print_exponents_and_unknown_keys(exchange, form):
    for ear in (V1(exchange), Futures(exchange)):
        ear.read()
        exchange.fault("exponent", form=form, frames=2)
        mark = "e" if form == "short" else "E"
        text = ear.client.until(
            lambda text, ear=ear, mark=mark: (
                (ear.is_update(text) and f"{mark}+0" in text)
                or (ear.is_update(text) and f"{mark}4" in text)
            )
        )
        json.loads(text)
        exchange.fault("extra-keys")
        assert json.loads(ear.client.until(lambda text: "x_note" in text))
        ear.client.tcp.close()
