"""Faults of the feed, judged by a client book that shares nothing with the exchange."""

import json
import time
from decimal import Decimal

import pytest
import raw_client
from client_book import ClientBook
from raw_client import RawClient

from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

PAIRS = ["BTC/USD", "ETH/USD"]
SYMBOL = "BTC/USD"
START_S = 1_790_000_000


@pytest.fixture
def exchange():
    source = Market(PAIRS, start_s=START_S)
    with exchange_in_thread(source, speed=10, snapshot_delay_ms=10) as running:
        yield running


@pytest.fixture
def client(exchange):
    with RawClient(exchange) as client:
        client.subscribe(PAIRS)
        yield client


class Judge:
    """Reads on and keeps what proves and what does not."""

    def __init__(self, client, symbol=SYMBOL, depth=10):
        self.client = client
        self.symbol = symbol
        self.book = ClientBook(depth)
        self.frames = []
        self.read()

    def read(self):
        """The next frame of the pair, and whether it proves."""
        frame = self.client.book(self.symbol)
        self.frames.append(frame)
        return self.book.apply(frame)

    def proves(self, count=30):
        return all(self.read() for _ in range(count))


def until_struck(exchange, judge, name):
    """Read on until the fault has struck, and a good deal more; True when all of it proves."""
    proved = True
    while not exchange.injected:
        proved &= judge.read()
    assert [each.name for each in exchange.injected] == [name]
    return proved & judge.proves(40)


@pytest.mark.parametrize(
    ("name", "options", "proves"),
    [
        ("wrong-checksum", {}, False),
        ("missing-update", {"frames": 3}, False),
        ("duplicate-update", {}, True),
        ("reordered-updates", {}, False),
        ("extra-snapshot", {}, True),
        ("extra-keys", {"frames": 5}, True),
        ("empty-side", {"side": "bids"}, True),
        ("empty-side", {"side": "asks"}, True),
        ("crossed-book", {}, True),
        ("quiet-pair", {"seconds": 3.0}, True),
        ("clock-jump", {}, True),
        ("missing-heartbeats", {}, True),
        ("lag", {"lag_s": 2.0, "seconds": 4.0}, True),
        ("status", {"seconds": 1.0, "announced_s": 1.0}, True),
    ],
)
def test_what_proves_and_what_does_not(exchange, client, name, options, proves):
    judge = Judge(client)
    assert judge.proves(5)
    if name not in ("clock-jump", "missing-heartbeats", "lag", "status"):
        options = {"symbol": SYMBOL, **options}
    exchange.fault(name, **options)
    assert until_struck(exchange, judge, name) == proves


@pytest.mark.parametrize("form", ["short", "exact"])
def test_exponents_leave_every_value(exchange, client, form):
    judge = Judge(client)
    exchange.fault("exponent", form=form, symbol=SYMBOL, frames=4)
    frames = []
    while len(frames) < 4:
        frame = client.book(SYMBOL)
        mark = "e" if form == "short" else "E"
        if mark in frame.split('"bids"')[1].split('"checksum"')[0].replace("price", ""):
            frames.append(frame)
    padded = {"price": 1, "qty": 8}
    for frame in frames:
        data = json.loads(frame, parse_float=str, parse_int=str)["data"][0]
        for side in ("bids", "asks"):
            for level in data[side]:
                for key, decimals in padded.items():
                    value = Decimal(level[key])
                    assert value == round(value, decimals), level
    assert judge.symbol == SYMBOL


def test_a_client_that_pads_exponents_proves_them(exchange, client):
    judge = Judge(client)
    exchange.fault("exponent", symbol=SYMBOL, frames=10)
    proved = []
    for _ in range(30):
        message = json.loads(client.book(SYMBOL), parse_float=str, parse_int=str)
        for side in ("bids", "asks"):
            for level in message["data"][0][side]:
                level["price"] = f"{Decimal(level['price']):.1f}"
                level["qty"] = f"{Decimal(level['qty']):.8f}"
        proved.append(judge.book.apply(json.dumps(message)))
    assert exchange.injected and all(proved)


@pytest.mark.parametrize("digit", [0, 7])
def test_excess_decimals(exchange, client, digit):
    Judge(client)
    exchange.fault("excess-decimals", decimals=12, digit=digit, symbol=SYMBOL)
    frame = client.until(lambda text: str(digit) * 12 in text)
    level = next(
        level
        for side in ("bids", "asks")
        for level in json.loads(frame, parse_float=str)["data"][0][side]
    )
    assert level["price"].endswith(str(digit) * 12)
    assert len(level["qty"].split(".")[1]) == 20


@pytest.mark.parametrize("kind", ["brace", "comma", "number", "string", "nan", "colon"])
def test_malformed_json(exchange, client, kind):
    Judge(client)
    exchange.fault("malformed-json", kind=kind, symbol=SYMBOL, frames=3)

    def is_malformed(text):
        def refuse(word):
            raise ValueError(word)

        try:
            json.loads(text, parse_constant=refuse)
        except ValueError:
            return True
        return False

    for _ in range(3):
        client.until(is_malformed)


def test_truncated_frame(exchange, client):
    Judge(client)
    exchange.fault("truncated-frame", part=0.5, symbol=SYMBOL)
    text = client.until(lambda text: not text.endswith("}"))
    assert text.startswith('{"channel":"book","type":"update"')


