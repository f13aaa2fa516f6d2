"""Kraken's own v1 bytes: the published examples, 4,269 real checksums, real trades, tickers and events."""

import json
from collections import Counter

import pytest
import v1_spelling
from agreement import Follower, assert_same_everywhere
from runtimes import BOOK, HEARTBEAT, MARKET, OTHER, counted, player
from v1_reference import Feed, read

from host.exchange.recording import record_market

V1 = {"dialect": "spot_v1"}
DEPTH = 1000  # that the capture was subscribed to
EXAMPLES = ["v1", "v2"]  # the same checksum, over other decimals


@pytest.fixture(scope="module")
def example(feeds):
    """Asks, bids and checksum of a worked example that Kraken has published."""
    known = json.loads((feeds / "docs" / "worked_examples.json").read_bytes())

    def levels(name):
        return [[tuple(level) for level in known[name][side]] for side in ("bids", "asks")]

    return lambda name: (*levels(name), known[name]["crc"])


@pytest.fixture(scope="module")
def capture(feeds):
    """`capture(number)`: the frames of one of three connections of 30 seconds."""
    return lambda number: frames_of(feeds / "cryptofeed" / f"KRAKEN.ws.{number}.0")


def frames_of(file):
    lines = [line for line in file.read_bytes().splitlines() if line and line[:3] != b"wss"]
    return [line.split(b": ", 1)[1] for line in lines]


@pytest.fixture(scope="module")
def books(capture):
    """The frames of the books alone."""
    return [frame for frame in capture(50) if frame.startswith(b"[")]


def shown(frame):
    return json.loads(frame)[-1].replace("XBT", "BTC")


def pairs_of(frames):
    return sorted({shown(frame) for frame in frames})


