"""`inkling devkit` as a user starts it: the page, what can be typed, and how it ends."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from devkit_command import ENDS_S, start, start_json
from devkit_tools import flash_directly, open_port, read_until, runs, wait_for

from host.devkit import stand_in_image, workbench
from host.devkit.devkit import DevKit
from host.errors import UserError


def test_it_serves_a_board_until_it_is_told_to_end(board_model: Path, tmp_path: Path) -> None:
    image = tmp_path / "fw.bin"
    served, facts = start_json("--board", tmp_path / "b", "--image", image)
    assert facts["url"].startswith("rfc2217://127.0.0.1:")
    assert (facts["chip"], facts["flash_mb"]) == ("esp32", 4)
    assert image.read_bytes()[0] == 0xE9
    for port in (facts["url"], facts["device"]):
        with open_port(port) as port:
            read_until(port, b"invalid header")
    again = start("--board", tmp_path / "b", "--tcp-port", 0)
    said = again.communicate(timeout=ENDS_S)[1]
    assert again.returncode == 2
    assert said.count("\n") == 1
    assert "another process serves this board" in said
    served.send_signal(signal.SIGTERM)
    assert served.communicate(timeout=ENDS_S)[1] == ""
    assert served.returncode == 0
    assert not Path(facts["device"]).is_symlink()


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGHUP, 0)]
)
def test_a_signal_ends_it_without_a_traceback(
    number: int, status: int, board_model: Path, tmp_path: Path
) -> None:
    served = start("--board", tmp_path, "--tcp-port", 0)
    assert "virtual ESP32 DevKit" in served.stdout.readline()
    assert (tmp_path / "tty").is_symlink()
    os.killpg(served.pid, number)
    assert served.communicate(timeout=ENDS_S)[1] == ""
    assert served.returncode == status
    assert not (tmp_path / "tty").is_symlink()


def test_a_signal_is_not_missed_however_early_it_comes() -> None:
    program = (
        "import signal\n"
        "from host.devkit.typed_lines import TypedLines\n"
        "with TypedLines() as typed:\n"
        "    signal.raise_signal(signal.SIGTERM)\n"
        "    print([*typed], typed.ended_by == signal.SIGTERM)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=ENDS_S,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[] True\n", "")


def test_ctrl_d_at_a_terminal_ends_it(board_model: Path, tmp_path: Path) -> None:
    ours, its = pty.openpty()
    served, _ = start_json("--board", tmp_path, "--no-kraken", stdin=its)
    os.write(ours, b"state\n\x04")
    said, errors = served.communicate(timeout=ENDS_S)
    os.close(ours)
    os.close(its)
    assert (served.returncode, errors) == (0, "")
    assert '"cable": "in"' in said


def test_killed_it_leaves_no_board_and_no_lock(board_model: Path, tmp_path: Path) -> None:
    with DevKit(tmp_path) as kit:
        flash_directly(kit, stand_in_image.make())
    served, facts = start_json("--board", tmp_path, "--no-kraken")
    with open_port(facts["device"]) as port:
        read_until(port, b">>> ")
    boards = [
        int(process)
        for children in Path(f"/proc/{served.pid}/task").glob("*/children")
        for process in children.read_text().split()
    ]
    assert boards and all(map(runs, boards))
    served.kill()
    served.communicate(timeout=ENDS_S)
    wait_for(lambda: not any(map(runs, boards)))
    again, facts = start_json("--board", tmp_path, "--no-kraken")
    with open_port(facts["device"]) as port:
        read_until(port, b">>> ")
    again.terminate()
    assert again.communicate(timeout=ENDS_S)[1] == ""


def test_a_full_disk_is_one_line(board_model: Path, tmp_path: Path) -> None:
    served = start("--board", tmp_path, "--tcp-port", 0, most_bytes=1_000_000)
    said = served.communicate(timeout=ENDS_S)[1]
    assert served.returncode == 2
    assert said.count("\n") == 1
    assert "cannot keep a board there (File too large)" in said


def test_the_page_says_what_to_type_next_and_commands_are_taken(
    board_model: Path, tmp_path: Path
) -> None:
    served = start("--board", tmp_path, "--wifi", "home:secret: 1", stdin=subprocess.PIPE)
    said, errors = served.communicate(
        "help\ncable out\nstate\nfly\nnoise 2\nquit\nstate\n", timeout=ENDS_S
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
        said = second.communicate(timeout=ENDS_S)[1]
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
    said = asked.communicate(timeout=ENDS_S)[1]
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
        for wrong in (
            *("cable", "cable up", "noise", "noise x", "noise nan", "reset now"),
            *("wifi password", "wifi password " + "x" * 65),
        ):
            with pytest.raises(UserError) as error:
                workbench.execute(kit, wrong)
            assert "\n" not in str(error.value)
        assert kit.world.password == "new one"
        with pytest.raises(workbench.Quit):
            workbench.execute(kit, "quit")
