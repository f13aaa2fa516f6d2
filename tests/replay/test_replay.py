"""`inkling replay`: what it prints, its exit status, and one line for every bad input."""

import gzip
import json
import subprocess
import sys

import pytest

from host.exchange.recording import record_market
from host.replay.engine import Engine

SECONDS = 30


def replay(*args):
    done = subprocess.run(
        [sys.executable, "-m", "host.cli", "replay", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    # Whoever is the first after a change compiles, and says so.
    lines = done.stderr.splitlines(keepends=True)
    done.stderr = "".join(line for line in lines if not line.startswith("inkling: compiling"))
    return done


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
    kinds = {"state", "signal", "book", "vol", "corr", "flow", "depth"}
    assert {json.loads(line)["k"] for line in lines} == kinds
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


def snapshot(symbol, **more):
    data = {"symbol": symbol, "bids": [], "asks": [], "checksum": 0, **more}
    return json.dumps({"channel": "book", "type": "snapshot", "data": [data]}).encode() + b"\n"


def starts_with_updates(feed):
    """Its lines, with seven updates of ETH/USD put before their snapshot."""
    lines = feed.read_bytes().splitlines(keepends=True)
    updates = [line for line in lines if b'"update"' in line and b"ETH/USD" in line]
    return [*updates[:3], *lines[:4], *updates[3:7], *lines[4:]]


def test_updates_before_their_snapshot_are_told_and_the_rest_is_replayed(feed, tmp_path):
    path = written(tmp_path, b"".join(starts_with_updates(feed)))
    done = replay(path)
    assert "checksums proved, 0 failed" in done.stdout
    check(done, "7 updates came before their snapshot and were not used")
    check(replay(path, "--pairs", "ETH/USD"), "7 updates came before their snapshot")
    assert replay(path, "--pairs", "BTC/USD").returncode == 0


@pytest.mark.parametrize("pairs", [None, ["ETH/USD"], ["BTC/USD"]])
def test_nothing_depends_on_where_a_chunk_ends(feed, pairs):
    lines = starts_with_updates(feed)
    found = []
    for size in (1, 3, len(lines)):
        engine = Engine(pairs=pairs)
        records = b"".join(
            bytes(part)
            for at in range(0, len(lines), size)
            for part in engine.feed(b"".join(lines[at : at + size]))
        )
        found.append((records, engine.early, engine.pairs))
    assert found[0] == found[1] == found[2]
    assert found[0][1] == (0 if pairs == ["BTC/USD"] else 7)


def test_lines_not_of_a_feed_are_counted_and_the_first_is_named(feed, tmp_path):
    lines = feed.read_bytes().splitlines(keepends=True)
    path = written(
        tmp_path,
        b"".join([*lines[:50], b"hello\n", b"\r\n", b"wss://a <-> 1.5\n1\n", *lines[50:]]),
    )
    done = replay(path)
    assert "checksums proved, 0 failed" in done.stdout
    check(done, f"2 lines not of a feed, the first in {path} line 51")


def test_a_malformed_frame_is_named_by_its_file_and_line(feed, tmp_path):
    lines = feed.read_bytes().splitlines(keepends=True)
    (tmp_path / "a.feed").write_bytes(b"".join(lines[:100]))
    second = tmp_path / "b.feed"
    second.write_bytes(b"".join([*lines[100:120], b'{"channel":"book",x}\n', *lines[120:]]))
    check(
        replay(tmp_path / "a.feed", second),
        f"1 malformed frame skipped, the first in {second} line 21 (syntax)",
    )


def test_hostile_snapshots_and_acknowledgements_do_no_harm(tmp_path):
    acked = b'{"method":"subscribe","result":{"channel":"%s","depth":%s,"symbol":"A/B","snapshot":true}}\n'
    data = [
        snapshot("[red]\x1b[2J"),
        snapshot("A/C", bids=5, asks={}),
        snapshot("x" * 20) + snapshot("\u20ac/USD") + snapshot("A B"),
        b'{"channel":"book","type":"snapshot","data":' + b"[" * 100_000 + b"\n",
        acked % (b"level3", b"1000") + acked % (b"book", b"[10]") + acked % (b"book", b"25"),
        snapshot("A/B"),
    ]
    done = replay(written(tmp_path, b"".join(data)))
    assert "A/B      25" in done.stdout and "\x1b" not in done.stdout
    check(done, "4 pairs not followed: no pair of Kraken has such a name")


def test_more_pairs_than_there_is_room_for(tmp_path):
    path = written(tmp_path, b"".join(snapshot(f"P{n}/USD") for n in range(260)))
    check(replay(path), "5 pairs not followed: replay follows 255 at a time; choose with --pairs")
    assert replay(path, "--pairs", "P259/USD").returncode == 0


def test_a_failed_checksum_is_status_1_and_a_strange_depth_is_pointed_out(feed):
    done = replay(feed, "--depth", 25)
    assert done.returncode == 1
    assert " failed, " in done.stdout and " 0 failed" not in done.stdout
    says = "--depth 25, but the feed of BTC/USD, ETH/USD, BTC/EUR is of depth 10"
    assert says in done.stderr
    assert replay(feed, "--depth", 10).stderr == ""


def test_output_that_cannot_be_written_is_one_line(feed):
    for more in ("", "--records"):
        command = f"{sys.executable} -m host.cli replay {feed} {more}"
        for place, says in (
            (">/dev/full", "No space left on device"),
            (">&-", "output is closed"),
        ):
            done = subprocess.run(
                command + place, shell=True, stderr=subprocess.PIPE, text=True, check=False
            )
            summary_besides = [line for line in done.stderr.splitlines() if "cannot write" in line]
            assert len(summary_besides) == 1 and says in summary_besides[0]
            assert done.returncode == 2 and "Traceback" not in done.stderr


def check(done, says):
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
