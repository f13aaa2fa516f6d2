"""Kraken's own futures: ten products, 7,014 deltas, the same books on every runtime and never a wrong level."""

import json
from functools import cache
from heapq import nlargest, nsmallest
from itertools import pairwise

import pytest
from agreement import assert_same_everywhere
from futures_reference import FullBook, assert_best, read
from programs.look import look
from reference import NotABook
from runtimes import BOOK, HEARTBEAT, MARKET, OTHER, player

from firmware import config
from firmware.feeds import buffers, futures_v1

_DELTAS = 7014
_LIVE = 1
_FUTURES = {"dialect": "futures_v1"}


@pytest.fixture(scope="session")
def capture(feeds):
    """Every frame that the exchange sent, as its bytes."""
    lines = (feeds / "cryptofeed" / "KRAKEN_FUTURES.ws.1.0").read_bytes().splitlines()
    return [line.partition(b": ")[2] for line in lines if not line.startswith(b"wss:")]


@pytest.fixture(scope="session")
def products(capture):
    """The book frames of each product, with what they say."""
    found = {}
    for frame in capture:
        try:
            message = read(frame)
        except NotABook:
            continue
        found.setdefault(message["product_id"], []).append((frame, message))
    return found


def test_the_sequence_has_no_gap(products):
    """What the capture promises, before anything of ours is asked."""
    deltas = 0
    for frames in products.values():
        assert [message["feed"] for _, message in frames[:2]] == ["book_snapshot", "book"]
        deltas += len(frames) - 1
        assert all(
            after["seq"] == before["seq"] + 1 for (_, before), (_, after) in pairwise(frames)
        )
        for side, sign in (("bids", -1), ("asks", 1)):
            prices = [sign * level["price"] for level in frames[0][1][side]]
            assert all(better < worse for better, worse in pairwise(prices))
    assert deltas == _DELTAS


_MOST = 31  # levels a side that a book of depth 25 has room for
_SCALE = 6  # decimals that no number of the capture exceeds


@pytest.fixture(scope="session")
def truths(products):
    """For each product its full book after every message: time, lengths, the best levels in units of 10**-6."""
    found = {}
    for product, frames in products.items():
        truth = FullBook()
        found[product] = told = []
        for _, message in frames:
            truth.take(message)
            sides = nlargest(_MOST, truth.bids), nsmallest(_MOST, truth.asks)
            best = [
                [(int(price.scaleb(_SCALE)), int(side[price].scaleb(_SCALE))) for price in prices]
                for prices, side in zip(sides, (truth.bids, truth.asks), strict=True)
            ]
            told.append((truth.time_ms, len(truth.bids), len(truth.asks), *best))
    return found


def agrees(book, truth):
    """Is the book the best levels there are, and at least five a side, or all?"""
    time_ms, *lengths, bids, asks = truth
    of_price, of_qty = (10 ** (_SCALE - decimals) for decimals in book.decimals)
    for got, wanted, length in zip((book.bids, book.asks), (bids, asks), lengths, strict=True):
        assert len(got) == length or len(got) >= 5
        assert [(price * of_price, qty * of_qty) for price, qty in got] == wanted[: len(got)]
    return book.time_ms == time_ms


def test_every_delta_applies_at_full_depth(products):
    """Nothing is cut off: the books are the whole truth in the end, and now and then before."""
    played = 0
    for product, frames in products.items():
        made = buffers.make({**config.check({}), **_FUTURES, "pairs": [product], "depth": 400})
        truth = FullBook()
        for at, (frame, message) in enumerate(frames):
            assert futures_v1.on_frame(bytearray(frame), 0, len(frame), 0, made) == BOOK
            truth.take(message)
            if at % 200 == 0 or at == len(frames) - 1:
                state, _, decimals, time, *sides, _, _ = look(made)[0]
                assert (state, time[0] * 10**9 + time[1]) == (_LIVE, truth.time_ms)
                units = [
                    [(a * 10**9 + b, c * 10**9 + d) for a, b, c, d in levels] for levels in sides
                ]
                assert tuple(units) == truth.best(decimals, [None, None])
        played += len(frames) - 1
        assert made[10][1] == len(frames)  # all proved
    assert played == _DELTAS


