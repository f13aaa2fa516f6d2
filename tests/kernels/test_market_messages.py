"""Tickers, trades, candles and spreads of all dialects become the records that json and decimal make of them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_messages import assert_all, assert_says, records_of, taker


@pytest.fixture(scope="session", params=["checked", "native", "board"])
def take_all(request):
    """`take_all(dialect, pairs, messages)` on each runtime in turn."""
    if request.param == "board":
        request.getfixturevalue("board_model")
    return taker(request.param)


# Real messages.


def recorded(feeds, file, *marks):
    """The messages of a capture that have one of the marks and are no acknowledgements."""
    lines = (feeds / file).read_bytes().splitlines()
    if not file.endswith(".jsonl"):
        lines = [line.split(b": ", 1)[1] for line in lines if line[:1].isdigit()]
    lines = [
        line for line in lines if not line.startswith((b'{"method"', b'{"event"', b'{"channelID"'))
    ]
    return [line for line in lines if any(mark in line for mark in marks)]


def test_real_v2_messages(take_all, feeds):
    marks = (b'{"channel":"ticker"', b'{"channel":"trade"', b'{"channel":"ohlc"')
    messages = recorded(feeds, "frames/v2_control_frames.jsonl", *marks)
    told = assert_all(take_all, "spot_v2", ["BTC/USD", "ALGO/USD"], messages)
    assert [record["k"] for record in told] == ["tick", "tick", "trade", "ohlc", "ohlc"]


def test_real_v1_messages(take_all, feeds):
    """Every trade and ticker of both captures; one of the pairs is none of ours."""
    messages = recorded(feeds, "cryptofeed/KRAKEN.ws.48.0", b'"trade","')
    messages += recorded(feeds, "cryptofeed/KRAKEN.ws.49.0", b'"ticker","')
    pairs = ["XMR/USD", "BTC/CHF", "ADA/BTC", "KSM/BTC", "GRT/ETH", "SC/EUR", "ETH/CHF"]
    told = assert_all(take_all, "spot_v1", pairs, messages)
    assert len(messages) == 26 and len(told) > 15
    assert {record["k"] for record in told} == {"trade", "tick"}


def test_real_futures_messages(take_all, feeds):
    marks = (b'"feed":"ticker', b'"feed":"trade",')
    messages = recorded(feeds, "frames/futures_v1_frames_2026.jsonl", *marks)
    assert len(assert_all(take_all, "futures_v1", ["PF_XBTUSD"], messages)) == 2
    old = recorded(
        feeds, "cryptofeed/KRAKEN_FUTURES.ws.1.0", b'{"feed":"ticker', b'{"feed":"trade",'
    )
    old = [message for message in old if b"trade_snapshot" not in message]
    pairs = ["PI_XRPUSD", "PI_LTCUSD", "FI_BCHUSD_210730", "PI_ETHUSD", "FI_ETHUSD_211231"]
    told = assert_all(take_all, "futures_v1", pairs, old)
    assert len(old) == 110 and len(told) > 50


def test_trade_snapshot_is_skipped(take_all, feeds):
    """Old trades are no news, and theirs would be the last price in the wrong order."""
    messages = recorded(feeds, "cryptofeed/KRAKEN_FUTURES.ws.1.0", b'"feed":"trade_snapshot"')
    pairs = ["PI_XRPUSD", "PI_LTCUSD", "FI_BCHUSD_210730"]
    steps = take_all("futures_v1", pairs, messages)
    assert {(lines, skipped) for lines, skipped, _ in steps} == {(b"", 0)}
    assert len(steps) == 10 and not any(steps[-1][2])


# Messages as Kraken's documentation has them, and made-up ones.


def test_v1_candles_and_spreads(take_all):
    """A candle's `t` is its end, which is what v1 tells, less its minutes."""
    messages = [
        b'[42,["1542057314.748456","1542057360.435743","3586.70000","3586.80000","3586.60000",'
        b'"3586.65000","3586.68894","0.03373000",2],"ohlc-21600","XBT/USD"]',
        b'[0,["5698.40000","5700.00000","1542057299.545897","1.01234567","0.98765432"],'
        b'"spread","XBT/USD"]',
        b'[42,["0","1543296000.000","1","2","3","4","5","6",7],"ohlc-21600","XBT/USD"]',
        b'[42,["0","","1","2","3","4","5","6",7],"ohlc-21600","XBT/USD"]',
    ]
    told = assert_all(take_all, "spot_v1", ["BTC/USD"], messages, minutes=21_600)
    candle, spread, round_one, timeless = told
    assert (candle["t"], round_one["t"], timeless["t"]) == (1540761360435, 1542 * 10**9, 0)
    assert (spread["k"], spread["t"], spread["bq"]) == ("spread", 1542057299545, "1.01234567")


def trades(count, pair="BTC/USD"):
    rows = [
        f'{{"symbol":"{pair}","side":"{"sell" if n % 2 else "buy"}","price":{1000 + n}.5,'
        f'"qty":0.0{n + 1},"ord_type":"limit","trade_id":{n},'
        f'"timestamp":"2026-09-25T17:48:{n:02}.844359Z"}}'
        for n in range(count)
    ]
    return f'{{"channel":"trade","type":"snapshot","data":[{",".join(rows)}]}}'.encode()


