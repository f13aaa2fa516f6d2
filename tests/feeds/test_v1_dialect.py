"""What spot v1 is asked for, and what its answers mean, on the board model as on the host."""

import json

from firmware import config

DIALECT = "spot_v1"
AROUND = ('{"errorMessage":"x"}', '"event":"systemStatus","errorMessage":"y"}')
_LONGEST_REQUEST = 504  # what fits one frame of the WebSocket client


def test_requests(ask):
    names = ["BTC/USD", "DOGE/BTC", "ETH/EUR"]
    given = {"dialect": DIALECT, "pairs": names, "depth": 25, "ohlc_interval": 5}
    channels = ["ticker", "trade", "ohlc", "spread"]
    plain, full = (config.check({**given, "channels": some}) for some in ([], channels))
    requests, all_requests, renewal = (
        [json.loads(text) for text in texts]
        for texts in ask(["requests", plain], ["requests", full], ["renewal", full, 1])
    )
    pairs = ["XBT/USD", "XDG/XBT", "ETH/EUR"]
    book = {"name": "book", "depth": 25}
    assert requests == [{"event": "subscribe", "pair": pairs, "subscription": book}]
    assert all_requests == requests + [
        {"event": "subscribe", "pair": pairs, "subscription": subscription}
        for subscription in (
            {"name": "ticker"},
            {"name": "trade"},
            {"name": "ohlc", "interval": 5},
            {"name": "spread"},
        )
    ]
    assert renewal == [
        {"event": event, "pair": ["XDG/XBT"], "subscription": book}
        for event in ("unsubscribe", "subscribe")
    ]


def test_the_longest_request_fits(ask):
    pairs = [f"ABCDEFGHIJ{n}/BTCUSDT"[:19] for n in range(8)]
    settings = config.check({"dialect": DIALECT, "pairs": pairs, "channels": ["ohlc"]})
    (texts,) = ask(["requests", settings])
    assert max(map(len, texts)) <= _LONGEST_REQUEST


def test_names_on_the_wire(ask):
    names = {
        "BTC/USD": "XBT/USD",
        "ETH/BTC": "ETH/XBT",
        "DOGE/BTC": "XDG/XBT",
        "WBTC/BTC": "WBTC/XBT",
        "DOGES/USD": "DOGES/USD",
        "AAPLx/USD": "AAPLx/USD",
    }
    assert ask(*(["wire_name", name] for name in names)) == [*names.values()]


def test_refusals_are_told_by_name(told):
    frames = [
        '{"errorMessage":"Subscription depth not supported","event":"subscriptionStatus",'
        '"pair":"XBT/USD","status":"error","subscription":{"depth":42,"name":"book"}}',
        '{"errorMessage":"Currency pair not supported XBT/FOO","event":"subscriptionStatus",'
        '"pair":"XBT/FOO","status":"error","subscription":{"depth":10,"name":"book"}}',
        '{"errorMessage":"Malformed request","event":"error"}',
        '{"errorMessage":"Subscription ohlc interval not supported","event":"subscriptionStatus",'
        '"pair":"XBT/USD","status":"error","subscription":{"interval":2,"name":"ohlc"}}',
    ]
    assert told(*frames) == [
        ["refused", "XBT/USD", "Subscription depth not supported"],
        ["refused", "XBT/FOO", "Currency pair not supported XBT/FOO"],
        ["refused", None, "Malformed request"],
        ["alert", "XBT/USD", "Subscription ohlc interval not supported"],
    ]


def test_the_system_s_status(told):
    frames = [
        '{"connectionID":18239578009413566319,"event":"systemStatus","status":"online","version":"1.8.3"}',
        '{"event":"systemStatus","status":"maintenance","version":"1.8.3"}',
    ]
    assert told(*frames) == [["status", None, "online"], ["status", None, "maintenance"]]


def test_what_tells_nothing(told):
    frames = [
        "{}",
        '{"event":"pong","reqid":42}',
        '{"channelID":336,"channelName":"book-10","event":"subscriptionStatus","pair":"XBT/USD",'
        '"status":"unsubscribed","subscription":{"depth":10,"name":"book"}}',
        '{"errorMessage":"Subscription Not Found","event":"subscriptionStatus","pair":"XBT/USD",'
        '"status":"error","subscription":{"depth":10,"name":"book"}}',
    ]
    assert told(*frames) == [None] * len(frames)


def test_real_events(told, feeds):
    lines = (feeds / "cryptofeed" / "KRAKEN.ws.50.0").read_text().splitlines()
    frames = [line.split(": ", 1)[1] for line in lines if ': {"' in line and line[:3] != "wss"]
    subscribed = [frame for frame in frames if '"status":"subscribed"' in frame]
    assert len(subscribed) == 10
    status = [frame for frame in frames if "systemStatus" in frame]
    assert told(*subscribed, *status) == [None] * 10 + [["status", None, "online"]]
