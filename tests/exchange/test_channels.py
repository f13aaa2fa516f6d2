"""Spot v2's other channels: what they say follows from the market's deals, in Kraken's own shape."""

import itertools
import json
from decimal import Decimal

import pytest
from ear import Ear
from real_frames import lines, same_shape

from host.exchange import protocol


def subscribe(channel, method="subscribe", **params):
    return {"method": method, "params": {"channel": channel, "symbol": ["BTC/USD"], **params}}


def read(frame):
    return json.loads(frame, parse_float=Decimal)


def of(frames, channel, kind):
    """The data of the frames of one channel and type."""
    read_frames = [read(frame) for frame in frames]
    return [
        each["data"]
        for each in read_frames
        if each.get("channel") == channel and each["type"] == kind
    ]


@pytest.fixture(scope="module")
def minutes():
    """Three minutes of all channels of BTC/USD."""
    ear = Ear()
    for request in (
        subscribe("trade", snapshot=True),
        subscribe("ticker"),
        subscribe("ohlc", interval=1),
        subscribe("ohlc", interval=1440),
        subscribe("book"),
    ):
        (answer,) = ear.ask(request)
        assert json.loads(answer)["success"] is True
    return ear.listen(180)


def test_trades_are_numbered_without_a_gap(minutes):
    (snapshot,) = of(minutes, "trade", "snapshot")
    assert len(snapshot) == 50
    updates = [trade for data in of(minutes, "trade", "update") for trade in data]
    assert len(updates) > 200
    numbers = [trade["trade_id"] for trade in snapshot + updates]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    times = [trade["timestamp"] for trade in snapshot + updates]
    assert times == sorted(times)
    assert {trade["side"] for trade in updates} == {"buy", "sell"}
    assert {trade["ord_type"] for trade in updates} == {"limit", "market"}
    assert any(len(data) > 1 for data in of(minutes, "trade", "update"))


def test_what_is_dealt_is_taken_from_the_book(minutes):
    """A trade leaves its price's level smaller by what was dealt, or gone."""
    sides = {"bids": {}, "asks": {}}
    waiting, checked = {}, 0
    for frame in map(read, minutes):
        if frame.get("channel") == "trade" and frame["type"] == "update":
            for trade in frame["data"]:
                name = "asks" if trade["side"] == "buy" else "bids"
                best = (min if name == "asks" else max)(sides[name].keys() - waiting.keys())
                assert trade["price"] == best
                waiting[best] = sides[name][best] - trade["qty"]
                assert waiting[best] >= 0
        if frame.get("channel") == "book" and "data" in frame:
            for name, levels in sides.items():
                if frame["type"] == "snapshot":
                    levels.clear()
                for level in frame["data"][0][name]:
                    levels[level["price"]] = level["qty"]
                    if not level["qty"]:
                        del levels[level["price"]]
                    if level["price"] in waiting:
                        assert waiting.pop(level["price"]) == level["qty"]
                        checked += 1
                for price in sorted(levels, reverse=name == "bids")[10:]:
                    del levels[price]
            assert not waiting
    assert checked > 200


def test_the_ticker_adds_the_trades_up(minutes):
    volume = trades = None
    last = []
    for frame in map(read, minutes):
        if frame.get("channel") == "trade" and frame["type"] == "update":
            last = frame["data"]
        if frame.get("channel") == "ticker" and "data" in frame:
            (ticker,) = frame["data"]
            if volume is not None and last:
                assert ticker["last"] == last[-1]["price"]
                # Every minute the oldest one leaves the window of 24 hours.
                added = ticker["volume"] - volume
                assert added <= sum(trade["qty"] for trade in last)
                assert ticker["trades"] - trades <= len(last)
            volume, trades = ticker["volume"], ticker["trades"]
            assert ticker["low"] <= ticker["last"] <= ticker["high"]
            assert ticker["low"] <= ticker["vwap"] <= ticker["high"]
            assert ticker["bid"] < ticker["ask"]
            opened = ticker["last"] - ticker["change"]
            assert float(ticker["change_pct"]) == pytest.approx(
                float(100 * ticker["change"] / opened), abs=0.006
            )
    assert 500 < volume < 20_000


def test_candles_are_the_trades_of_their_minute(minutes):
    trades = [trade for data in of(minutes, "trade", "update") for trade in data]
    by_minute = {}
    for trade in trades:
        by_minute.setdefault(trade["timestamp"][:16], []).append(trade)
    whole = sorted(by_minute)[1:-1]
    assert whole
    candles = {}
    for (candle,) in of(minutes, "ohlc", "update"):
        if candle["interval"] == 1:
            candles[candle["interval_begin"][:16]] = candle
    for minute in whole:
        prices = [trade["price"] for trade in by_minute[minute]]
        candle = candles[minute]
        assert [candle[key] for key in ("open", "high", "low", "close")] == [
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
        ]
        assert candle["volume"] == sum(trade["qty"] for trade in by_minute[minute])
        assert candle["trades"] == len(prices)
        assert candle["timestamp"][:16] > minute


def test_the_ticker_by_best_bid_and_offer():
    ear = Ear()
    ear.ask(subscribe("ticker", event_trigger="bbo"))
    frames = of(ear.listen(30), "ticker", "update")
    best = [tuple(data[0][key] for key in ("bid", "bid_qty", "ask", "ask_qty")) for data in frames]
    assert len(best) > 50
    assert all(before != after for before, after in itertools.pairwise(best))


