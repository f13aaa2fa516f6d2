"""Plays tickers, trades, candles and spreads on every runtime, and says by json and decimal what must come of them."""

import json
import re

from picking import number, time_ms
from runtimes import on_board

from firmware import config
from firmware.feeds import buffers
from firmware.feeds.take_market import take_market
from host.runtimes.checked import checked
from host.runtimes.kernel import as_native
from host.runtimes.native import compile_conductor

_CHANNELS = {
    "spot_v2": ["ticker", "trade", "ohlc"],
    "spot_v1": ["ticker", "trade", "ohlc", "spread"],
    "futures_v1": ["ticker", "trade"],
}
_COUNTERS, _OUT_BUFFER, _WORK = 10, 11, 13
_SKIPPED, _OUT, _RECORDS, _LAST = 3, 7, 8, 89
_MOST_BYTES = 120


def taker(name):
    """For each message (its lines, messages and rows skipped so far, last prices of the pairs); counts the records."""

    def take_all(dialect, pairs, messages, **more):
        given = {"dialect": dialect, "pairs": pairs, "channels": _CHANNELS[dialect], **more}
        names = [wire_name(dialect, pair) for pair in pairs]
        run = _on_board if name == "board" else _on_host
        steps = list(run(name, config.check(given), names, list(messages)))
        records = 0
        for lines, _, _, counted in steps:
            records += len(lines.splitlines())
            assert counted == records
        return [step[:3] for step in steps]

    return take_all


def _on_host(name, settings, names, messages):
    made = buffers.make(settings, names)
    run = checked(take_market)
    if name == "native":
        made = tuple(as_native(buffer) for buffer in made)
        run = compile_conductor(take_market)
    counters = made[_COUNTERS]
    for message in messages:
        run(as_native(message) if name == "native" else message, 0, len(message), made)
        last = [int(word) for word in made[_WORK][_LAST:]]
        lines = bytes(made[_OUT_BUFFER][: counters[_OUT]])
        yield lines, int(counters[_SKIPPED]), last, int(counters[_RECORDS])


def _on_board(_, settings, names, messages):
    lines = [json.dumps({**settings, "names": names}), *(message.hex() for message in messages)]
    for line in on_board("market_cases.py", lines):
        records, *others = json.loads(line)
        yield bytes.fromhex(records), *others


def wire_name(dialect, pair):
    return re.sub(r"\bBTC\b", "XBT", pair) if dialect == "spot_v1" else pair


# What the records must be, by json and decimal alone.


def records_of(dialect, pairs, message, minutes=1):
    """(records, rows that cannot be told) of a message; each record with its keys in order."""
    wire = {wire_name(dialect, pair): pair for pair in pairs}
    said = json.loads(message, parse_float=str, parse_int=str)
    rows = {"spot_v2": _v2, "spot_v1": _v1, "futures_v1": _futures}[dialect](said, minutes)
    known = [row for row in rows if row["p"] in wire and row.get("side", "buy") in ("buy", "sell")]
    return [{**row, "p": wire[row["p"]]} for row in known], len(rows) - len(known)


def _v2(said, _):
    rows = []
    for row in said["data"]:
        name = {"p": row["symbol"]}
        if said["channel"] == "ticker":
            told = {"k": "tick", **name, "t": time_ms(row.get("timestamp", ""))}
            told |= _short(row, l="last", h="high", lo="low", v="volume", b="bid", a="ask")
        elif said["channel"] == "trade":
            told = {"k": "trade", **name, "t": time_ms(row["timestamp"]), "side": row["side"]}
            told |= _short(row, px="price", q="qty")
        else:
            told = {"k": "ohlc", **name, "t": time_ms(row["interval_begin"])}
            told |= _short(row, o="open", h="high", l="low", c="close", v="volume", n="trades")
        rows.append(told)
    return rows


def _v1(said, minutes):
    _, body, channel, pair = said
    name = {"p": pair}
    if channel == "ticker":
        values = {"l": body["c"][0], "h": body["h"][1], "lo": body["l"][1], "v": body["v"][1]}
        return [{"k": "tick", **name, "t": 0, **values, "b": body["b"][0], "a": body["a"][0]}]
    if channel == "trade":
        words = {"b": "buy", "s": "sell"}
        return [
            {"k": "trade", **name, "t": time_ms(t), "side": words.get(side), "px": px, "q": q}
            for px, q, t, side, *_ in body
        ]
    if channel == "spread":
        bid, ask, t, bid_volume, ask_volume = body
        told = {"k": "spread", **name, "t": time_ms(t), "b": bid, "bq": bid_volume}
        return [{**told, "a": ask, "aq": ask_volume}]
    _, etime, o, h, low, c, _, v, n = body
    begin = max(0, time_ms(etime) - minutes * 60_000)
    return [{"k": "ohlc", **name, "t": begin, "o": o, "h": h, "l": low, "c": c, "v": v, "n": n}]


def _futures(said, _):
    name = {"p": said["product_id"]}
    if said["feed"] == "trade":
        told = {"k": "trade", **name, "t": int(said["time"]), "side": said["side"]}
        return [told | _short(said, px="price", q="qty")]
    told = {"k": "tick", **name, "t": int(said.get("time", 0))}
    return [told | _short(said, l="last", h=None, lo=None, v="volume", b="bid", a="ask")]


def _short(row, **names):
    return {key: row.get(name) for key, name in names.items()}


def assert_says(lines, wanted):
    """Every record in full, or as many of its keys as fit; every number as it was printed."""
    lines = lines.splitlines(keepends=True)
    assert len(lines) == len(wanted)
    for line, record in zip(lines, wanted, strict=True):
        found = json.loads(line, parse_float=str, parse_int=str)
        assert list(found) == list(record)[: len(found)]
        for key, value in found.items():
            truth = record[key]
            if isinstance(value, str) and isinstance(truth, str) and key not in ("p", "k", "side"):
                assert number(value) == number(truth)
            else:
                assert value == (None if truth is None else str(truth)), (line, record)
        assert len(line) <= _MOST_BYTES
        if len(found) < len(record):
            name, value = list(record.items())[len(found)]
            assert len(line) + len(f',"{name}":{value}') > _MOST_BYTES


def last_prices(pairs, records):
    """[hi, lo, decimals, new] of each pair."""
    last = {pair: [0, 0, 0, 0] for pair in pairs}
    for record in records:
        price = record.get({"tick": "l", "trade": "px", "ohlc": "c"}.get(record["k"]))
        if price is not None:
            units, decimals, _ = number(price)
            last[record["p"]] = [units // 10**9, units % 10**9, decimals, 1]
    return [word for pair in pairs for word in last[pair]]


def assert_all(take_all, dialect, pairs, messages, minutes=1):
    """What `take_all` makes of the messages is what the reference makes of them; all records."""
    told, all_skipped = [], 0
    steps = take_all(dialect, pairs, messages, ohlc_interval=minutes)
    for message, (lines, skipped, last) in zip(messages, steps, strict=True):
        records, unknown = records_of(dialect, pairs, message, minutes)
        assert_says(lines, records)
        told += records
        all_skipped += unknown
        assert skipped == all_skipped
        assert last == last_prices(pairs, told)
    return told
