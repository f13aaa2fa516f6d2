"""Helpers of the tests of flashing: `inkling` as a user runs it, boards, and what is on them."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import host

SPEED = 8
"""The virtual line is so much faster than 115200 baud."""

WIFI = {"INKLING_WIFI_SSID": "studio", "INKLING_WIFI_PASSWORD": "open sesame"}
"""What the virtual DevKit's access point takes."""


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        return self.err.strip().splitlines()[-1]


class Inkling:
    """Runs `inkling` in a process of its own, with its own cache and without the user's secrets."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.folder = host.ROOT
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("INKLING_")
        }
        # mpy-cross's output and the board model are the machine's: only what flashing keeps is apart.
        real = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inkling"
        (cache / "inkling").mkdir(parents=True)
        for name in ("mpy", "board-model"):
            (real / name).mkdir(parents=True, exist_ok=True)
            (cache / "inkling" / name).symlink_to(real / name)
        self.environment["XDG_CACHE_HOME"] = str(cache)

    def use(self, checkout: Path) -> None:
        """Run this checkout from now on."""
        self.environment["PYTHONPATH"] = f"{checkout}:{checkout / 'lib'}"
        self.folder = checkout

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "host.cli", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: object, timeout_s: float = 120, **environment: str) -> Ran:
        process = self.start(*arguments, **environment)
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"inkling {' '.join(map(str, arguments))} did not end:\n{out}{err}")
        assert "Traceback" not in err.replace("Traceback on the board", ""), err
        return Ran(process.returncode, out, err)


class Flash:
    """`inkling flash` with this image and these settings, for a board of ours."""

    def __init__(self, inkling: Inkling, firmware: Path, settings: Path) -> None:
        self.inkling = inkling
        self.firmware = firmware
        self.settings = settings

    def arguments(self, kit, *more: object) -> list[object]:
        given = ["--firmware", self.firmware, "--config", self.settings]
        return ["flash", "--port", kit.url, *given, *more]

    def __call__(self, kit, *more: object, timeout_s: float = 120, **environment: str) -> Ran:
        return self.inkling(
            *self.arguments(kit, *more), timeout_s=timeout_s, **(environment or WIFI)
        )

    def outcome(self, kit, *more: object, **environment: str) -> dict:
        """What --json says of a run that must succeed."""
        ran = self(kit, "--json", *more, **environment)
        assert ran.status == 0, ran.err
        return json.loads(ran.out)


class Transfer(NamedTuple):
    """An undisturbed transfer: after how many bytes of it each file began, and how many there were."""

    starts: dict[str, int]
    total_bytes: int


def measured(process: subprocess.Popen, kit) -> tuple[Transfer, str]:
    """The transfer of a running `inkling flash`, and all that it says meanwhile."""
    starts: dict[str, int] = {}
    begun, total_bytes, said = None, 0, []
    for line in process.stderr:
        said.append(line)
        if line.startswith("Sending "):
            begun = kit.received
        elif begun is not None and (match := re.match(r"  \d+/\d+ (\S+)", line)):
            starts[match[1]] = kit.received - begun
        elif line.startswith("Installed"):
            total_bytes = kit.received - begun
    return Transfer(starts, total_bytes), "".join(said)


def wait_for(process: subprocess.Popen, words: str, timeout_s: float = 60) -> str:
    """The line of stderr in which the command says these words."""
    until = time.monotonic() + timeout_s
    said = []
    for line in process.stderr:
        said.append(line)
        if words in line:
            return line
        assert time.monotonic() < until
    pytest.fail(f"it ended without saying {words!r}, but: {''.join(said[-3:])}")


def complaint(process: subprocess.Popen, timeout_s: float = 120) -> str:
    """The one line with which the command gives up; no other complains, and none is a traceback."""
    out, err = process.communicate(timeout=timeout_s)
    assert process.returncode == 2 and not out, err
    lines = err.strip().splitlines()
    assert [line for line in lines if line.startswith("inkling flash: ")] == lines[-1:], err
    assert "Traceback" not in err
    return lines[-1]


def runs(kit) -> dict:
    """Restart the board: its boot record, once its application has reached the exchange."""
    from host.board import boot_report, tool

    transcript = tool.Transcript(kit.folder / "watch.log")
    try:
        report = boot_report.restart_and_watch(kit.url, lambda _: None, transcript)
    finally:
        transcript.close()
    assert report.ok, report.line
    return report.boot


def new_board(folder: Path, firmware: bytes | None = None, like: Path | None = None) -> Path:
    """A board's folder: bare, with MicroPython alone, or with the flash of another board."""
    from host.devkit.flash_image import MEGABYTE, FlashImage

    folder.mkdir(parents=True)
    if like is not None:
        shutil.copy(like / "flash.bin", folder / "flash.bin")
    elif firmware is not None:
        image = FlashImage(folder / "flash.bin", 4 * MEGABYTE)
        image.write(0x1000, firmware)
        image.close()
    return folder


def at_prompt(kit, script: str) -> list[str]:
    """What a script prints on the board, run by hand: by mpremote, at the prompt."""
    from host.board import tool, uploader
    from host.board.break_in import break_in

    break_in(kit.url)
    transcript = tool.Transcript(kit.folder / "by-hand.log")
    try:
        return uploader.make("mpremote", kit.url, transcript).run_script(script)
    finally:
        transcript.close()


def files_on(kit) -> dict[str, str]:
    """Every file of ours on the board, with its hash."""
    from host.board import inventory, tool, uploader
    from host.board.break_in import break_in

    break_in(kit.url)
    transcript = tool.Transcript(kit.folder / "by-hand.log")
    try:
        board = inventory.take(uploader.make("mpremote", kit.url, transcript), {})
    finally:
        transcript.close()
    return {path: file.sha256 for path, file in board.files.items()}
