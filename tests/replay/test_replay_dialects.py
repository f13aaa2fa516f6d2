"""`inkling replay` of spot v1 and futures v1: the board's records, every proof, and one dialect at a time."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from firmware import config
from host.boardmodel.model import run_script
from host.captures import open_bytes
from host.exchange.recording import record_market
from host.replay.engine import Engine

PROGRAM = Path(__file__).parent / "programs" / "board_records.py"
CHANNELS = {
    "spot_v2": ["ticker", "trade", "ohlc"],
    "spot_v1": ["ticker", "trade", "ohlc", "spread"],
    "futures_v1": ["ticker", "trade"],
}
# The records that books alone give; contagion is rare.
BOOKS = {"state", "signal", "book", "vol", "corr", "flow", "depth"}
V1, FUTURES = "KRAKEN.ws.50.0", "KRAKEN_FUTURES.ws.1.0"
# What only the updates of a book have, as the local Kraken spells them.
UPDATE = {
    "spot_v2": b'"channel":"book","type":"update"',
    "spot_v1": b'"c":"',
    "futures_v1": b'"feed":"book","product_id":',
}
ETHER = {"spot_v2": "ETH/USD", "spot_v1": "ETH/USD", "futures_v1": "PF_ETHUSD"}
PAIRS = {
    dialect: ["PF_XBTUSD", "PF_XDGUSD", "PF_ETHUSD"]
    if dialect == "futures_v1"
    else ["BTC/USD", "DOGE/USD", "ETH/USD"]
    for dialect in CHANNELS
}


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """`recording(dialect)`: half a minute of three pairs, with every channel, as the local Kraken serves them."""
    folder = tmp_path_factory.mktemp("recordings")

    def recording(dialect):
        path = folder / f"{dialect}.feed"
        if not path.exists():
            record_market(
                path,
                seconds=30,
                symbols=("BTC/USD", "DOGE/USD", "ETH/USD"),
                dialect=dialect,
                channels=("book", *CHANNELS[dialect]),
            )
        return path

    return recording


@pytest.fixture(params=CHANNELS)
def dialect(request):
    return request.param


def replay(*args):
    done = subprocess.run(
        [sys.executable, "-m", "host.cli", "replay", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    # Whoever is the first after a change compiles, and says so.
    lines = done.stderr.splitlines(keepends=True)
    done.stderr = "".join(line for line in lines if not line.startswith("inkling: compiling"))
    return done


def replayed(lines, dialect, depth=None, pairs=None, size=None, **given):
    """The records of these lines, fed `size` at a time, and the engine behind them."""
    engine = Engine(config.check({"dialect": dialect, **given}), pairs, depth)
    size = size or len(lines)
    fed = [b"".join(lines[at : at + size]) for at in range(0, len(lines), size)]
    return b"".join(bytes(part) for some in fed for part in engine.feed(some)), engine


def lines_of(path):
    return b"".join(open_bytes(path)).splitlines(keepends=True)


def check(done, says, status=2):
    assert done.returncode == status
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr


def test_every_recorded_v1_checksum_is_proved(feeds):
    done = replay(feeds / "cryptofeed" / V1, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["dialect"] == "spot_v1"
    assert (summary["messages"], summary["proved"], summary["failed"]) == (4321, 4269, 0)
    assert (summary["snapshots"], summary["heartbeats"], summary["market"]) == (10, 31, 0)
    pairs = summary["pairs"]
    assert {"BTC/CHF", "ADA/BTC", "OCEAN/BTC"} <= {pair["symbol"] for pair in pairs}
    assert {(pair["depth"], pair["state"], pair["why"]) for pair in pairs} == {
        (1000, "LIVE", None)
    }
    assert sum(pair["proved"] for pair in pairs) == 4269 == sum(p["updates"] for p in pairs) - 10


def test_every_recorded_delta_of_futures_is_in_order(feeds):
    done = replay(feeds / "cryptofeed" / FUTURES)
    assert done.returncode == 0, done.stderr
    assert "7,014 sequence numbers in order, 0 failed" in done.stdout
    assert "checksum" not in done.stdout
    assert "10 snapshots besides" in done.stdout
    assert done.stdout.count("1000") == 10 == done.stdout.count("LIVE")


def test_what_proves_no_snapshot_is_not_called_proved(feeds):
    _, engine = replayed(lines_of(feeds / "cryptofeed" / V1), "spot_v1")
    assert (engine.proved, engine.taken, engine.counter(1)) == (4269, 10, 4279)
    v2 = lines_of(feeds / "python-kraken-sdk" / "orderbook-v2.jsonl")
    _, engine = replayed(v2, "spot_v2")
    assert (engine.proved, engine.taken) == (510, 0)


def test_the_board_says_the_very_same(board_model, recording, dialect, tmp_path):
    path = recording(dialect)
    settings = config.check(
        {"dialect": dialect, "channels": CHANNELS[dialect], "pairs": PAIRS[dialect]}
    )
    (tmp_path / "settings").write_text(json.dumps(settings))
    told = run_script(PROGRAM, tmp_path / "settings", path)
    told = told.encode() if isinstance(told, str) else told
    depth = settings["depth"] if dialect == "futures_v1" else None
    # What looks across pairs depends on which there are, and on their order.
    records, engine = replayed(
        lines_of(path), dialect, depth, PAIRS[dialect], channels=CHANNELS[dialect]
    )
    assert records.splitlines() == told.splitlines()
    kinds = {json.loads(line)["k"] for line in records.splitlines()}
    wanted = {"ticker": "tick"}
    channels = {wanted.get(channel, channel) for channel in CHANNELS[dialect]}
    assert kinds == BOOKS | channels
    assert (engine.counter(2), engine.market_skipped, engine.early) == (0, 0, 0)
    assert sorted(pair.symbol for pair in engine.pairs) == sorted(PAIRS[dialect])


def test_only_books_where_no_channel_is_wanted(recording, dialect):
    path = recording(dialect)
    records, engine = replayed(lines_of(path), dialect)
    assert {json.loads(line)["k"] for line in records.splitlines()} == BOOKS
    assert engine.market == engine.market_skipped == engine.early == 0


def test_channels_are_asked_for_or_come_with_a_board_s_settings(recording, dialect, tmp_path):
    path = recording(dialect)
    asked = replay(path, "--records", "--channels", "trade")
    assert asked.returncode == 0, asked.stderr
    kinds = [json.loads(line)["k"] for line in asked.stdout.splitlines()]
    assert set(kinds) == BOOKS | {"trade"}
    assert f"{kinds.count('trade'):,} records of other channels" in asked.stderr
    config_json = tmp_path / "config.json"
    config_json.write_text(json.dumps({"dialect": dialect, "channels": ["trade"]}))
    assert replay(path, "--records", "--config", config_json).stdout == asked.stdout


def test_a_channel_that_is_none_is_one_line(recording):
    path = recording("futures_v1")
    check(replay(path, "--channels", "candles"), "a list of ticker, trade, ohlc, spread")
    check(replay(path, "--channels", "spread"), "futures_v1 has no spread")


def test_trades_without_a_book_are_followed_by_their_acknowledgement(feeds):
    path = feeds / "cryptofeed" / "KRAKEN.ws.48.0"
    done = replay(path, "--channels", "trade", "--records")
    assert done.returncode == 0, done.stderr
    pairs = {json.loads(line)["p"] for line in done.stdout.splitlines()}
    assert pairs > {"XMR/USD"} and not any("XBT" in pair for pair in pairs)
    check(replay(path), "no book in it")


def test_rows_of_pairs_that_nobody_told_of_are_counted(feeds):
    lines = [
        line for line in lines_of(feeds / "cryptofeed" / "KRAKEN.ws.48.0") if b'"ev' not in line
    ]
    records, engine = replayed(lines, "spot_v1", channels=["trade"])
    assert records == b"" and engine.market_skipped > 5 and engine.early == 0
    records, engine = replayed(lines, "spot_v1", channels=["trade"], pairs=["XMR/USD"])
    assert engine.market == len(records.splitlines()) > 1


def test_no_acknowledgement_is_needed_for_a_book(recording, dialect, tmp_path):
    """The snapshot tells the pair, and in v1 the depth; the file is named anyhow, and packed."""
    lines = lines_of(recording(dialect))
    words = (b'"event":', b'"method":', b'"channel":"status"')
    bare = [line for line in lines if not any(word in line for word in words)]
    assert len(bare) < len(lines)
    packed = tmp_path / "capture"
    packed.write_bytes(gzip.compress(b"".join(bare)))
    summary = json.loads(replay(packed, "--json").stdout)
    assert (summary["dialect"], summary["failed"]) == (dialect, 0)
    assert summary["proved"] > 500
    assert {pair["depth"] for pair in summary["pairs"]} == {1000 if "futures" in dialect else 10}


def test_nothing_depends_on_where_a_chunk_ends(recording, dialect):
    """Not even with updates before their snapshot, and two connections one after the other."""
    lines = lines_of(recording(dialect))[:1500]
    updates = [line for line in lines if UPDATE[dialect] in line and b"ETH" in line]
    lines = [*updates[:3], *lines, *lines]
    found = []
    for size in (1, 7, len(lines)):
        records, engine = replayed(lines, dialect, size=size, channels=CHANNELS[dialect])
        found.append((records, engine.early, engine.market, engine.taken, engine.pairs))
    assert found[0] == found[1] == found[2]
    assert found[0][1] == 3 and found[0][0]


def test_one_dialect_at_a_time(recording, dialect):
    for other in sorted(CHANNELS.keys() - {dialect}):
        words = f"of Kraken's {other.replace('_', ' ')}, but "
        done = replay(recording(dialect), recording(other))
        check(done, words)
        assert done.stdout == ""


def test_a_dialect_by_force(recording, dialect):
    other = "spot_v1" if dialect != "spot_v1" else "spot_v2"
    done = replay(recording(dialect), "--dialect", other)
    check(done, f"this is Kraken's {dialect.replace('_', ' ')}")


def test_what_is_missing_is_seen_and_the_others_stay_proved(recording, dialect):
    """A message is gone: its checksum or its number is the next one's proof that something is missing."""
    lines = lines_of(recording(dialect))
    name = ETHER[dialect].encode()
    mine = [n for n, line in enumerate(lines) if UPDATE[dialect] in line and name in line]
    # The update itself stays, with another quantity; of futures it goes.
    at = mine[20]
    key = {"spot_v2": b'"qty":', "spot_v1": b'[["'}.get(dialect)
    lines[at] = b"\n" if key is None else lines[at].replace(key, key + b"1", 1)
    _, engine = replayed(lines, dialect)
    why = "sequence" if dialect == "futures_v1" else "checksum"
    assert {pair.symbol: (pair.bad, pair.state, pair.why) for pair in engine.pairs} == {
        pair: (1, "STALE", why) if pair == ETHER[dialect] else (0, "LIVE", None)
        for pair in PAIRS[dialect]
    }
    # Nothing behind it is called proved, for no new snapshot came.
    stale = next(pair for pair in engine.pairs if pair.bad)
    snapshots = 0 if dialect == "spot_v2" else 1
    assert stale.proved == stale.updates - snapshots - 1
    assert engine.counter(10) == len(mine) - 21 - (key is None) > 0