def test_full_depth_everywhere(play, products):
    for product, frames in products.items():
        played = [frame for frame, _ in frames[:200]]
        steps = play(played, pairs=[product], depth=400, **_FUTURES)
        truth = FullBook()
        for (_, message), step in zip(frames, steps, strict=False):
            truth.take(message)
            book = step.books[0]
            assert (step.kind, book.state) == (BOOK, "LIVE")
            assert (len(book.bids), len(book.asks)) == (len(truth.bids), len(truth.asks))
        assert_best(steps[-1].books[0], truth)


@pytest.mark.parametrize("depth", [10, 25])
def test_a_cut_book_has_the_best_levels_or_is_thin(play, products, truths, depth):
    """As a board has it, after every delta; a thin book gets its new snapshot, as the exchange would send it."""
    total = 0
    for product, frames in products.items():
        told = renewed(product, tuple(frame for frame, _ in frames), depth)
        played = [frame for _, frame in told]
        steps = play(played, pairs=[product], depth=depth, **_FUTURES)
        thin = 0
        for (at, _), step in zip(told, steps, strict=True):
            book = step.books[0]
            if book.state == "LIVE":
                assert agrees(book, truths[product][at])
            else:
                assert book.why == step.records[-1]["why"] == "thin"
                assert min(len(book.bids), len(book.asks)) < 5
                thin += 1
        assert (steps[-1].counters["unproved"], steps[-1].counters["bad"]) == (0, thin)
        total += thin
    # Half a minute; only the busiest product moves that far.
    assert total == 0 if depth == 25 else 0 < total < 10


@cache
def renewed(product, frames, depth):
    """(number, frame) of each, and behind the ones that leave the book thin what the exchange would answer."""
    made = buffers.make({**config.check({}), **_FUTURES, "pairs": [product], "depth": depth})
    truth = FullBook()
    told = []
    for at, frame in enumerate(frames):
        truth.take(read(frame))
        told.append((at, frame))
        futures_v1.on_frame(bytearray(frame), 0, len(frame), 0, made)
        if look(made)[0][0] != _LIVE:
            again = truth.snapshot(product)
            told.append((at, again))
            futures_v1.on_frame(bytearray(again), 0, len(again), 0, made)
    return told


def test_all_of_it_in_the_order_it_came(play, capture, products):
    """Ten products on one connection, with acknowledgements, trades and tickers between."""
    frames = capture if play is player("native") else capture[:1500]
    steps = play(frames, pairs=list(products), **_FUTURES)
    for frame, step in zip(frames, steps, strict=True):
        # Kraken's order of keys.
        book, market = frame.startswith(b'{"feed":"book'), frame.startswith(b'{"feed":"t')
        assert step.kind == (BOOK if book else MARKET if market else OTHER)
    last = steps[-1].counters
    books = [step.kind for step in steps].count(BOOK)
    assert books == _DELTAS + 10 or len(frames) < len(capture)
    assert (last["messages"], last["snapshots"], last["early"]) == (len(frames), 10, 0)
    assert last["proved"] + last["unproved"] + last["bad"] == books
    assert (last["bad"], last["skipped"]) == (steps[-1].books[9].state == "STALE", 0)
    assert [book.state for book in steps[-1].books[:9]] == ["LIVE"] * 9


def test_records_and_state_are_the_same_bytes_everywhere(board_model, products):
    frames = [frame for frame, _ in products["PI_LTCUSD"]]
    records = assert_same_everywhere(frames, pairs=["PI_LTCUSD"], **_FUTURES)
    assert records.count(b'"k":"book"') > 10 and records.startswith(b'{"k":"state"')


def test_real_frames_of_2026(play, feeds):
    """No book was asked for there but one delta, which comes early."""
    frames = (feeds / "frames" / "futures_v1_frames_2026.jsonl").read_bytes().splitlines()
    steps = play(frames, pairs=["PF_XBTUSD"], **_FUTURES)
    kinds = {
        "info": OTHER, "subscribed": OTHER, "alert": OTHER, "challenge": OTHER,
        "ticker": MARKET, "trade": MARKET, "book": BOOK, "heartbeat": HEARTBEAT,
        "candles_trade_1m_snapshot": OTHER,
    }  # fmt: skip
    for frame, step in zip(frames, steps, strict=True):
        message = json.loads(frame)
        assert step.kind == kinds[message.get("event") or message["feed"]]
    assert steps[-1].counters["early"] == 1 and not any(step.lines for step in steps)
