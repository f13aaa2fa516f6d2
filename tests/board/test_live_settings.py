"""A setting changed on a running board: in force at once, kept over a restart; whatever else comes does nothing."""

import asyncio
import io
import json
import os
import random
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings, strategies
from running import board

from firmware import config, live
from firmware.feeds import buffers
from host import ROOT
from host.boardmodel import model
from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread
from host.monitor.show import show
from host.settings import live as live_on_host

PAIRS = ["BTC/USD", "ETH/USD"]
# The buffers whose words are settings: limits, pulse, series.
STEERING = (6, 15, 16)
_CALM = {"imbalance_threshold": 1.0, "spread_threshold_bps": 1000.0}


@pytest.fixture(scope="module")
def exchange():
    with exchange_in_thread(Market(PAIRS, seed=5)) as running:
        yield running


def asked(running, key, value):
    """Send a line as the PC does; the board's answer."""
    running.process.stdin.write(b'\n{"set":{"%s":%s}}\n' % (key.encode(), str(value).encode()))
    return running.until(lambda record: record["k"] == "set" and record["key"] == key)


def started_again(running, folder):
    """The same board after its power was off, as its flash has it."""
    model.stop(running.process)
    return model.start(folder)


def test_a_threshold_changes_the_signals_at_once_and_stays(exchange, tmp_path):
    with board(tmp_path, exchange, pairs=PAIRS, **_CALM) as running:
        running.until_live(PAIRS)
        running.until(lambda record: record["k"] == "health")
        assert not running.records("signal")
        assert asked(running, "imbalance_threshold", 0.01)["v"] == 0.01
        signal = running.until(lambda record: record["k"] == "signal")
        book = running.records("book")[-1]  # always just before
        assert signal["side"] in ("BUY", "SELL") and 0.01 <= abs(book["i"]) < 1
        assert (book["p"], book["t"]) == (signal["p"], signal["t"])
        assert asked(running, "signal_cooldown_ms", 600_000)["v"] == 600_000
        assert asked(running, "book_interval_ms", 60_000)["v"] == 60_000
        before = len(running.records("book", "signal"))
        for _ in range(2):
            running.until(lambda record: record["k"] == "health")
        after = running.records("book", "signal")[before:]
        books, signals = ([each for each in after if each["k"] == k] for k in ("book", "signal"))
        assert len(books) <= len(PAIRS) + len(signals)
        began = [each["p"] for each in signals if each["side"] != "FLAT"]
        assert signal["p"] not in began and len(began) == len(set(began))
    kept = json.loads((tmp_path / "config.json").read_text())
    assert (kept["imbalance_threshold"], kept["book_interval_ms"]) == (0.01, 60_000)
    assert kept["spread_threshold_bps"] == 1000.0 and kept["pairs"] == PAIRS
    assert not (tmp_path / "config.new").exists()


def test_what_is_kept_is_in_force_after_a_restart(exchange, tmp_path):
    with board(tmp_path, exchange, pairs=PAIRS, **_CALM) as running:
        running.until_live(PAIRS)
        assert asked(running, "imbalance_threshold", 0.01)["v"] == 0.01
        again = started_again(running, tmp_path)
        try:
            kinds = (json.loads(line)["k"] for line in again.stdout if line.startswith(b"{"))
            assert "signal" in kinds
        finally:
            model.stop(again)


def test_the_board_holds_a_live_setting_to_the_bounds_that_config_has():
    assert len(live_on_host.names()) == 12
    for key in live_on_host.names():
        least, most, parts, _ = live.rule(key.encode())
        _, kind, *bounds = config._NUMBERS[key]
        assert [least, most] == bounds and (kind is float) == (parts > 1), key


def test_the_documentation_names_every_live_setting():
    text = (ROOT / "docs" / "records.md").read_text()
    listed = text.partition("The board takes")[2].partition("any other setting")[0]
    assert [key for key in live_on_host.names() if f"`{key}`" not in listed] == []


