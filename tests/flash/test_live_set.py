"""`inkling config set --live`: the board and inkling.toml change together, or not at all and one line says why."""

import json
import time

import pytest
from flashing import at_prompt

from host.board import ports
from host.board.claim import claim
from host.board.reading import read_some
from host.monitor.records import LineSplitter


@pytest.fixture
def toml(settings, tmp_path):
    """Settings of one's own, like those on the board."""
    file = tmp_path / "inkling.toml"
    (tmp_path / "ca.der").write_bytes((settings.parent / "ca.der").read_bytes())
    file.write_text("# Mine.\n" + settings.read_text())
    return file


@pytest.fixture
def live(inkling, toml):
    def run(port, *arguments):
        options = ("--live", "--port", port)
        return inkling("config", "--file", toml, "set", *arguments, *options)

    return run


def heard(kit, seconds, until=None):
    """The records that the board says in this time, or until one is of this kind."""
    splitter, records = LineSplitter(), []
    with ports.open_port(kit.url, timeout_s=0) as serial:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            records += [
                line.record for line in splitter.feed(read_some(serial, 0.1)) if line.record
            ]
            if until and any(record["k"] == until for record in records):
                break
    return records


def test_the_board_and_the_file_have_it_without_a_restart(live, running, toml, inkling):
    assert heard(running, 30, until="book")
    ran = live(running.url, "imbalance_threshold=0.015", "contagion_threshold=0.6")
    assert ran.status == 0 and not ran.err, ran.err
    assert ran.out.splitlines() == [
        "imbalance_threshold = 0.015, in force on the board and kept there",
        "contagion_threshold = 0.6, in force on the board and kept there",
    ]
    text = toml.read_text()
    assert text.startswith("# Mine.\n") and "imbalance_threshold = 0.015\n" in text
    for needs in ("silence_ms=3000", "correlation_window=50"):
        ran = live(running.url, needs)
        assert (ran.status, ran.out) == (2, "") and len(ran.err.splitlines()) == 1
        assert ran.last_line == (
            f"inkling config: {needs.partition('=')[0]} needs a restart: "
            "`inkling config set` and `make flash`"
        )
    ran = live(running.device, "book_interval_ms", "500", "--json")
    assert ran.status == 0, ran.err
    assert json.loads(ran.out) == {
        "set": {"book_interval_ms": 500},
        "board": str(running.device),
    }
    assert "boot" not in {record["k"] for record in heard(running, 2)}
    kept = json.loads("".join(at_prompt(running, "print(open('config.json').read())")))
    assert (kept["imbalance_threshold"], kept["contagion_threshold"]) == (0.015, 0.6)
    assert kept["book_interval_ms"] == 500 and kept["pairs"] == ["BTC/USD"]


def test_what_cannot_be_is_told_before_the_board_is_asked(live, running, toml):
    before = toml.read_text()
    received = running.received
    for given, says in (
        (["levels=11"], "levels must be 1 to 10; nothing changed"),
        (["levels=3", "colour=red"], "colour is not a setting; `inkling config` lists them"),
        (["levels=3", "port=444"], "port needs a restart: `inkling config set` and `make flash`"),
        (["levels"], "levels: say KEY=VALUE, or one KEY VALUE"),
        (["levels=3", "spread_threshold_bps"], "spread_threshold_bps: say KEY=VALUE"),
    ):
        ran = live(running.url, *given)
        assert ran.status == 2 and not ran.out
        assert ran.last_line.startswith(f"inkling config: {says}")
        assert len(ran.err.splitlines()) == 1
    assert toml.read_text() == before and running.received == received


def test_no_board_a_busy_one_and_one_at_its_prompt(live, running, toml, inkling, monkeypatch):
    before = toml.read_text()
    ran = live("/dev/ttyUSB99", "levels=3")
    assert ran.status == 2 and "no such port" in ran.last_line
    monkeypatch.setenv("XDG_CACHE_HOME", str(inkling.cache))
    with claim(running.url):
        ran = live(running.url, "levels=3")
    assert ran.status == 2 and "another inkling command is at work" in ran.last_line
    # One Ctrl-C ends the application, as it did before the board listened to its line.
    assert heard(running, 30, until="book")
    with ports.open_port(running.url, timeout_s=0) as serial:
        serial.write(b"\r\x03")
        said, end = b"", time.monotonic() + 10
        while not said.endswith(b">>> ") and time.monotonic() < end:
            said += read_some(serial, 0.1)
    assert said.endswith(b">>> ")
    ran = live(running.url, "levels=3")
    assert ran.status == 2 and "its prompt answers" in ran.last_line
    assert ran.last_line.endswith(f"; {toml} is unchanged") and len(ran.err.splitlines()) == 1
    assert toml.read_text() == before


def test_what_the_board_refuses_is_not_in_the_file_and_what_it_took_is(live, running, toml):
    """A board that was started without a watch for jumps cannot begin one."""
    script = (
        "import json\nwith open('config.json') as file: text = file.read()\n"
        "with open('config.json', 'w') as file: file.write(text[:-1] + ',\"delta_threshold\":0}')"
    )
    at_prompt(running, script)
    running.reset()
    assert heard(running, 30, until="book")
    ran = live(running.url, "levels=3", "delta_threshold=0.01", "max_lag_ms=900")
    assert ran.status == 2 and not ran.out
    assert "the board refuses: delta_threshold is off since the start" in ran.last_line
    assert ran.last_line.endswith(
        f"; {toml} and the board have levels = 3, and nothing else changed"
    )
    text = toml.read_text()
    assert "levels = 3\n" in text and "delta" not in text and "max_lag" not in text


def test_over_a_noisy_line_it_is_said_again_until_it_holds(live, running, toml):
    assert heard(running, 30, until="book")
    running.noise = 0.003
    for levels in (3, 4):
        ran = live(running.url, f"levels={levels}")
        if ran.status == 0:
            assert f"levels = {levels}\n" in toml.read_text()
    running.noise = 0.0
    ran = live(running.url, "levels=7")
    assert ran.status == 0, ran.err


def test_a_board_that_does_not_answer_is_told_of_and_nothing_is_written(live, bare, toml):
    before = toml.read_text()
    ran = live(bare.url, "levels=3")
    assert ran.status == 2 and len(ran.err.splitlines()) == 1
    assert "the board did not say within 6 s that levels is 3" in ran.last_line
    assert toml.read_text() == before
