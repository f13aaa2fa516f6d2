"""The monitor beside a soaked board: it hears all from the first line on, and whatever goes wrong with it shows."""

import json
import os
import signal

import pytest

from host.soak import monitor as soak_monitor
from host.soak.monitor import Monitor
from host.soak.story import Story

PAIR = "BTC/USD"
LIVE = {"k": "state", "p": PAIR, "t": 1, "st": "LIVE"}
STALE = {"k": "state", "p": PAIR, "t": 2, "st": "STALE", "why": "lost"}
TOLD = {"k": "pair", "p": PAIR, "st": "LIVE", "lag": 3, "n": 7, "bad": 0}
BUY = {
    "k": "signal",
    "p": PAIR,
    "t": 1,
    "side": "BUY",
    "px": 2,
    "q": 1,
    "c": 60,
    "why": "imbalance",
}


@pytest.fixture
def story():
    story = Story([PAIR], lambda record, is_first: True)
    story.power_on(0.0)
    return story


@pytest.fixture
def monitor(tmp_path, story):
    monitor = Monitor(tmp_path / "monitor.txt")
    monitor.start()
    yield monitor
    monitor.close(story)


def say(record, *ears):
    line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
    for hear in ears:
        hear(line)


def test_a_monitor_that_saw_all_agrees(monitor, story):
    for record in (LIVE, TOLD, BUY, {"k": "newer", "n": 1}, *([TOLD] * 3000)):
        say(record, monitor.hear, lambda line: story.take(line, 0.0))
    monitor.hear(b"no record\n")
    monitor.close(story)
    assert monitor.trouble is None
    assert monitor.lines == 3005


def test_what_it_did_not_hear_shows(monitor, story):
    for record in (LIVE, TOLD):
        say(record, monitor.hear, lambda line: story.take(line, 0.0))
    say(STALE, lambda line: story.take(line, 0.0))
    monitor.close(story)
    assert monitor.trouble == "BTC/USD is STALE, it says LIVE"


def test_a_line_that_it_did_not_count_shows(monitor, story):
    for record in (LIVE, TOLD, BUY):
        say(record, monitor.hear, lambda line: story.take(line, 0.0))
    monitor.lines += 1
    monitor.close(story)
    assert monitor.trouble == "3 lines counted of 4"


def test_one_that_ends_early_shows(monitor, story):
    say(LIVE, monitor.hear)
    os.kill(monitor.process.pid, signal.SIGKILL)
    monitor.process.wait()
    say(TOLD, monitor.hear)
    monitor.close(story)
    assert monitor.trouble.startswith("it ended with status -9")


def test_one_that_reads_no_more_holds_nobody_up(monitor, story, monkeypatch):
    monkeypatch.setattr(soak_monitor, "_TAKES_S", 0.2)
    monkeypatch.setattr(soak_monitor, "_END_S", 0.2)
    os.kill(monitor.process.pid, signal.SIGSTOP)
    for _ in range(10_000):
        say(TOLD, monitor.hear)
    monitor.close(story)
    assert monitor.trouble == "it stopped reading"