def test_both_bounds_of_every_live_setting_are_kept_and_the_board_starts_with_them(
    exchange, tmp_path
):
    with board(tmp_path, exchange, pairs=PAIRS) as running:
        running.until_live(PAIRS)
        for bound in (0, 1):
            for key in live_on_host.names():
                value = live.rule(key.encode())[bound]
                if key != "heap_floor" or bound == 0:  # the most would end this start
                    assert asked(running, key, value)["v"] == pytest.approx(value)
            file = tmp_path / "config.json"
            settings_now = config.check(json.loads(file.read_text()))
            for key in set(live_on_host.names()) - {"heap_floor"}:
                assert settings_now[key] == live.rule(key.encode())[bound]
            config_of_model = model.run_script(
                f"import os; os.chdir({str(tmp_path)!r})\n"
                "from firmware import config; print(config.load()['levels'])"
            )
            assert config_of_model.strip() == str(settings_now["levels"])


def test_looks_at_health_lag_and_floor_follow(exchange, tmp_path):
    with board(tmp_path, exchange, pairs=PAIRS, health_interval_ms=600_000) as running:
        running.until_live(PAIRS)
        assert asked(running, "health_interval_ms", 1000)["v"] == 1000
        running.until(lambda record: record["k"] == "health", timeout_s=10)
        assert asked(running, "heap_floor", 32_000)["v"] == 32_000
        restart = running.until(lambda record: record["k"] == "restart")
        assert restart["why"] == "heap below its floor"


REFUSED = [
    (b'{"set":{"levels":0}}', "levels", "must be 1 to 10"),
    (b'{"set":{"levels":2.0}}', "levels", "must be a whole number"),
    (b'{"set":{"levels":true}}', "levels", "must be a number"),
    (b'{"set":{"levels":"3"}}', "levels", "must be a number"),
    (b'{"set":{"levels":3}', "levels", "must be a number"),
    (b'{"set":{"imbalance_threshold":1.01}}', "imbalance_threshold", "must be 0.01 to 1.0"),
    (b'{"set":{"delta_threshold":-0.1}}', "delta_threshold", "must be 0.0 to 0.1"),
    (b'{"set":{"max_lag_ms":99999999999999999}}', "max_lag_ms", "must be 500 to 600000"),
    (b'{"set":{"spread_threshold_bps":1e99}}', "spread_threshold_bps", "must be 0.0 to 1000.0"),
    (b'{"set":{"port":443}}', "port", "needs a restart"),
    (b'{"set":{"correlation_window":50}}', "correlation_window", "needs a restart"),
    (b'{"set":{"levels 1":3}}', "levels1", "needs a restart"),
    (b'{"set":{"":3}}', "", "needs a restart"),
    (b'{"set":{"' + b"x" * 60 + b'":3}}', "x" * 32, "needs a restart"),
]
SILENT = [
    b"levels = 3",
    b'{"get":{"levels":3}}',
    b'{"set":{"levels":3}}' + b" " * 80,
    b'{"set":{"lev\xc3\xa9ls":3}}',
    b"r",
    b"{{{{",
]


@pytest.mark.parametrize("on_cpython", [False, True], ids=["board model", "cpython"])
def test_what_cannot_be_is_refused_and_what_is_no_question_gets_no_answer(
    exchange, tmp_path, on_cpython
):
    # Nobody is at this port, so that CPython need not compile its kernels for frames.
    nobody = SimpleNamespace(port=1, ca_der=exchange.ca_der)
    with board(tmp_path, nobody, on_cpython=on_cpython, pairs=PAIRS) as running:
        running.until(lambda record: record.get("st") == "retry")
        before = (tmp_path / "config.json").read_bytes()
        for line, key, why in REFUSED:
            running.process.stdin.write(line + b"\r\n")
            answer = running.until(lambda record: record["k"] == "set")
            assert answer == {"k": "set", "key": key, "why": why}
        assert max(map(len, running.lines)) <= 120
        for line in SILENT:
            running.process.stdin.write(line + b"\n")
        assert (tmp_path / "config.json").read_bytes() == before
        assert asked(running, "levels", 3)["v"] == 3
        assert len(running.records("set")) == len(REFUSED) + 1
        # A person may type it, spaces and all.
        running.process.stdin.write(b'{"set":{"levels": 4}}\r')
        assert running.until(lambda record: record["k"] == "set")["v"] == 4


