"""MicroPython on the virtual DevKit: the real uploaders at its doors, and every kind of reset."""

import hashlib
import os
from pathlib import Path

import pytest
from devkit_tools import (
    ampy,
    flash_directly,
    mpremote,
    open_port,
    read_until,
    wait_for,
    written,
)

from host.devkit import stand_in_image
from host.devkit.devkit import DevKit

IMAGE = stand_in_image.make()


@pytest.fixture
def kit(tmp_path: Path):
    with DevKit(tmp_path / "board", speed=8) as kit:
        yield kit


@pytest.fixture
def micropython(kit: DevKit, board_model: Path) -> DevKit:
    """A board with MicroPython, at the line's own speed: the model's ring has the chip's size."""
    flash_directly(kit, IMAGE)
    kit.speed = 1
    kit.reset()
    wait_for(lambda: kit.state == "running")
    return kit


@pytest.mark.parametrize("door", ["url", "device"])
def test_mpremote_runs_and_copies(micropython: DevKit, door: str, tmp_path: Path) -> None:
    port = getattr(micropython, door)
    done = mpremote(port, "exec", "print(1+1)")
    assert (done.returncode, done.stdout.strip()) == (0, "2")
    data = os.urandom(3000)
    file = written(tmp_path, "data.bin", data)
    done = mpremote(port, "fs", "cp", file, ":data.bin", "+", "fs", "sha256sum", "data.bin")
    assert done.returncode == 0, done.stdout
    assert hashlib.sha256(data).hexdigest() in done.stdout
    assert micropython.world.rx_dropped == 0


def test_ampy_puts_lists_and_gets(micropython: DevKit, tmp_path: Path) -> None:
    data = "".join(f"line {n}\n" for n in range(200))
    file = written(tmp_path, "lines.txt", data.encode())
    assert ampy(micropython.device, "put", file).returncode == 0
    assert "/lines.txt" in ampy(micropython.device, "ls").stdout
    assert ampy(micropython.device, "get", "lines.txt").stdout.strip() == data.strip()


def test_every_reset_says_its_cause(micropython: DevKit) -> None:
    with open_port(micropython.device) as port:

        def after(typed: bytes, said: bytes, cause: int) -> bytes:
            """Type it; what came until `said`, after which the board has that reset cause."""
            port.write(typed)
            seen = read_until(port, said)
            if b">>> " not in seen.rpartition(said)[2]:  # it may have come along
                seen += read_until(port, b">>> ")
            port.write(b"import machine; print('cause', machine.reset_cause())\r")
            read_until(port, f"cause {cause}\r\n>>> ".encode())
            return seen

        after(b"\r", b">>> \r\n", 1)
        assert b"rst:" not in after(b"\x04", b"soft reboot", 5)
        after(b"machine.reset()\r", b"rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)", 2)
        after(b"wdt = machine.WDT(timeout=1000)\r", b"Task watchdog got triggered", 3)
        after(b"machine.deepsleep(200)\r", b"rst:0x5 (DEEPSLEEP_RESET)", 4)


def test_a_dead_board_model_is_a_panic_on_the_line(micropython: DevKit) -> None:
    writes_to_nowhere = (
        "import micropython\\n@micropython.viper\\ndef f():\\n p=ptr8(0)\\n p[0]=1\\nf()"
    )
    with open_port(micropython.device) as port:
        port.write(f"exec('{writes_to_nowhere}')\r".encode())
        seen = read_until(port, b"rst:0xc (SW_CPU_RESET)")
        assert b"Guru Meditation Error" in seen
        read_until(port, b">>> ")


def test_power_cut_and_cable_out_end_the_board(micropython: DevKit) -> None:
    kit = micropython
    kit.cut_power()
    wait_for(lambda: kit.state == "off")
    kit.restore_power()
    wait_for(lambda: kit.state == "running")
    kit.pull_cable()
    wait_for(lambda: kit.state == "off")
    kit.plug_cable()
    wait_for(lambda: kit.state == "running")
    assert mpremote(kit.device, "exec", "print('alive')").stdout.strip() == "alive"
