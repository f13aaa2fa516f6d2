"""REST's public methods at the same port: envelopes, names and figures, over verified TLS."""

import json
import ssl
import urllib.error
import urllib.request
from datetime import datetime

import pytest
from real_frames import lines

from host.exchange.market import Market
from host.exchange.player import Player
from host.exchange.recording import record_market
from host.exchange.thread import exchange_in_thread

START_S = 1_790_000_000
PAIRS = ("BTC/USD", "ETH/BTC", "DOGE/USD", "SOL/USD", "EUR/USD")


@pytest.fixture(scope="module")
def exchange():
    with exchange_in_thread(Market(PAIRS, seed=2, start_s=START_S)) as running:
        yield running


def get(exchange, question):
    """`(text, headers)` of a request for `/0/public/<question>`."""
    context = ssl.create_default_context(cadata=exchange.ca_der)
    url = f"{exchange.rest_url}/{question}"
    with urllib.request.urlopen(url, context=context, timeout=10) as answer:
        assert answer.status == 200, "also of what is refused"
        return answer.read().decode(), answer.headers


def result(exchange, question):
    answer = json.loads(get(exchange, question)[0])
    assert list(answer) == ["error", "result"]
    assert answer["error"] == []
    return answer["result"]


def test_time(exchange):
    found = result(exchange, "Time")
    assert START_S <= found["unixtime"] < START_S + 600
    said = datetime.strptime(found["rfc1123"], "%a, %d %b %y %H:%M:%S %z")
    assert said.timestamp() == found["unixtime"]


def test_system_status_follows(exchange):
    found = result(exchange, "SystemStatus")
    assert found["status"] == "online"
    assert datetime.fromisoformat(found["timestamp"]).timestamp() >= START_S
    exchange.set_system("maintenance")
    try:
        assert result(exchange, "SystemStatus")["status"] == "maintenance"
    finally:
        exchange.set_system("online")


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ("XBTUSD", ["XXBTZUSD"]),
        ("XXBTZUSD", ["XXBTZUSD"]),
        ("BTC/USD", ["BTC/USD"]),
        ("XBT/USD", ["XBT/USD"]),
        ("XDGUSD,SOLUSD", ["XDGUSD", "SOLUSD"]),
        ("ETHXBT,EURUSD", ["XETHXXBT", "ZEURZUSD"]),
    ],
)
@pytest.mark.parametrize("method", ["AssetPairs", "Ticker"])
def test_result_keys_depend_on_how_one_asks(exchange, method, asked, keys):
    assert list(result(exchange, f"{method}?pair={asked}")) == keys


def test_without_a_pair_all_are_told(exchange):
    keys = {"XXBTZUSD", "XETHXXBT", "XDGUSD", "SOLUSD", "ZEURZUSD"}
    assert set(result(exchange, "AssetPairs")) == set(result(exchange, "Ticker")) == keys


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ("Ticker?pair=NIXUSD", "EQuery:Unknown asset pair"),
        ("AssetPairs?pair=XBTUSD,NIXUSD", "EQuery:Unknown asset pair"),
        ("Depth?pair=NIXUSD", "EQuery:Unknown asset pair"),
        ("Depth", "EGeneral:Invalid arguments"),
        ("Depth?pair=XBTUSD&count=0", "EGeneral:Invalid arguments"),
        ("Depth?pair=XBTUSD&count=501", "EGeneral:Invalid arguments"),
        ("Depth?pair=XBTUSD&count=ten", "EGeneral:Invalid arguments"),
        ("Weather", "EGeneral:Unknown method"),
    ],
)
def test_refused(exchange, question, error):
    assert get(exchange, question)[0] == f'{{"error":["{error}"]}}'


def test_ticker_figures_agree(exchange):
    for key, ticker in result(exchange, "Ticker").items():
        assert list(ticker) == ["a", "b", "c", "v", "p", "t", "l", "h", "o"]
        low, high = float(ticker["l"][1]), float(ticker["h"][1])
        assert low <= float(ticker["c"][0]) <= high, key
        assert low <= float(ticker["p"][1]) <= high
        assert low <= float(ticker["l"][0]) <= float(ticker["h"][0]) <= high
        assert float(ticker["b"][0]) < float(ticker["a"][0])
        assert float(ticker["v"][0]) <= float(ticker["v"][1])
        assert ticker["t"][0] <= ticker["t"][1]


def test_depth(exchange):
    for count in (1, 100, 500):
        (book,) = result(exchange, f"Depth?pair=XBTUSD&count={count}").values()
        asks, bids = ([float(level[0]) for level in book[name]] for name in ("asks", "bids"))
        assert len(asks) == len(bids) == count
        assert asks == sorted(asks)
        assert bids == sorted(bids, reverse=True)
        assert bids[0] < asks[0]
    price, size, second = book["asks"][0]
    assert len(price.partition(".")[2]) == 5
    assert len(size.partition(".")[2]) == 3
    assert START_S <= second < START_S + 600
    assert len(result(exchange, "Depth?pair=XBTUSD")["XXBTZUSD"]["asks"]) == 100


def test_large_answers_come_in_chunks(exchange):
    for question, is_chunked in (
        ("AssetPairs", True),
        ("Depth?pair=XBTUSD", True),
        ("Time", False),
    ):
        text, headers = get(exchange, question)
        assert (headers["Transfer-Encoding"] == "chunked") is is_chunked
        assert is_chunked or int(headers["Content-Length"]) == len(text)


def test_pairs_are_described_as_the_real_ones_are(exchange):
    """Names, codes and decimals of 2021's answer; minimums and fees have changed since."""
    (body,) = lines("cryptofeed/KRAKEN.0")[:1]
    real = json.loads(body)["result"]
    same = ("altname", "wsname", "base", "quote", "pair_decimals", "lot_decimals", "lot")
    found = result(exchange, "AssetPairs")
    compared = 0
    for key, pair in found.items():
        # SOL was not listed then.
        if key in real:
            compared += 1
            assert [pair[name] for name in same] == [real[key][name] for name in same]
        assert pair["fees"] == pair["fees_maker"] == []
    assert compared == len(PAIRS) - 1


def test_a_capture_has_no_rest(tmp_path):
    record_market(tmp_path / "a.log", seconds=1)
    with (
        exchange_in_thread(Player(tmp_path / "a.log")) as running,
        pytest.raises(urllib.error.HTTPError, match="404"),
    ):
        get(running, "Time")
