"""The same frames give the same record lines: the board model over TLS, CPython over TLS, and `inkling replay`."""

import json
import sys

import pytest
from running import board

from host import ROOT

sys.path += [str(ROOT / "tests" / "kernels"), str(ROOT / "tests" / "meaning")]

import planted_feed

from host.captures import open_bytes
from host.exchange.clock import FULL_SPEED
from host.exchange.player import Player
from host.exchange.recording import record_market
from host.exchange.thread import exchange_in_thread
from host.replay.engine import Engine

PAIRS = ["BTC/USD", "ETH/USD", "BTC/EUR"]
_LONG_S = 2200  # of the seeded market: more than 100,000 messages
_EARLY = 40_000  # messages, two seconds, after which nothing may grow any more
_LEAST_FREE = 6 * 1024
_MOST_ALLOCATED = 1024


def replayed(path, pairs):
    """The record lines of a capture by the host's own runtime, and how many messages it has.

    The pairs are named, in the board's order, because records that look across them depend on both.
    """
    engine = Engine(pairs=pairs)
    text = b"".join(bytes(records) for lines in open_bytes(path) for records in engine.feed(lines))
    return text.splitlines(keepends=True), engine.counter(0)


def played(folder, path, pairs, last, **options):
    """A board that has heard the whole capture: its line until the record `last` came."""
    with (
        exchange_in_thread(Player(path), speed=FULL_SPEED) as exchange,
        # What moves in 50 ms of this speed is minutes of the market: nothing to be watched.
        board(folder, exchange, pairs=pairs, delta_threshold=0, **options) as running,
    ):
        running.until(lambda record: record == last, timeout_s=120)
        # One health record more: what the board has to say of itself after the last message.
        running.until(lambda record: record["k"] == "health")
        return running


def test_planted_effects(tmp_path_factory):
    """Three pairs, one of which leads another through a shock: every record of what looks across them."""
    path = tmp_path_factory.mktemp("feed") / "planted.feed"
    planted_feed.write(path, before=300, shock=100, after=120)
    lines, _ = replayed(path, PAIRS)
    running = played(tmp_path_factory.mktemp("flash"), path, PAIRS, json.loads(lines[-1]))
    assert running.market_lines()[: len(lines)] == lines
    kinds = {"state", "book", "signal", "vol", "corr", "flow", "depth", "contagion"}
    assert {json.loads(line)["k"] for line in lines} == kinds
    assert b"".join(lines).count(b'"why":"leader"') > 1


@pytest.mark.parametrize("on_cpython", [False, True], ids=["board model", "cpython"])
def test_the_recorded_kraken_feed(feeds, tmp_path, on_cpython):
    path = feeds / "python-kraken-sdk" / "orderbook-v2.jsonl"
    lines, _ = replayed(path, ["BTC/USD"])
    running = played(tmp_path, path, ["BTC/USD"], json.loads(lines[-1]), on_cpython=on_cpython)
    assert running.market_lines()[: len(lines)] == lines


def test_a_hundred_thousand_messages_of_three_pairs_in_56_kilobytes(tmp_path_factory):
    path = tmp_path_factory.mktemp("feed") / "market.feed"
    record_market(path, seconds=_LONG_S)
    lines, messages = replayed(path, PAIRS)
    assert messages > 100_000
    running = played(tmp_path_factory.mktemp("flash"), path, PAIRS, json.loads(lines[-1]))
    assert running.market_lines()[: len(lines)] == lines

    healths = running.records("health")
    links = running.records("link")
    assert healths[-1]["bad"] == healths[-1]["drop"] == links[-1]["re"] == 0
    late = [health["free"] for health in healths if health["n"] > _EARLY]
    assert len(late) > 2
    assert min(late) >= _LEAST_FREE
    assert late[-1] >= late[0], "the heap has grown"
    # null: a call's frame, which MicroPython takes from the heap and gives back, was counted before.
    told = zip(links, healths, strict=False)  # a link record comes first
    taken = [link["alloc"] or 0 for link, health in told if health["n"] > _EARLY]
    assert sum(taken) < _MOST_ALLOCATED
