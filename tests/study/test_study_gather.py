"""What a study takes from feeds: the same as the records say, no outcome across a gap, files in order."""

import json

import numpy as np
import pytest

from firmware import config
from host import captures
from host.errors import UserError
from host.exchange.recording import DEFAULT_START_S, record_market
from host.study.gather import engine_for, gather
from host.study.outcomes import moves

SECONDS = 90
SYMBOLS = ("BTC/USD", "ETH/USD", "BTC/EUR")


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    path = tmp_path_factory.mktemp("feed") / "market.feed"
    record_market(path, seconds=SECONDS)
    return path


def told(path):
    """The book records of each pair, and all signals with that of their message, by a JSON parser."""
    books = {symbol: [] for symbol in SYMBOLS}
    signals = []
    engine = engine_for()
    for lines in captures.open_bytes(path):
        for records in engine.feed(lines):
            for line in bytes(records).splitlines():
                record = json.loads(line)
                if record["k"] == "book":
                    books[record["p"]].append(record)
                elif record["k"] == "signal" and record["side"] != "FLAT":
                    signals.append((record, books[record["p"]][-1]))
    return books, signals


def later_mid(books, time_ms):
    """The mid that was published last up to then."""
    known = [book for book in books if book["t"] <= time_ms]
    return (known[-1]["b"] + known[-1]["a"]) / 2


def test_the_columns_say_what_the_records_say(feed, gathered):
    books, signals = told(feed)
    recording = gathered(feed)
    assert sorted(recording.pairs) == sorted(SYMBOLS)
    for pair, quotes in zip(recording.pairs, recording.quotes, strict=True):
        mids = [(book["b"] + book["a"]) / 2 for book in books[pair]]
        last = dict(zip([book["t"] for book in books[pair]], mids, strict=True))
        ours = dict(zip(quotes.times_ms.tolist(), quotes.mids.tolist(), strict=True))
        assert ours.keys() <= last.keys()
        assert all(last[time] == pytest.approx(mid, rel=1e-15) for time, mid in ours.items())
        assert not quotes.gaps.any()
    found = recording.signals
    assert len(found) == len(signals) > 50
    signals.sort(key=lambda told: told[0]["t"])
    books = [book for _, book in signals]
    signals = [signal for signal, _ in signals]
    assert found.times_ms.tolist() == [signal["t"] for signal in signals]
    assert found.times_ms.tolist() == [book["t"] for book in books]
    assert found.imbalance.tolist() == [book["i"] for book in books]
    assert found.is_led.tolist() == [signal["why"] == "leader" for signal in signals]
    assert found.confidence.tolist() == [signal["c"] for signal in signals]
    sides = [{"BUY": 1, "SELL": -1}[signal["side"]] for signal in signals]
    assert found.side.tolist() == sides
    assert (found.side * found.imbalance > 0).all()
    # A signal's price is that on the far side of the spread.
    half = found.half_spread_bps / 1e4 * found.mids
    prices = [signal["px"] for signal in signals]
    assert (found.mids + found.side * half).tolist() == pytest.approx(prices, rel=1e-12)
    assert (2 * found.half_spread_bps).tolist() == pytest.approx(
        [book["s"] for book in books], abs=1e-4
    )


@pytest.mark.parametrize("horizon_ms", [1, 100, 7000])
def test_a_move_is_that_of_the_published_mids(feed, gathered, horizon_ms):
    books, _ = told(feed)
    recording = gathered(feed)
    found = recording.signals
    ours = moves(recording, horizon_ms)
    for at in range(len(found)):
        time_ms = int(found.times_ms[at]) + horizon_ms
        if time_ms > recording.end_ms:
            assert np.isnan(ours[at])
            continue
        mid = later_mid(books[recording.pairs[found.pair[at]]], time_ms)
        expected = found.side[at] * (mid / found.mids[at] - 1) * 1e4
        assert ours[at] == pytest.approx(expected, abs=1e-9)


def test_what_ends_after_the_recording_has_no_outcome(feed, gathered):
    recording = gathered(feed)
    assert np.isnan(moves(recording, SECONDS * 1000)).all()
    last = recording.signals.times_ms + 30_000 > recording.end_ms
    assert (np.isnan(moves(recording, 30_000)) == last).all()
    assert last.any()
    assert not last.all()