def test_more_trades_than_there_is_room_for(take_all):
    """The first ones are told, the others counted; the last price is the last one's all the same."""
    (lines, skipped, last), (again, *_) = take_all("spot_v2", ["BTC/USD"], [trades(50), trades(3)])
    wanted, _ = records_of("spot_v2", ["BTC/USD"], trades(50))
    told = len(lines.splitlines())
    assert_says(lines, wanted[:told])
    assert told >= 8 and skipped == 50 - told and len(lines) <= 1216
    assert last == [0, 10495, 1, 1]
    assert len(again.splitlines()) == 3


def test_keys_in_any_order(take_all):
    """The channel after the data, the symbol after the values, and unknown keys everywhere."""
    message = (
        b'{"new":{"channel":"x"},"data":[{"price":1.50,"a":[{"symbol":"ETH/USD"}],"side":"buy",'
        b'"timestamp":"2026-09-25T17:48:26.8Z","qty":2,"symbol":"BTC/USD"},'
        b'{"symbol":"ETH/USD","side":"sell","price":2,"qty":1e-3,'
        b'"timestamp":"2026-09-25T17:48:26Z"}],"type":"update","channel":"trade"}'
    )
    told = assert_all(take_all, "spot_v2", ["ETH/USD", "BTC/USD"], [message])
    assert [record["p"] for record in told] == ["BTC/USD", "ETH/USD"]


def test_what_cannot_be_told_is_counted(take_all):
    """Another's pair, an unknown side, a message cut short or no message at all: nothing but a count."""
    good = trades(2)
    other = trades(1, "DOGE/USD")
    side = good.replace(b'"buy"', b'"byu"')
    messages = [other, side, good[:-1], b"<html>", b"", good]
    steps = take_all("spot_v2", ["BTC/USD"], messages)
    assert [skipped for _, skipped, _ in steps] == [1, 2, 3, 4, 5, 5]
    assert [len(lines.splitlines()) for lines, *_ in steps] == [0, 1, 0, 0, 0, 2]
    assert steps[0][2] == [0] * 4


@pytest.mark.parametrize("channels", [[], ["ticker"]])
def test_channels_that_nobody_asked_for(take_all, channels):
    """They are no fault, and leave nothing behind."""
    ((lines, skipped, last),) = take_all("spot_v2", ["BTC/USD"], [trades(2)], channels=channels)
    assert (lines, skipped) == (b"", 0) and not any(last)


def test_a_price_that_does_not_exist_is_null(take_all):
    """A ticker without a last price leaves the last one as it was."""
    ticker = (
        '{{"channel":"ticker","type":"update","data":[{{"symbol":"BTC/USD","last":{},"bid":1}}]}}'
    )
    steps = take_all("spot_v2", ["BTC/USD"], [ticker.format(x).encode() for x in ("2.0", "null")])
    assert [json.loads(lines)["l"] for lines, *_ in steps] == [2.0, None]
    assert {tuple(last) for *_, last in steps} == {(0, 20, 1, 1)}


decimals = st.from_regex(r"(0|[1-9][0-9]{0,7})(\.[0-9]{1,10})?", fullmatch=True)
price_rows = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from(["BTC/USD", "LONGEST12/NAMES", "X/Y"]),
        **dict.fromkeys(("last", "high", "low", "volume", "bid", "ask"), decimals),
    }
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(price_rows, min_size=1, max_size=3), min_size=1, max_size=20))
def test_any_ticker(take_all, told):
    messages = []
    for rows in told:
        items = [
            ",".join(f'"{key}":' + (json.dumps(value) if key == "symbol" else value) for key, value in row.items())
            for row in rows
        ]  # fmt: skip
        data = ",".join("{" + item + "}" for item in items)
        messages.append(f'{{"channel":"ticker","type":"update","data":[{data}]}}'.encode())
    assert_all(take_all, "spot_v2", ["BTC/USD", "LONGEST12/NAMES"], messages)


REAL = [
    ("spot_v2", trades(2)),
    ("spot_v1", b'[993,[["354.11","0.89594024","1618678142.557535","s","l",""]],"trade","X/Y"]'),
    ("spot_v1", b'[0,["5698.4","5700.0","1542057299.545897","1.01","0.98"],"spread","X/Y"]'),
    ("futures_v1", b'{"product_id":"X/Y","feed":"trade","side":"sell","time":17,"qty":1,"price":2.0}'),
]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(REAL),
    st.lists(
        st.tuples(st.integers(0, 10**6), st.binary(max_size=3), st.integers(0, 3)),
        min_size=1,
        max_size=30,
    ),
)
def test_damaged_messages_do_the_same_everywhere(board_model, real, damages):
    dialect, message = real
    messages = []
    for at, some, gone in damages:
        at %= len(message)
        messages.append(message[:at] + some + message[at + gone :])
    pairs = ["PI_XBTUSD"] if dialect == "futures_v1" else ["X/Y", "BTC/USD"]
    one, other, third = (
        taker(name)(dialect, pairs, messages) for name in ("checked", "native", "board")
    )
    assert one == other == third
