"""The known case through the whole application, on host and board: an alert, what follows from it, its end."""

import json
from pathlib import Path

import planted_feed
import pytest
from planted_feed import FOLLOWER, LEADER, PAIRS

from firmware import config
from host import ROOT
from host.boardmodel.model import run_script
from host.captures import open_bytes
from host.replay.engine import Engine

_ON_BOARD = ROOT / "tests" / "replay" / "programs" / "board_records.py"
_ROUND_MS = 100
_BEFORE, _SHOCK = 300, 200
_SETTINGS = {"pairs": list(PAIRS), "channels": planted_feed.CHANNELS}


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    path = tmp_path_factory.mktemp("known") / "planted.feed"
    planted_feed.write(path, before=_BEFORE, shock=_SHOCK, after=200)
    return path


def on_host(path: Path, **given) -> bytes:
    engine = Engine(config.check({**_SETTINGS, **given}), PAIRS)
    return b"".join(bytes(lines) for chunk in open_bytes(path) for lines in engine.feed(chunk))


def on_board(path: Path, **given) -> bytes:
    settings = path.parent / "settings.json"
    settings.write_text(json.dumps(config.check({**_SETTINGS, **given})))
    return run_script(_ON_BOARD, settings, path).encode()


@pytest.fixture(scope="module")
def lines(capture, board_model):
    return on_board(capture)


@pytest.fixture(scope="module")
def records(lines):
    return [json.loads(line) for line in lines.splitlines()]


def test_the_host_says_it_byte_for_byte(capture, lines):
    assert on_host(capture) == lines
    kinds = {json.loads(line)["k"] for line in lines.splitlines()}
    assert kinds == {
        *("state", "book", "signal", "vol", "corr", "flow", "depth", "contagion", "tick", "trade")
    }


def test_one_alert_that_names_the_leader_and_the_lag_and_ends(records):
    begin, end = (record for record in records if record["k"] == "contagion")
    assert (begin["p"], begin["q"], begin["on"], begin["lag"]) == (LEADER, FOLLOWER, 1, 300)
    assert 0.85 <= begin["c"] <= 1
    assert (end["p"], end["q"], end["on"]) == (LEADER, FOLLOWER, 0)
    rounds = [(alert["t"] - records[0]["t"]) // _ROUND_MS for alert in (begin, end)]
    assert _BEFORE < rounds[0] < _BEFORE + 100
    assert _BEFORE + _SHOCK < rounds[1] < _BEFORE + _SHOCK + 120


def spells(records):
    """The records before, in and after the alert."""
    begin, end = (n for n, record in enumerate(records) if record["k"] == "contagion")
    return records[:begin], records[begin:end], records[end + 1 :]


def test_while_it_lasts_the_strategy_asks_for_more_and_says_so(records):
    before, during, after = (
        {pair: [r["x"] for r in part if r["k"] == "vol" and r["p"] == pair] for pair in PAIRS}
        for part in spells(records)
    )
    for pair in (LEADER, FOLLOWER):
        assert min(during[pair]) >= 1.25  # nine records after it began as well
        assert min(before[pair]) == min(after[pair]) == 1
    assert max(during[PAIRS[2]]) < 1.25


def test_a_follower_believes_its_leader(records):
    """Its signals say so, and are the surer for it; before, after and elsewhere none does."""
    before, during, after = (
        [r for r in part if r["k"] == "signal" and r["side"] != "FLAT"] for part in spells(records)
    )
    led = [r for r in during if r["p"] == FOLLOWER]
    assert {r["side"] for r in led} == {"BUY", "SELL"} and len(led) > 5
    assert {r["why"] for r in led} == {"leader"}
    others = before + after + [r for r in during if r["p"] != FOLLOWER]
    assert {r["why"] for r in others} == {"imbalance"}
    leads = [r for r in during if r["p"] == LEADER]
    assert min(r["c"] for r in led) > max(r["c"] for r in leads)


def test_a_market_of_its_own_noise_is_none(tmp_path, board_model):
    path = tmp_path / "calm.feed"
    planted_feed.write(path, before=400, shock=0, after=0)
    text = on_board(path)
    assert b'"vol"' in text and b"contagion" not in text and b"leader" not in text
