"""What the tests of the virtual DevKit share: the real tools as subprocesses, and a look at the line."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import serial

from host.devkit.devkit import DevKit

BAUD = 115200
_TOOL_TIMEOUT_S = 90
_NO_LINES = ("--before", "no-reset", "--after", "no-reset")
_IMPATIENT = b"[esptool]\ntimeout = 0.5\nconnect_attempts = 2\n"


def esptool(port: object, *arguments: object) -> subprocess.CompletedProcess:
    """The real esptool, without its stub; the text is stdout and stderr together."""
    return _run("esptool", "--port", port, "--no-stub", *arguments)


def loader(kit: DevKit, *arguments: object) -> subprocess.CompletedProcess:
    """esptool at the PTY: quick, but somebody has to hold BOOT and press EN."""
    _enter_loader(kit)
    impatient = written(kit.folder, "esptool.cfg", _IMPATIENT)
    return _run(
        "esptool",
        *("--port", kit.device, "--no-stub", *_NO_LINES, *arguments),
        environment={"ESPTOOL_CFGFILE": str(impatient)},
    )


def loader_with_stub(kit: DevKit, *arguments: object) -> subprocess.CompletedProcess:
    """The same as people call it, with the stub that is its default."""
    _enter_loader(kit)
    return _run("esptool", "--port", kit.device, *_NO_LINES, *arguments)


def _enter_loader(kit: DevKit) -> None:
    kit.press_boot()
    kit.reset()
    kit.release_boot()


def mpremote(port: object, *arguments: object) -> subprocess.CompletedProcess:
    return _run("mpremote", "connect", port, *arguments)


def ampy(port: object, *arguments: object) -> subprocess.CompletedProcess:
    return _run("ampy.cli", "-p", port, *arguments)


def _run(
    module: str, *arguments: object, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TOOL_TIMEOUT_S,
        check=False,
    )


def open_port(port: object, baud: int = BAUD) -> serial.Serial:
    return serial.serial_for_url(str(port), baudrate=baud, timeout=0.02)


def read_until(port: serial.Serial, text: bytes, timeout_s: float = 10) -> bytes:
    """All that comes until `text` is in it; fails when it does not come."""
    seen = b""
    deadline = time.monotonic() + timeout_s
    while text not in seen:
        assert time.monotonic() < deadline, f"{text!r} did not come, but {seen!r}"
        seen += port.read(max(1, port.in_waiting))
    return seen


def read_for(port: serial.Serial, seconds: float) -> bytes:
    seen = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen += port.read(max(1, port.in_waiting))
    return seen


def wait_for(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def runs(process: int) -> bool:
    """Whether the process of that number lives; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # gone before, or between open and read
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def flash_directly(kit: DevKit, image: bytes, offset: int = 0x1000) -> None:
    """As a factory would: without the line."""
    kit.flash.erase(offset, len(image))
    kit.flash.write(offset, image)


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