def test_binary_frame(exchange, client):
    Judge(client)
    exchange.fault("binary-frame", symbol=SYMBOL)
    while (frame := client.frame()).opcode == raw_client.TEXT:
        pass
    assert frame.opcode == raw_client.BINARY
    assert json.loads(frame.payload)["data"][0]["symbol"] == SYMBOL


def test_crossed_and_empty_books_are_what_they_are_called(exchange, client):
    judge = Judge(client)
    exchange.fault("crossed-book", symbol=SYMBOL, seconds=3.0)
    while not judge.book.is_crossed():
        assert judge.read()
    while judge.book.is_crossed():
        assert judge.read()
    exchange.fault("empty-side", side="asks", symbol=SYMBOL, seconds=3.0)
    while judge.book.sides["asks"]:
        assert judge.read()
    while not judge.book.sides["asks"]:
        assert judge.read()
    assert judge.proves()
    assert len(judge.book.sides["asks"]) == 10


def test_a_quiet_pair_says_nothing_and_the_others_do(exchange, client):
    Judge(client)
    exchange.fault("quiet-pair", symbol=SYMBOL, seconds=4.0)
    while not exchange.injected:
        client.book(SYMBOL)
    texts = []
    while sum('"heartbeat"' in text for text in texts) < 4:
        texts.append(client.text())
    own = [text for text in texts if f'"{SYMBOL}"' in text]
    others = [text for text in texts if '"ETH/USD"' in text]
    assert len(others) > 10 * max(1, len(own) - 5)


def test_missing_heartbeats(exchange, client):
    client.until(lambda text: '"heartbeat"' in text)
    exchange.fault("missing-heartbeats", seconds=3.0)
    begin = exchange.injected[0].exchange_us
    seen = client.until(lambda text: '"heartbeat"' in text)
    # The one that was under way may still come.
    seen = client.until(lambda text: '"heartbeat"' in text) if seen else None
    frame = json.loads(client.book())
    assert frame["data"][0]["timestamp"] >= _text_of(begin + 2_000_000)


def _text_of(time_us):
    moment = time.gmtime(time_us // 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", moment)


def test_clock_jump(exchange, client):
    Judge(client)
    exchange.fault("clock-jump", by_s=3600.0, seconds=2.0)
    jumped = _text_of(exchange.injected[0].exchange_us + 3_600_000_000)
    frame = client.until(lambda text: f'"timestamp":"{jumped[:13]}' in text and "book" in text)
    assert json.loads(frame)
    client.until(lambda text: '"timestamp"' in text and jumped[:13] not in text)


@pytest.mark.parametrize("cut", [True, False])
def test_error_ack_then_all_is_well(exchange, cut):
    exchange.fault("error-ack", symbol=SYMBOL, error="no such thing", cut=cut)
    with RawClient(exchange) as client:
        client.subscribe(PAIRS)
        refused = json.loads(client.until(lambda text: '"success":false' in text))
        assert (refused["error"], refused["symbol"]) == ("no such thing", SYMBOL)
        texts = [client.text() for _ in range(60)]
        assert any('"ETH/USD"' in text for text in texts)
        assert not any(f'"{SYMBOL}"' in text for text in texts)
        client.subscribe([SYMBOL])
        assert '"success":true' in client.until(lambda text: '"success"' in text)
        assert Judge(client).proves()


def test_late_ack_comes_after_the_snapshot(exchange):
    exchange.fault("late-ack", seconds=3.0, symbol=SYMBOL)
    with RawClient(exchange) as client:
        client.subscribe([SYMBOL])
        assert Judge(client).proves(5)
        assert '"success":true' in client.until(lambda text: '"success"' in text)


def test_late_and_double_snapshots_prove(exchange):
    exchange.fault("late-snapshot", seconds=4.0, symbol=SYMBOL)
    exchange.fault("snapshot-twice", symbol="ETH/USD")
    with RawClient(exchange) as client:
        client.subscribe(PAIRS)
        first = [client.book() for _ in range(2)]
        assert first[0] == first[1] and '"ETH/USD"' in first[0]
        judge = Judge(client)
        struck = next(each for each in exchange.injected if each.name == "late-snapshot")
        assert '"snapshot"' in judge.frames[0]
        assert judge.proves()
        assert struck.symbol == SYMBOL


def test_a_fault_waits_for_its_client_and_goes_on_to_the_next(exchange):
    exchange.fault("wrong-checksum", symbol=SYMBOL)
    with RawClient(exchange):
        pass
    assert not exchange.injected
    with RawClient(exchange) as client:
        client.subscribe(PAIRS)
        judge = Judge(client)
        results = [judge.read() for _ in range(60)]
    assert results.count(False) == 1
    assert [each.name for each in exchange.injected] == ["wrong-checksum"]


def test_others_are_served_as_ever(exchange, client):
    judge = Judge(client)
    with RawClient(exchange) as other:
        other.subscribe(PAIRS)
        theirs = Judge(other)
        for name in ("wrong-checksum", "missing-update", "malformed-json", "crossed-book"):
            exchange.fault(name, symbol=SYMBOL, client=2)
        for _ in range(60):
            other.book()
        assert judge.proves(60)
        assert {each.client for each in exchange.injected} == {2}
        assert theirs.frames