def test_a_jump_that_was_not_watched_for_cannot_be_from_now_on(exchange, tmp_path):
    with board(tmp_path, exchange, pairs=PAIRS, delta_threshold=0) as running:
        running.until_live(PAIRS)
        assert "needs a restart" in asked(running, "delta_threshold", 0.01)["why"]
        assert asked(running, "delta_threshold", 0)["v"] == 0
    assert json.loads((tmp_path / "config.json").read_text())["delta_threshold"] == 0


def test_noise_on_the_line_does_no_harm(exchange, tmp_path):
    chance = random.Random(7)
    with board(tmp_path, exchange, pairs=PAIRS) as running:
        running.until_live(PAIRS)
        before = (tmp_path / "config.json").read_bytes()
        for _ in range(20):
            running.process.stdin.write(chance.randbytes(300) + b"{" * chance.randrange(3))
            time.sleep(0.05)
        deadline = time.monotonic() + 20
        while not running.records("set") and time.monotonic() < deadline:
            running.process.stdin.write(b'\n{"set":{"levels":7}}\n')
            running.until(lambda record: record["k"] in ("pair", "set"))
        assert running.records("set")[0] == {"k": "set", "key": "levels", "v": 7}
        assert not running.records("restart", "error")
        assert [record["st"] for record in running.records("state")] == ["LIVE"] * len(PAIRS)
    after = (tmp_path / "config.json").read_bytes()
    assert after == before[:-1] + b',"levels":7}'


class Said:
    """In place of a session: what the board would have said, and what would be in force."""

    def __init__(self, given=None):
        self.said = []
        self.telemetry = SimpleNamespace(say=lambda **keys: self.said.append(keys))
        self.health = SimpleNamespace(moves=[[0] * 13 for _ in range(2)])
        self.settings = config.check(given or {})
        self.buffers = buffers.make(self.settings)


def heard(line, session):
    """Let `live` take the rest of a line whose brace was there."""
    stream = io.BytesIO(line)

    def poll(_):
        return [0] if stream.tell() < len(line) else []

    def patient(_):
        return _nothing()

    async def _nothing():
        return None

    before, live.sleep_ms = live.sleep_ms, patient
    try:
        asyncio.run(live.update(poll, stream, session))
    finally:
        live.sleep_ms = before


@pytest.fixture
def flash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config.json"


_KEYS = strategies.sampled_from([*live_on_host.names(), "port", "depth", "ca", "a"])
_VALUES = strategies.one_of(
    strategies.integers(-5, 700_000),
    strategies.floats(),
    strategies.decimals(0, 1000, places=3).map(float),
    strategies.text(max_size=5),
    strategies.none(),
)
_LINES = strategies.one_of(
    strategies.binary(max_size=100),
    strategies.builds(lambda key, value: json.dumps({"set": {key: value}}), _KEYS, _VALUES).map(
        str.encode
    ),
)


