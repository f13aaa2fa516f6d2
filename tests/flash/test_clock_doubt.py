"""A time server that was wrong at start: the board doubts its clock, asks again at once, and has the right lag."""

import json
import time

import pytest
from flashing import at_prompt

from host.board import ports
from host.devkit.time_server import TimeServer
from host.monitor.records import LineSplitter

_WRONG_MS = 8000  # more than max_lag_ms


def records(kit, timeout_s=60):
    """What the board says from a reset on."""
    splitter = LineSplitter()
    deadline = time.monotonic() + timeout_s
    with ports.open_port(kit.url) as port:
        kit.reset()
        while time.monotonic() < deadline:
            for line in splitter.feed(port.read(max(1, port.in_waiting))):
                if line.record:
                    yield line.record
    pytest.fail(f"not said within {timeout_s} s")


@pytest.mark.parametrize("wrong_ms", [_WRONG_MS, -_WRONG_MS], ids=["ahead", "behind"])
def test_a_clock_that_was_set_wrong_is_doubted_and_set_right(running, exchange, wrong_ms):
    with TimeServer() as server:
        server.offset_ms = wrong_ms
        config = {
            **{"host": "localhost", "port": exchange.port, "pairs": ["BTC/USD"]},
            **{"time_host": server.host, "time_port": server.port, "health_interval_ms": 1000},
        }
        script = f"with open('config.json', 'w') as f: f.write({json.dumps(config)!r})\n"
        at_prompt(running, script)
        doubted = corrected = False
        lags = []
        for record in records(running):
            kind = record["k"]
            assert (kind, record.get("st")) != ("net", "down"), (
                "a wrong clock is no reason to part"
            )
            if kind == "link" and record["off"] is None:
                doubted = True
                server.offset_ms = 0
            if kind == "link" and doubted and record["off"] is not None:
                corrected = True
                assert abs(record["off"] + wrong_ms) < 500
                assert record["rssi"] == -52
            if kind == "pair" and record["lag"] is not None:
                lags.append(record["lag"])
            if (
                kind == "health"
                and corrected
                and record["lag"] is not None
                and record["lag"] < 1000
            ):
                break
    assert abs(lags[0] - wrong_ms) < 1500
    assert server.answered >= 2