def test_where_the_book_was_not_live_there_is_no_outcome(feed, tmp_path):
    lines = feed.read_bytes().splitlines(keepends=True)
    updates = [n for n, line in enumerate(lines) if b'"update"' in line and b"ETH/USD" in line]
    at = updates[len(updates) // 2]
    lines[at] = lines[at].replace(b'"qty":', b'"qty":1', 1)
    broken_ms = int(float(lines[at].split(b":")[0]) * 1000)
    path = tmp_path / "damaged.feed"
    path.write_bytes(b"".join(lines))
    engine = engine_for()
    recording, _ = gather(engine, [captures.open_bytes(path)], lambda done: None)
    signals = recording.signals
    after = moves(recording, 2000)
    is_eth = signals.pair == recording.pairs.index("ETH/USD")
    # A book that lost its proof gives no signal, and none before it reaches beyond.
    assert signals.times_ms[is_eth].max() < broken_ms
    assert np.isnan(after[is_eth & (signals.times_ms + 2000 > broken_ms + 5)]).all()
    assert np.isfinite(after[is_eth & (signals.times_ms + 2000 < broken_ms - 5)]).all()
    in_time = signals.times_ms + 2000 <= recording.end_ms
    assert np.isfinite(after[~is_eth & in_time]).all()


def test_a_book_that_is_live_again_is_studied_again(feed, tmp_path):
    lines = feed.read_bytes().splitlines(keepends=True)
    at = max(n for n, line in enumerate(lines) if b'"update"' in line and b"ETH/USD" in line)
    lines[at] = lines[at].replace(b'"qty":', b'"qty":1', 1)
    damaged, late = tmp_path / "damaged.feed", tmp_path / "later.feed"
    damaged.write_bytes(b"".join(lines))
    record_market(late, seconds=SECONDS, start_s=DEFAULT_START_S + SECONDS)
    opened = [captures.open_bytes(path) for path in (damaged, late)]
    recording, _ = gather(engine_for(), opened, lambda done: None)
    signals = recording.signals
    later = signals.times_ms > (DEFAULT_START_S + SECONDS + 1) * 1000
    later &= signals.times_ms + 1000 <= recording.end_ms
    for pair in range(len(SYMBOLS)):
        assert np.isfinite(moves(recording, 1000)[later & (signals.pair == pair)]).all()
        assert (later & (signals.pair == pair)).sum() > 5


def test_a_new_snapshot_is_a_gap(feed, gathered, tmp_path):
    late = tmp_path / "later.feed"
    record_market(late, seconds=SECONDS, start_s=DEFAULT_START_S + SECONDS + 20)
    recording = gathered(feed, late)
    signals = recording.signals
    boundary_ms = (DEFAULT_START_S + SECONDS) * 1000
    after = moves(recording, 25_000)
    crosses = (signals.times_ms < boundary_ms) & (signals.times_ms + 25_000 > boundary_ms)
    assert crosses.any()
    assert np.isnan(after[crosses]).all()
    later = (signals.times_ms > boundary_ms) & (signals.times_ms + 25_000 <= recording.end_ms)
    assert np.isfinite(after[later]).all()
    assert later.any()


def test_a_feed_cut_in_two_files_is_one_feed(feed, gathered, tmp_path):
    lines = feed.read_bytes().splitlines(keepends=True)
    first, second = tmp_path / "a.feed", tmp_path / "b.feed"
    first.write_bytes(b"".join(lines[:700]))
    second.write_bytes(b"".join(lines[700:]))
    whole, parts = gathered(feed), gathered(first, second)
    assert np.array_equal(moves(whole, 1000), moves(parts, 1000), equal_nan=True)


@pytest.mark.parametrize("order", ["twice", "turned round"])
def test_files_that_go_back_in_time_are_refused(feed, tmp_path, order):
    late = tmp_path / "later.feed"
    record_market(late, seconds=20, start_s=DEFAULT_START_S + SECONDS)
    paths = [feed, feed] if order == "twice" else [late, feed]
    opened = [captures.open_bytes(path) for path in paths]
    with pytest.raises(UserError, match=r"market\.feed: .* goes back in time"):
        gather(engine_for(), opened, lambda done: None)


def test_a_damaged_file_is_studied_up_to_the_damage(feed, tmp_path):
    path = tmp_path / "cut.feed"
    path.write_bytes(feed.read_bytes()[:-60])
    recording, complaint = gather(engine_for(), [captures.open_bytes(path)], lambda done: None)
    assert "ends in the middle of a frame" in str(complaint)
    assert len(recording.signals) > 50


@pytest.mark.parametrize("name", ["cryptofeed/KRAKEN.ws.50.0", "cryptofeed/KRAKEN_FUTURES.ws.1.0"])
def test_real_feeds_of_the_other_dialects(feeds, name):
    path = feeds / name
    dialect = captures.dialect(path)
    engine = engine_for(config.check({"dialect": dialect, "spread_threshold_bps": 50.0}))
    recording, complaint = gather(engine, [captures.open_bytes(path)], lambda done: None)
    assert complaint is None
    assert len(recording.pairs) > 5
    assert len(recording.signals) > 10
    known = np.isfinite(moves(recording, 100))
    assert known.mean() > 0.9
    assert 5_000 < recording.end_ms - recording.begin_ms < 3_600_000