@settings(max_examples=400, deadline=None)
@given(
    _LINES,
    strategies.sampled_from(["{}", '{"levels":3}', '{"port":1,"levels":3}', '{ "levels" : 3 }\n']),
    strategies.lists(strategies.tuples(strategies.integers(0, 60), strategies.integers(0, 255))),
)
@example(b'{"set":{"levels":4}}', "{}", [])
def test_no_line_leaves_a_file_that_the_board_could_not_start_with(
    tmp_path_factory, line, text, damages
):
    line = bytearray(line)
    for at, byte in damages[:3]:
        if at < len(line):
            line[at] = byte
    folder = tmp_path_factory.getbasetemp() / "any line"
    folder.mkdir(exist_ok=True)
    here = Path.cwd()
    os.chdir(folder)
    try:
        file = folder / "config.json"
        file.write_text(text)
        before = config.load()
        session = Said(before)
        heard(bytes(line).removeprefix(b"{") + b"\n", session)
        after = config.load()
    finally:
        os.chdir(here)
    changed = {key for key in after if after[key] != before[key]}
    held = {keys["key"]: keys["v"] for keys in session.said if "v" in keys}
    assert changed <= set(held) <= set(live_on_host.names()) and len(session.said) <= 1
    for key, value in held.items():
        assert after[key] == value
    started = buffers.make(after)
    assert [session.buffers[n] for n in STEERING] == [started[n] for n in STEERING]


@pytest.mark.parametrize("broken", ["open", "write", "rename"])
def test_what_the_flash_does_not_take_is_not_in_force(flash, monkeypatch, broken):
    flash.write_text('{"levels":3}')
    if broken == "rename":

        def rename(*_):
            raise OSError(28, "no room")

        monkeypatch.setattr(live.os, "rename", rename)
    else:
        opened = open

        class Full(io.BytesIO):
            def write(self, _):
                raise OSError(28, "no room")

        def full(path, mode):
            if mode == "rb":
                return opened(path, mode)
            if broken == "open":
                raise OSError(28, "no room")
            return Full()

        monkeypatch.setattr(live, "open", full, raising=False)
    session = Said()
    heard(b'"set":{"levels":9}}\n', session)
    assert session.said == [{"k": "set", "key": "levels", "why": "cannot be kept: error 28"}]
    assert flash.read_text() == '{"levels":3}' and session.buffers[6][0] == 5


def test_the_words_that_kernels_read_are_those_of_a_start_with_these_settings(flash):
    flash.write_text("{}")
    session = Said()
    given = {
        "imbalance_threshold": 0.35,
        "spread_threshold_bps": 0.5,
        "levels": 9,
        "signal_cooldown_ms": 700,
        "book_interval_ms": 0,
        "depth_bps": 25,
        "contagion_threshold": 0.6,
    }
    others = {"delta_threshold": 0.000001, "resync_cooldown_ms": 700, "max_lag_ms": 800}
    for key, value in {**given, **others}.items():
        heard(b'"set":{"%s":%s}}\n' % (key.encode(), json.dumps(value).encode()), session)
    started, default = buffers.make(config.check(given)), buffers.make(config.check({}))
    for n in STEERING:
        assert session.buffers[n] == started[n] != default[n]
    assert [(move[5], move[6]) for move in session.health.moves] == [(1, 700)] * 2
    assert (session.settings["max_lag_ms"], session.settings["resync_cooldown_ms"]) == (800, 700)


@pytest.mark.parametrize(
    ("record", "line"),
    [
        ({"key": "imbalance_threshold", "v": 0.35}, "imbalance_threshold is 0.35"),
        ({"key": "levels", "v": 4}, "levels is 4"),
        ({"key": "levels", "why": "must be 1 to 10"}, "levels must be 1 to 10"),
        ({"key": "levels"}, ""),
        ({"key": ["levels"], "v": "4"}, ""),
    ],
)
def test_the_monitor_tells_of_it_as_an_event(record, line):
    out = io.BytesIO()
    text = json.dumps({"k": "set", **record}, separators=(",", ":")).encode() + b"\n"
    show(io.BytesIO(text), mode="plain", out=out)
    changed = "not changed" if "why" in record else "changed"
    said = f"set      setting {changed}: {line}\n" if line else ""
    assert out.getvalue().decode()[len("00:00:00 ") :].startswith(said)
    assert bool(said) == (b"setting" in out.getvalue())
