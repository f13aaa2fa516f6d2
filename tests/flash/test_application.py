"""The application as flashed: the records of the replay, on a real line, also when the line is too slow."""

import json
import time

import pytest
from flashing import at_prompt

from host.board import ports
from host.captures import open_bytes
from host.exchange.market import Market
from host.exchange.player import Player
from host.exchange.thread import exchange_in_thread
from host.monitor.records import LineSplitter
from host.replay.engine import Engine

MARKET_KINDS = ("book", "signal", "state", "vol", "flow", "depth")
_PLAY_SPEED = 2  # times true speed: about 4 kB/s of records, which the line can take
_MOST_BLOCKED_US = 20_000
_LEAST_FREE = 4608  # with Wi-Fi and littlefs, which the plain board model has not
_OVERLOAD_S = 8


@pytest.fixture
def follow(running, time_server):
    """`follow(exchange, until, **settings)`, see `_follow`: the running board, with the time."""
    there = {"time_host": time_server.host, "time_port": time_server.port}
    return lambda *given, **settings: _follow(running, *given, **there, **settings)


def _follow(kit, exchange, until, timeout_s=60, **settings):
    """Give the running board this exchange, restart it, and return its lines up to the one `until` accepts."""
    config = {
        "host": "localhost",
        "port": exchange.port,
        "health_interval_ms": 1000,
        **settings,
    }
    at_prompt(
        kit,
        f"with open('config.json', 'w') as f: f.write({json.dumps(config)!r})\n"
        f"with open('ca.der', 'wb') as f: f.write({exchange.ca_der!r})\n",
    )
    splitter = LineSplitter()
    lines = []
    deadline = time.monotonic() + timeout_s
    with ports.open_port(kit.url) as port:
        kit.reset()
        while time.monotonic() < deadline:
            for line in splitter.feed(port.read(max(1, port.in_waiting))):
                lines.append(line)
                if line.record and line.record["k"] == "net" and line.record["st"] == "up":
                    kit.world.tx_blocked_us = 0  # from here on the feed is what may not be kept
                if until(line):
                    return lines
    pytest.fail(f"not said within {timeout_s} s; last: {lines[-8:]}")


def test_the_records_are_those_of_the_replay_byte_for_byte(feeds, running, follow):
    path = feeds / "python-kraken-sdk" / "orderbook-v2.jsonl"
    engine = Engine()
    wanted = b"".join(bytes(some) for lines in open_bytes(path) for some in engine.feed(lines))
    wanted = [line for line in wanted.splitlines() if json.loads(line)["k"] in MARKET_KINDS]
    with exchange_in_thread(Player(path), speed=_PLAY_SPEED) as exchange:
        lines = follow(exchange, lambda line: line.raw in wanted[-5:], pairs=["BTC/USD"])
    market = [line.raw for line in lines if line.record and line.record["k"] in MARKET_KINDS]
    # On a busy PC frames come in heaps; what the line cannot take of them then goes, whole.
    left = iter(wanted)
    assert all(line in left for line in market)
    assert len(market) > 0.9 * len(wanted)
    assert running.world.tx_blocked_us < _MOST_BLOCKED_US


def test_an_overloaded_line_drops_whole_records_counts_them_and_never_blocks_the_feed(
    running, follow
):
    pairs = ["BTC/USD", "ETH/USD", "BTC/EUR"]
    with exchange_in_thread(Market(pairs, 1), speed=100) as exchange:
        lines = follow(
            exchange,
            lambda line: line.record and line.record.get("up", 0) >= _OVERLOAD_S,
            pairs=pairs,
            book_interval_ms=0,
        )
    up = next(n for n, line in enumerate(lines) if b'"st":"up"' in line.raw and b"net" in line.raw)
    assert all(line.record for line in lines[up:]), "a record came in pieces"
    health = lines[-1].record
    assert health["drop"] > 100
    link = next(line.record for line in lines[::-1] if line.record["k"] == "link")
    assert health["bad"] == link["re"] == 0
    # Books are told of no more than the line takes, but followed as fast as they change.
    told = sum(line.record["k"] == "book" for line in lines[up:])
    assert health["n"] > 2 * told
    assert health["free"] >= _LEAST_FREE
    assert running.world.tx_blocked_us < _MOST_BLOCKED_US
