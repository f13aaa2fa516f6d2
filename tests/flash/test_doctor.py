"""`inkling doctor`: what it finds on this PC and on a board, and that the board runs on afterwards."""

import json
import subprocess
import sys

from host.board.claim import claim


def page(inkling, settings, *arguments):
    """The findings by name, and the exit status."""
    ran = inkling("doctor", "--config", settings, "--json", *arguments)
    told = json.loads(ran.out)
    assert told["ok"] == (ran.status == 0)
    return {each["what"]: each for each in told["findings"]}, ran.status


def until_it_runs(inkling, port):
    """Wait for a live book, as `inkling monitor` tells it."""
    monitor = inkling.start("monitor", "--port", port, "--json", "--seconds", "90")
    try:
        assert any('"k":"book"' in line for line in monitor.stdout), monitor.stderr.read()
    finally:
        monitor.kill()
        monitor.communicate()


def test_a_board_that_runs_this_checkout(inkling, settings, running):
    until_it_runs(inkling, running.url)
    found, status = page(inkling, settings, "--port", running.url)
    assert status == 0, found
    said = {what: each["said"] for what, each in found.items()}
    for what in ("port", "chip", "flash", "application", "file system", "secrets", "Python heap"):
        assert found[what]["state"] == "ok", found[what]
    mac = ":".join(f"{byte:02x}" for byte in running.mac)
    assert said["chip"].startswith("ESP32") and mac in said["chip"]
    assert said["flash"] == "4MB"
    assert "files as in the checkout" in said["application"]
    assert "-52 dBm" in said["Wi-Fi"]
    assert "Inkling local Kraken, good until " in said["certificate"]
    assert said["clock"] == "agrees with this PC's"
    assert said["exchange"] == "connected to localhost"
    assert "was restarted" in said["restarted"]
    until_it_runs(inkling, running.url)


def test_wrong_wifi_a_changed_file_and_a_weak_signal(inkling, settings, running, tmp_path):
    running.world.password = "another one"
    other = tmp_path / "other.toml"
    other.write_text(settings.read_text().replace("silence_ms = 4000", "silence_ms = 5000"))
    (tmp_path / "ca.der").write_bytes((settings.parent / "ca.der").read_bytes())
    found, status = page(inkling, other, "--port", running.url)
    assert status == 1
    assert found["application"]["state"] == "warn"
    assert found["application"]["said"].endswith("1 not: config.json")
    assert found["application"]["remedy"] == "make flash"
    assert found["Wi-Fi"]["state"] == "fail" and "wrong password" in found["Wi-Fi"]["said"]
    assert found["Wi-Fi"]["remedy"].startswith("inkling secrets set wifi")


def test_a_bare_chip_for_people(inkling, settings, bare):
    ran = inkling("doctor", "--config", settings, "--port", bare.url)
    assert ran.status == 1
    lines = ran.out.splitlines()
    assert any(line.startswith("ok   chip") for line in lines)
    assert "fail MicroPython    the chip's flash holds none; make flash" in lines
    assert lines[-1].endswith("1 fail")


def test_the_tty_without_reset_lines(inkling, settings, running):
    found, _ = page(inkling, settings, "--port", running.device)
    assert found["chip"]["state"] == "warn"
    assert found["application"]["state"] == "ok"


def test_no_board_bad_settings_and_bad_arguments(inkling, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("depth = 11\n")
    found, status = page(inkling, wrong, "--port", "/dev/ttyUSB99")
    assert status == 1
    assert found["port"]["said"] == "/dev/ttyUSB99: no such port"
    assert found["settings"]["said"].endswith("wrong.toml:1: depth must be 10 or 25")
    assert inkling("doctor", "--port", "loop://").status == 2


def test_a_port_in_use_names_by_whom(inkling, settings, running):
    program = "import sys, time; from host.board import ports; p = ports.open_port(sys.argv[1])\n"
    program += "print('open', flush=True); time.sleep(60)"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(running.device)], stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout.readline()
        found, status = page(inkling, settings, "--port", running.device)
    finally:
        holder.kill()
        holder.communicate()
    assert status == 1 and f"process {holder.pid}" in found["port"]["said"]


def test_while_another_command_is_at_work_the_board_is_left_alone(inkling, settings, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(inkling.cache))
    nobody = "rfc2217://127.0.0.1:1"
    with claim(nobody):
        found, status = page(inkling, settings, "--port", nobody)
    assert status == 1 and "another inkling command is at work" in found["port"]["said"]