def test_a_gap_is_status_1_and_told(recording, tmp_path):
    lines = lines_of(recording("futures_v1"))
    gone = next(n for n, line in enumerate(lines) if UPDATE["futures_v1"] in line)
    path = tmp_path / "gap.feed"
    path.write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))
    done = replay(path)
    assert done.returncode == 1
    assert "1 failed" in done.stdout and "STALE (sequence)" in done.stdout


def test_pairs_by_any_spelling(recording, dialect):
    path = recording(dialect)
    asked = "pf_btcusd" if dialect == "futures_v1" else "XBT/USD,XDG/USD"
    wanted = PAIRS[dialect][:1] if dialect == "futures_v1" else PAIRS[dialect][:2]
    summary = json.loads(replay(path, "--json", "--pairs", asked).stdout)
    assert [pair["symbol"] for pair in summary["pairs"]] == wanted
    check(replay(path, "--pairs", "nonsense"), "pairs must be")


def test_a_pair_beside_deeper_ones(feeds):
    """What nobody wants may be larger than what is wanted, and is no malformed frame for that."""
    _, engine = replayed(lines_of(feeds / "cryptofeed" / V1), "spot_v1", pairs=["KSM/BTC"])
    assert engine.malformed == engine.early == 0
    assert [(pair.symbol, pair.proved) for pair in engine.pairs] == [("KSM/BTC", 335)]


def test_another_depth_than_the_recorded_one(feeds):
    """A v1 book that is cut to fewer levels fails where the feed does not repeat what moves up into sight."""
    done = replay(feeds / "cryptofeed" / V1, "--depth", 25)
    check(done, "--depth 25, but the feed of ", status=1)
    assert "STALE (checksum)" in done.stdout
    whole = replay(feeds / "cryptofeed" / FUTURES, "--depth", 100)
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "7,014 sequence numbers in order" in whole.stdout
    done = replay(feeds / "cryptofeed" / FUTURES, "--depth", 10)
    check(done, "PI_ETHUSD ran out of levels", status=1)
    assert "STALE (thin)" in done.stdout
