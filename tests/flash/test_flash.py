"""`inkling flash` on the virtual DevKit, with the real esptool, mpremote and ampy doing the talking."""

import time

from flashing import SPEED, WIFI, files_on

WITHIN_S = 10
MEMBER, CORE = "lib/backoff.py", "firmware/core.mpy"


def test_from_a_bare_chip_to_live_signals(flashed):
    first = flashed.outcome
    assert first["wrote_micropython"] and first["secrets"] == "changed"
    assert len(first["sent"]) == first["files"] > 20
    assert first["chip"].startswith("ESP32-") and first["boot"]["cause"] == "pwron"
    assert first["line"] == "connected to localhost"
    assert f"{first['files']}/{first['files']} " in flashed.progress


def test_the_outcome_for_programs(flashed):
    """The names and kinds of values of --json; scripts of others read them."""
    outcome = flashed.outcome
    assert {name: type(value) for name, value in outcome.items()} == {
        "port": str,
        "chip": str,
        "mac": str,
        "micropython": str,
        "wrote_micropython": bool,
        "files": int,
        "sent": list,
        "removed": list,
        "secrets": str,
        "ok": bool,
        "line": str,
        "boot": dict,
    }
    assert outcome["ok"] is True and outcome["removed"] == []
    assert outcome["port"].startswith("rfc2217://127.0.0.1:") and len(outcome["mac"]) == 17


def test_again_with_nothing_changed(flash, running):
    before = files_on(running)
    running.speed = 1  # as a real line
    start = time.monotonic()
    second = flash.outcome(running)
    assert time.monotonic() - start < WITHIN_S
    assert not second["wrote_micropython"] and not second["sent"] and not second["removed"]
    assert second["secrets"] == "same"
    running.speed = SPEED
    after = files_on(running)
    assert [path for path in before | after if before.get(path) != after.get(path)] == []


def test_exactly_the_edited_module_is_sent(flash, running, checkout):
    for path, sent in (("lib/boxfiles.py", "lib/boxfiles.mpy"), (MEMBER, CORE)):
        module = checkout / path
        module.write_text(module.read_text() + "\nEDITED = 1\n")
        assert flash.outcome(running)["sent"] == [sent]
    assert "new/ready" not in files_on(running)


def test_a_module_that_is_gone_goes(flash, running, checkout):
    (checkout / "firmware" / "config.py").unlink()
    app = checkout / "firmware" / "app.py"
    app.write_text("def run():\n    raise OSError('no settings any more')\n")
    ran = flash(running)
    assert ran.status == 1 and "no settings any more" in ran.last_line
    assert "firmware/config.mpy" not in files_on(running)


def test_ampy_sends_the_files_through_any_port(flash, running, checkout):
    module = checkout / MEMBER
    module.write_text(module.read_text() + "\nEDITED = 2\n")
    assert flash.outcome(running, "--uploader", "ampy")["sent"] == [CORE]


def test_over_a_port_without_reset_lines_the_files_go_by_the_repl(inkling, running, settings):
    """Such a port is a pseudo-terminal; here by a link to it, as those of /dev/serial/by-id are."""
    assert running.device.is_symlink()
    ran = inkling("flash", "--port", running.device, "--config", settings, **WIFI)
    assert ran.status == 0, ran.err
    assert "has no reset lines" in ran.err and "files are already there" in ran.err
