"""`inkling devkit` as a user starts it: the page, what can be typed, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from devkit_tools import open_port, read_until, wait_for

from host.devkit import workbench
from host.devkit.devkit import DevKit
from host.errors import UserError

INKLING = [sys.executable, "-m", "host.cli", "devkit"]


def start(*arguments: object, stdin=subprocess.DEVNULL) -> subprocess.Popen:
    return subprocess.Popen(
        [*INKLING, *map(str, arguments)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_it_serves_a_board_until_it_is_told_to_end(board_model: Path, tmp_path: Path) -> None:
    image = tmp_path / "fw.bin"
    served = start("--board", tmp_path / "b", "--tcp-port", 0, "--image", image, "--json")
    facts = json.loads(served.stdout.readline())
    assert facts["url"].startswith("rfc2217://127.0.0.1:")
    assert (facts["chip"], facts["flash_mb"]) == ("esp32", 4)
    assert image.read_bytes()[0] == 0xE9
    for port in (facts["url"], facts["device"]):
        with open_port(port) as port:
            read_until(port, b"invalid header")
    again = start("--board", tmp_path / "b", "--tcp-port", 0)
    said = again.communicate(timeout=20)[1]
    assert again.returncode == 2
    assert said.count("\n") == 1
    assert "another process serves this board" in said
    served.send_signal(signal.SIGTERM)
    assert served.communicate(timeout=10)[1] == ""
    assert served.returncode == 0
    assert not Path(facts["device"]).is_symlink()


def test_ctrl_c_ends_it_without_a_traceback(board_model: Path, tmp_path: Path) -> None:
    served = start("--board", tmp_path, "--tcp-port", 0)
    assert "virtual ESP32 DevKit" in served.stdout.readline()
    wait_for(lambda: (tmp_path / "tty").is_symlink())
    os.killpg(served.pid, signal.SIGINT)
    assert served.communicate(timeout=10)[1] == ""
    assert served.returncode == 130


def test_the_page_says_what_to_type_next_and_commands_are_taken(
    board_model: Path, tmp_path: Path
) -> None:
    served = start("--board", tmp_path, "--wifi", "home:secret: 1", stdin=subprocess.PIPE)
    said, errors = served.communicate(
        "help\ncable out\nstate\nfly\nnoise 2\nquit\nstate\n", timeout=20
    )
    assert (served.returncode, errors) == (0, "")
    assert "make flash PORT=rfc2217://127.0.0.1:" in said
    assert f"FIRMWARE={tmp_path / 'stand-in.bin'}" in said
    assert "make monitor PORT=" in said
    assert "home, password: secret: 1" in said
    assert "the BOOT button" in said
    assert "  cable     out\n" in said
    assert "'fly': not a command here" in said
    assert "noise 2: a share of all bytes" in said
    assert said.count("  board     off\n") == 1  # nothing is done after quit


def test_a_taken_port_that_was_asked_for_is_one_line(board_model: Path, tmp_path: Path) -> None:
    with DevKit(tmp_path / "one") as kit:
        port = kit.url.rpartition(":")[2]
        second = start("--board", tmp_path / "two", "--tcp-port", port)
        said = second.communicate(timeout=20)[1]
    assert second.returncode == 2
    assert said == (
        f"inkling devkit: TCP port {port} cannot be used (Address already in use); "
        "choose another one\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tcp-port", "70000"),
        ("--wifi", "no-colon"),
        ("--wifi", "x" * 33 + ":y"),
        ("--chip", "z"),
    ],
)
def test_bad_arguments_are_told(arguments: tuple[str, str]) -> None:
    asked = start(*arguments)
    said = asked.communicate(timeout=20)[1]
    assert asked.returncode == 2
    assert said.count("\n") == 1


def test_every_switch_can_be_typed(tmp_path: Path) -> None:
    with DevKit(tmp_path, speed=8) as kit:

        def now(name: str, line: str) -> object:
            workbench.execute(kit, line)
            return workbench.state(kit)[name]

        assert now("cable", "cable out") == "out"
        assert now("cable", "cable in") == "in"
        assert now("power", "power off") == "off"
        assert now("power", "power on") == "on"
        assert now("boot", "boot hold") == "held"
        workbench.execute(kit, "reset")
        wait_for(lambda: kit.state == "loader")
        assert now("boot", "BOOT release") == "released"
        assert now("noise", "noise 0.25") == 0.25
        assert now("wifi", "wifi off") == "off"
        assert now("wifi", "wifi weak") == "-88 dBm"
        assert now("wifi", "wifi on") == "-52 dBm"
        assert now("ntp", "ntp off") == "off"
        workbench.execute(kit, "wifi password new one")
        assert kit.world.password == "new one"
        assert workbench.execute(kit, "  ") == ""
        for wrong in ("cable", "cable up", "noise", "noise x", "wifi password", "reset now"):
            with pytest.raises(UserError):
                workbench.execute(kit, wrong)
        with pytest.raises(workbench.Quit):
            workbench.execute(kit, "quit")
