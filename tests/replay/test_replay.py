"""`inkling replay`: what it prints, its exit status, and one line for every bad input."""

import gzip
import json
import subprocess
import sys

import pytest

from host.exchange.recording import record_market

SECONDS = 30


def replay(*args):
    return subprocess.run(
        [sys.executable, "-m", "host.cli", "replay", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    path = tmp_path_factory.mktemp("feed") / "market.feed"
    record_market(path, seconds=SECONDS)
    return path


def test_the_recorded_kraken_feed_is_proved_to_the_last_checksum(feeds):
    done = replay(feeds / "python-kraken-sdk" / "orderbook-v2.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["messages"], summary["proved"], summary["failed"]) == (510, 510, 0)
    assert [(p["symbol"], p["depth"], p["state"]) for p in summary["pairs"]] == [
        ("BTC/USD", 10, "LIVE")
    ]


def test_a_person_reads_books_checksums_signals_and_speed(feed):
    done = replay(feed)
    assert done.returncode == 0, done.stderr
    for word in (
        "BTC/USD",
        "ETH/USD",
        "BTC/EUR",
        "LIVE",
        "checksums proved, 0 failed",
        "a second",
    ):
        assert word in done.stdout


def test_records_are_lines_of_json_within_120_bytes(feed):
    done = replay(feed, "--records")
    lines = done.stdout.splitlines()
    assert {json.loads(line)["k"] for line in lines} == {"state", "signal", "book"}
    assert all(len(line) < 120 and line.isascii() for line in lines)
    assert "checksums proved" in done.stderr  # the summary does not get between the records


def test_compressed_and_split_feeds_give_the_same(feed, tmp_path):
    whole = replay(feed, "--records").stdout
    packed = tmp_path / "market.gz"
    packed.write_bytes(gzip.compress(feed.read_bytes()))
    assert replay(packed, "--records").stdout == whole
    lines = feed.read_bytes().splitlines(keepends=True)
    (tmp_path / "a.feed").write_bytes(b"".join(lines[:300]))
    (tmp_path / "b.feed").write_bytes(b"".join(lines[300:]))
    assert replay(tmp_path / "a.feed", tmp_path / "b.feed", "--records").stdout == whole


def test_pairs_can_be_chosen_and_thresholds_taken_from_a_board(feed, tmp_path):
    one = json.loads(replay(feed, "--json", "--pairs", "ETH/USD").stdout)
    assert [pair["symbol"] for pair in one["pairs"]] == ["ETH/USD"]
    (tmp_path / "config.json").write_text('{"imbalance_threshold": 0.95}')
    strict = json.loads(replay(feed, "--json", "--config", tmp_path / "config.json").stdout)
    plain = json.loads(replay(feed, "--json").stdout)
    assert strict["signals"] < plain["signals"]
    assert strict["proved"] == plain["proved"]


def test_a_wrong_checksum_is_counted_and_the_book_waits_for_a_snapshot(feed, tmp_path):
    lines = feed.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b'"update"' in line and b"ETH/USD" in line)
    lines[at] = (
        lines[at].replace(b'"checksum":', b'"checksum":1')[:-1].replace(b"11", b"1") + b"\n"
    )
    damaged = tmp_path / "damaged.feed"
    lines[at] = feed.read_bytes().splitlines(keepends=True)[at].replace(b'"qty":', b'"qty":1', 1)
    damaged.write_bytes(b"".join(lines))
    summary = json.loads(replay(damaged, "--json").stdout)
    states = {pair["symbol"]: (pair["bad"], pair["state"]) for pair in summary["pairs"]}
    assert states == {"BTC/USD": (0, "LIVE"), "ETH/USD": (1, "STALE"), "BTC/EUR": (0, "LIVE")}
    assert summary["unproved"] > 0


def written(tmp_path, data):
    path = tmp_path / "capture"
    path.write_bytes(data)
    return path


def test_bad_input_is_one_line_and_status_2(feed, tmp_path):
    whole = feed.read_bytes()
    updates = b"".join(line for line in whole.splitlines(keepends=True) if b'"update"' in line)
    cases = {
        "no such file": tmp_path / "missing",
        "is a folder": tmp_path,
        "empty": written(tmp_path, b""),
    }
    for says, path in cases.items():
        check(replay(path), says)
    check(replay(written(tmp_path, b"\x00\x01\x02 binary")), "binary")
    check(replay(written(tmp_path, b"hello\nworld\n")), "capture")
    check(replay(written(tmp_path, updates)), "starts with updates")
    check(
        replay(feed, "--pairs", "XRP/USD"),
        "no snapshot of XRP/USD; the feed has BTC/EUR, BTC/USD, ETH/USD",
    )
    (tmp_path / "config.json").write_text('{"depth": 3}')
    check(replay(feed, "--config", tmp_path / "config.json"), "depth must be 10 or 25")


def test_what_stands_before_a_cut_is_not_lost(feed, tmp_path):
    done = replay(written(tmp_path, feed.read_bytes().rpartition(b'"checksum"')[0]))
    assert "checksums proved" in done.stdout
    check(done, "ends in the middle of a frame")


def check(done, says):
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