def told(bids, asks, checksum):
    """A v1 snapshot carries no checksum: the level that is missing in it comes with one."""
    return [
        v1_spelling.kraken("snapshot", "BTC/USD", bids, asks[1:]),
        v1_spelling.kraken("update", "BTC/USD", [], asks[:1], checksum),
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_published_examples_prove(play, example, name):
    bids, asks, checksum = example(name)
    snapshot, update = play(told(bids, asks, checksum), **V1)
    assert (snapshot.kind, update.kind) == (BOOK, BOOK)
    assert (update.books[0].state, update.counters["bad"]) == ("LIVE", 0)
    assert len(update.books[0].asks) == len(update.books[0].bids) == 10


@pytest.mark.parametrize("bit", range(0, 32, 3))
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_other_checksum_proves_them(play_on_host, example, name, bit):
    bids, asks, checksum = example(name)
    steps = play_on_host(told(bids, asks, checksum ^ 1 << bit), **V1)
    assert [step.books[0].state for step in steps] == ["LIVE", "STALE"]
    assert steps[1].books[0].why == "checksum"


def test_every_recorded_v1_checksum_proves(capture):
    frames = capture(50)
    pairs = pairs_of(frame for frame in frames if frame.startswith(b"["))
    kinds, counters = counted(frames, pairs=pairs, depth=DEPTH, **V1)
    assert len(pairs) == 10
    assert Counter(kinds) == {BOOK: 10 + 4269, HEARTBEAT: 31, OTHER: 11}
    assert (counters["proved"], counters["snapshots"], counters["bad"]) == (10 + 4269, 10, 0)
    assert (counters["skipped"], counters["unproved"], counters["heartbeats"]) == (0, 0, 31)


def test_kraken_prints_all_levels_of_a_pair_alike(books):
    """So that the checksum of values with the pair's decimals is the one of the numbers as printed."""
    decimals = {}
    for frame in books:
        _, (element,) = read(frame)
        for level in element.printed[0] + element.printed[1]:
            told = decimals.setdefault(element.symbol, set())
            told.add(tuple(len(number.split(".")[1]) for number in level))
    assert all(len(told) == 1 for told in decimals.values())
    assert len({told.pop() for told in decimals.values()}) > 3  # but not all pairs


def test_the_reference_proves_them_from_the_printed_numbers(books):
    feed = Feed(pairs_of(books), DEPTH)
    proved = 0
    for frame in books:
        kind, (element,) = read(frame)
        book = feed.books[feed.names.index(element.symbol)]
        book.apply(kind, element)
        if element.checksum is not None:
            proved += book.printed_checksum() == element.checksum
    assert proved == 4269


@pytest.mark.parametrize("pair", ["GRT/ETH", "OCEAN/BTC"])
def test_the_books_of_a_recorded_pair_are_the_reference_s(play, books, pair):
    frames = [frame for frame in books if shown(frame) == pair]
    steps = play(frames, pairs=[pair], depth=DEPTH, book_interval_ms=0, **V1)
    assert steps[-1].counters["proved"] == len(frames)
    follower = Follower([pair], DEPTH, Feed)
    for frame, step in zip(frames, steps, strict=True):
        follower.assert_agrees(frame, step)


def test_v1_records_and_state_are_the_same_bytes_everywhere(board_model, books):
    frames = [frame for frame in books if shown(frame) == "OCEAN/BTC"]
    records = assert_same_everywhere(frames, pairs=["OCEAN/BTC"], depth=DEPTH, **V1)
    assert records.count(b'"k":"book"') > 10


@pytest.mark.parametrize("depth", [10, 25])
def test_cut_to_another_depth_they_need_not_prove(books, depth):
    """The exchange sends again what moves into sight, but into the sight that was subscribed to.

    This capture's is 1000 levels, so that a book cut to fewer is short of those that have moved up
    from beyond its depth: all it has is right, and something is missing.
    """
    failed = [pair for pair in pairs_of(books) if fails(pair, depth, books)]
    assert failed


def fails(pair, depth, books):
    """Whether the pair's book loses its proof at this depth; it must be for what is missing."""
    uncut = [frame for frame in books if shown(frame) == pair]
    frames = [cut(frame, depth) for frame in uncut]
    states = [
        step.books[0].state for step in player("native")(frames, pairs=[pair], depth=depth, **V1)
    ]
    if "STALE" not in states:
        return False
    at = states.index("STALE")
    whole, short = Feed([pair], DEPTH), Feed([pair], depth)
    for number in range(at + 1):
        whole.take(uncut[number])
        short.take(frames[number])
        if number < at - 1:
            continue
        everything, kept = whole.books[0].levels(), short.books[0].levels()
        missing = [set(all_[:10]) - set(few) for all_, few in zip(everything, kept, strict=True)]
        assert any(missing) == (number == at)
        assert all(set(few) <= set(all_) for all_, few in zip(everything, kept, strict=True))
    return True


def cut(frame, depth):
    """A snapshot as it would have come for this depth; an update as it is."""
    message = json.loads(frame)
    if "as" not in message[1]:
        return frame
    message[1] = {side: levels[:depth] for side, levels in message[1].items()}
    return json.dumps(message, separators=(",", ":")).encode()


@pytest.mark.parametrize("number", [48, 49])
def test_real_trades_and_tickers_are_left_to_others(play, capture, number):
    frames = capture(number)
    steps = play(frames, **V1)
    kinds = {b"[": MARKET, b'{"event":"heartbeat"}': HEARTBEAT}
    wanted = [kinds.get(frame[:1], kinds.get(frame, OTHER)) for frame in frames]
    assert [step.kind for step in steps] == wanted
    assert {MARKET, HEARTBEAT, OTHER} == set(wanted) and wanted.count(MARKET) > 5
    assert not any(step.lines for step in steps)
    assert steps[-1].counters["proved"] == 0


def test_the_local_kraken_s_v1_proves(play, tmp_path):
    """Every channel of it; pairs that v1 spells otherwise are shown as everywhere."""
    pairs = ("BTC/USD", "DOGE/USD")
    channels = ("book", "ticker", "trade", "spread", "ohlc")
    file = tmp_path / "local.feed"
    record_market(file, seconds=20, symbols=pairs, dialect="spot_v1", channels=channels)
    frames = frames_of(file)
    steps = play(frames, pairs=pairs, book_interval_ms=0, **V1)
    follower = Follower(pairs, 10, Feed)
    for frame, step in zip(frames, steps, strict=True):
        if step.kind == BOOK:
            follower.assert_agrees(frame, step)
    assert steps[-1].counters["proved"] == sum(b'"book-10","X' in frame for frame in frames) > 300
    assert (steps[-1].counters["bad"], steps[-1].counters["skipped"]) == (0, 0)
    for channel in channels[1:]:
        mine = [
            step.kind
            for frame, step in zip(frames, steps, strict=True)
            if frame[:1] == b"[" and f',"{channel}'.encode() in frame
        ]
        assert mine and set(mine) == {MARKET}