def test_trades_without_a_snapshot_unless_asked_for():
    ear = Ear()
    (answer,) = ear.ask(subscribe("trade"))
    assert json.loads(answer)["result"]["snapshot"] is False
    frames = ear.listen(10)
    assert of(frames, "trade", "update")
    assert not of(frames, "trade", "snapshot")


def test_unsubscribed_is_silent():
    ear = Ear()
    for channel, params in (("trade", {}), ("ticker", {}), ("ohlc", {"interval": 5})):
        ear.ask(subscribe(channel, **params))
        ear.listen(2)
        (answer,) = ear.ask(subscribe(channel, method="unsubscribe", **params))
        answer = json.loads(answer)
        assert (answer["method"], answer["success"]) == ("unsubscribe", True)
        assert answer["result"]["channel"] == channel
    assert set(ear.listen(5)) == {'{"channel":"heartbeat"}'}


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (subscribe("ohlc", interval=2), "Subscription ohlc interval not supported"),
        (subscribe("ticker", event_trigger="moon"), "Malformed request"),
        (subscribe("trade", method="unsubscribe"), "Subscription Not Found"),
        (subscribe("status"), "Channel not served by this local Kraken: status"),
        (
            {"method": "subscribe", "params": {"channel": "ticker", "symbol": "BTC/USD"}},
            "Symbol field must be an array",
        ),
        (
            {"method": "subscribe", "params": {"channel": "trade", "symbol": ["XBT/USD"]}},
            "Currency pair not supported XBT/USD",
        ),
    ],
)
def test_refused(request_, error):
    ear = Ear()
    (answer,) = ear.ask(request_)
    answer = json.loads(answer)
    assert (answer["error"], answer["success"]) == (error, False)


def test_several_candles_of_a_pair_but_one_ticker():
    ear = Ear()
    for request, is_taken in (
        (subscribe("ohlc", interval=1), True),
        (subscribe("ohlc", interval=5), True),
        (subscribe("ohlc", interval=5), False),
        (subscribe("ticker"), True),
        (subscribe("ticker", event_trigger="bbo"), False),
    ):
        (answer,) = ear.ask(request)
        assert json.loads(answer)["success"] is is_taken


def test_instrument_lists_the_pairs():
    ear = Ear(symbols=("BTC/USD", "DOGE/USD"))
    (answer,) = ear.ask({"method": "subscribe", "params": {"channel": "instrument"}})
    assert json.loads(answer)["result"]["warnings"]
    (data,) = of(ear.listen(1), "instrument", "snapshot")
    assert {asset["id"] for asset in data["assets"]} == {"BTC", "DOGE", "USD"}
    pairs = {pair["symbol"]: pair for pair in data["pairs"]}
    assert pairs["BTC/USD"]["price_precision"] == 1
    assert pairs["BTC/USD"]["qty_min"] == Decimal("0.00005")
    assert pairs["DOGE/USD"]["price_increment"] == Decimal("1e-07")
    (frame,) = [frame for _, frame in ear.heard if '"instrument","type"' in frame]
    assert '"qty_increment":1e-08' in frame, "here Kraken prints exponents"


def test_changes_of_the_system_are_told_to_all():
    one = Ear()
    two, v1 = Ear(engine=one.engine), Ear("spot_v1", one.engine)
    now_us = one.now_us
    upcoming = [protocol.maintenance(now_us, now_us + 3_600_000_000, now_us + 7_200_000_000)]
    one.engine.set_system("maintenance", now_us, upcoming)
    for ear in (one, two):
        state = json.loads(ear.heard[-1][1])["data"][0]
        assert state["system"] == "maintenance"
        assert state["connection_id"] == ear.session.connection_id
        (item,) = state["upcoming_maintenance"]
        assert item["time_to_start_s"] == 3600
        assert item["expected_start_utc"] < item["expected_end_utc"]
    assert '"status":"maintenance"' in v1.heard[-1][1]
    assert '"system":"maintenance"' in Ear(engine=one.engine).heard[0][1], "who comes later, too"
    one.engine.set_system("online", now_us)
    assert '"system":"online"' in two.heard[-1][1]
    assert '"upcoming_maintenance":[]' in two.heard[-1][1]


def test_shapes_are_those_of_real_frames(minutes):
    """The same keys in the same order, and values of the same kinds."""
    ear = Ear()
    now_us = ear.now_us
    upcoming = [protocol.maintenance(now_us, now_us + 1, now_us + 2)]
    ear.engine.set_system("online", now_us, upcoming)
    requests = (
        subscribe("ticker"),
        subscribe("trade"),
        subscribe("ohlc", interval=1),
        {"method": "subscribe", "params": {"channel": "book", "symbol": ["XBT/USD"]}},
        subscribe("book", depth=27),
        {"method": "subscribe", "params": {"channel": "executions"}},
        {"method": "ping", "req_id": 1},
    )
    for request in requests:
        ear.ask(request)
    ours = [frame for _, frame in ear.heard] + minutes + ear.listen(5)
    unlike = [
        real
        for real in lines("frames/v2_control_frames.jsonl")
        if not any(same_shape(mine, real) for mine in ours)
    ]
    # What only the private endpoint answers.
    assert [json.loads(frame).get("channel") for frame in unlike] == ["executions"]
