"""The records of a whole replay say what numpy and fractions make of the books that an independent model rebuilt."""

import json
from collections import deque
from decimal import Decimal
from fractions import Fraction
from heapq import nlargest, nsmallest

import planted_feed
import pytest
import reference
import v1_reference
from agreement import _units, assert_close
from pulse_reference import Pulse
from reference import NotABook

from firmware import config
from host import captures
from host.captures import open_bytes
from host.exchange.recording import record_market
from host.replay.engine import Engine

BUY, SELL = 0, 1
_MOST_ON_A_BOARD = 8
_PROVED_DEPTH = 10  # of deeper books every checksum is known to be true
_MOST_TOLD = 80  # levels a side: more than lie within the depth that a flow record tells of
_READ = {"spot_v2": reference.read, "spot_v1": v1_reference.read}


def replayed(path, pairs, **settings):
    """The record lines of a capture."""
    engine = Engine(config.check({"pairs": pairs[:_MOST_ON_A_BOARD], **settings}), pairs)
    text = b"".join(bytes(records) for lines in open_bytes(path) for records in engine.feed(lines))
    return text.splitlines(keepends=True)


def assert_true(path, pairs, depth, lines, **given):
    """Every record of the pulse, and every book record; how many there were of each kind of the pulse."""
    settings = config.check({"pairs": pairs, **given})
    records = deque((json.loads(line, parse_float=Decimal), len(line)) for line in lines)
    pulse = Pulse(pairs, settings)
    v1 = settings["dialect"] == "spot_v1"
    names = [v1_reference.on_the_wire(pair) if v1 else pair for pair in pairs]
    books = [(v1_reference if v1 else reference).Book(depth) for _ in pairs]
    for _, frame in captures.frames(path):
        for name, size, side in trades(frame):
            if name in names and "trade" in settings["channels"]:
                pulse.deal(names.index(name), size, side)
        while records and records[0][0]["k"] in ("trade", "tick"):
            records.popleft()
        try:
            kind, (element,) = _READ[settings["dialect"]](frame)
        except NotABook:
            continue
        if element.time_ms:
            pulse.assert_says(element.time_ms, records)
        if element.symbol not in names:
            continue
        pair = names.index(element.symbol)
        if kind == "snapshot" or pulse.live[pair]:
            follow(pulse, books[pair], pair, kind, element)
        while records and records[0][0]["k"] in ("state", "book", "signal"):
            if records[0][0]["p"] != pairs[pair] or not pulse.live[pair]:
                break
            if records[0][0]["k"] == "book" and not is_of(records[0][0], books[pair], element):
                break  # of a later message, then
            records.popleft()
        while records and records[0][0].get("st") == "STALE":
            records.popleft()
    assert not records
    return pulse.checked


def is_of(record, book, element):
    """Whether a book record is what this message has left, to its last digit."""
    try:
        for key, value in book.features().items():
            if key in record:
                assert_close(key, _units(record[key]), value, book)
    except AssertionError:
        return False
    return record["t"] == (element.time_ms or record["t"])


def follow(pulse, book, pair, kind, element):
    book.apply(kind, element)
    if book.depth <= _PROVED_DEPTH and element.checksum not in (None, book.checksum()):
        pulse.lose(pair)
        return
    sides = nlargest(_MOST_TOLD, book.bids), nsmallest(_MOST_TOLD, book.asks)
    told = [
        [(Fraction(price), Fraction(levels[price])) for price in side]
        for side, levels in zip(sides, (book.bids, book.asks), strict=True)
    ]
    pulse.take(pair, told, kind == "snapshot")


def trades(frame):
    """(name, size, side) of the trades in a frame of v2."""
    message = json.loads(frame, parse_float=Fraction, parse_int=Fraction)
    if isinstance(message, dict) and message.get("channel") == "trade":
        for row in message["data"]:
            yield row["symbol"], row["qty"], SELL if row["side"] == "sell" else BUY


@pytest.mark.parametrize("window", [20, 100, 500])
def test_the_known_case(tmp_path, window):
    """With trades; here and there a checksum is wrong and a snapshot comes a little or much later."""
    path = tmp_path / "planted.feed"
    planted_feed.write(path, before=200, after=200, damaged={120: 1, 150: 8, 420: 30})
    given = {"channels": planted_feed.CHANNELS, "correlation_window": window}
    pairs = list(planted_feed.PAIRS)
    lines = replayed(path, pairs, **given)
    checked = assert_true(path, pairs, 10, lines, **given)
    assert min(checked[kind] for kind in ("vol", "corr", "flow")) > 150


@pytest.mark.parametrize("window", [20, 100])
def test_the_seeded_market(tmp_path, window):
    path = tmp_path / "market.feed"
    pairs = ["BTC/USD", "ETH/USD", "BTC/EUR"]
    channels = ["ticker", "trade"]
    record_market(path, seconds=40, symbols=pairs, channels=("book", *channels))
    given = {"channels": channels, "correlation_window": window}
    checked = assert_true(path, pairs, 10, replayed(path, pairs, **given), **given)
    assert min(checked[kind] for kind in ("vol", "corr", "flow")) > 100


def test_the_recorded_pair(feeds):
    path = feeds / "python-kraken-sdk" / "orderbook-v2.jsonl"
    lines = replayed(path, ["BTC/USD"], correlation_window=20)
    checked = assert_true(path, ["BTC/USD"], 10, lines, correlation_window=20)
    assert min(checked["vol"], checked["flow"]) > 100


def test_recorded_pairs_of_v1(feeds):
    path = feeds / "cryptofeed" / "KRAKEN.ws.50.0"
    pairs = ["WAVES/EUR", "ADA/BTC"]
    given = {"dialect": "spot_v1", "correlation_window": 20}
    checked = assert_true(path, pairs, 1000, replayed(path, pairs, **given), **given)
    assert min(checked[kind] for kind in ("vol", "corr", "flow")) > 20


def test_of_more_pairs_the_first_eight_are_looked_at_together(tmp_path):
    """As many as a board takes; the others have their books and signals all the same."""
    path = tmp_path / "many.feed"
    pairs = [*("BTC/USD", "ETH/USD", "BTC/EUR", "ETH/EUR", "ETH/BTC", "EUR/USD"), "SOL/USD"]
    pairs += ["XRP/USD", "ADA/USD", "DOGE/USD"]
    record_market(path, seconds=15, symbols=pairs)
    records = [json.loads(line) for line in replayed(path, pairs)]
    together = [r for r in records if r["k"] in ("vol", "corr", "flow")]
    assert {r["p"] for r in together} == set(pairs[:8])
    assert {r.get("q") for r in together} == {None, *pairs[1:8]}
    assert {r["p"] for r in records if r["k"] == "book"} == set(pairs)
