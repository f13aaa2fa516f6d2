"""One run of `inkling flash`: what MicroPython, files and secrets the board lacks, one after the other."""

import argparse
import re
import sys
from dataclasses import dataclass, field

from host.board import boot_report, break_in, inventory, ports, tool
from host.board import uploader as uploaders
from host.board.break_in import NoPrompt
from host.board.inventory import Inventory
from host.board.uploader import ToolFailed
from host.boardmodel import flash_folder
from host.errors import UserError
from host.flash import chip, install, release, secrets
from host.flash.image import Image
from host.flash.steps import Steps
from host.settings import project

# A disturbed line makes the uploader fail now and then; each try goes on where the last one ended.
_TRIES = 3
_AWAKE_S = 4.0


@dataclass
class Outcome:
    """What was done, for people and for --json."""

    port: str
    chip: str = ""
    mac: str = ""
    micropython: str = ""
    wrote_micropython: bool = False
    files: int = 0
    sent: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    secrets: str = "unknown"  # same, changed, missing, none needed
    ok: bool = False
    line: str = ""
    boot: dict | None = None


def flash(args: argparse.Namespace, port: str, transcript: tool.Transcript) -> Outcome:
    """Have the board run this checkout; raises UserError when it cannot be brought there."""
    with ports.open_port(port) as serial:  # says what is wrong with it before any tool does
        has_lines = ports.has_reset_lines(serial)
    progress = Steps()
    settings = project.load(args.config)
    ca_der = settings.ca_der(progress)
    image = _image(args.firmware, progress) if has_lines else None
    if image is None and args.firmware:
        raise UserError(
            f"{port}: has no reset lines, so esptool cannot write --firmware over it; connect the "
            "board by USB"
        )
    flashing = _Flashing(args, port, progress, transcript)
    try:
        flashing.micropython(image)
        flashing.application(settings.config, ca_der)
    except BaseException:  # Ctrl-C too: the board is not to be left in its loader or at a prompt
        break_in.let_run(port)
        raise
    flashing.watch()
    return flashing.outcome


def _image(file: str | None, progress: Steps) -> Image:
    return release.given(file) if file else release.pinned(progress)


class _Flashing:
    """One run: its port, its tools, and what it has done so far."""

    def __init__(
        self, args: argparse.Namespace, port: str, progress: Steps, transcript: tool.Transcript
    ) -> None:
        self._args = args
        self._port = port
        self._progress = progress
        self._transcript = transcript
        self._uploader = uploaders.make(args.uploader, port, transcript)
        self._secrets = secrets.from_environment()
        self._to_send = self._to_send_before = sys.maxsize  # how many files, at the last look
        self.outcome = Outcome(port)

    def micropython(self, image: Image | None) -> None:
        """Have this MicroPython on the chip, or the one that is there; and the board at its prompt."""
        if image is None:
            self._progress.say(
                f"{self._port} has no reset lines: no esptool, the MicroPython there stays"
            )
            try:
                return break_in.break_in(self._port)
            except NoPrompt:
                raise break_in.no_micropython(self._port) from None
        with self._progress.step(f"Looking at the chip on {self._port}"):
            found = chip.examine(self._port, image, self._transcript)
        self.outcome.chip, self.outcome.mac = found.description, found.mac
        self._progress.say(f"  {found.description}, {found.flash_mb} MB flash, MAC {found.mac}")
        if found.lacking:
            chip.write(
                self._port,
                image.version,
                found.lacking,
                self._args.baud,
                self._progress,
                self._transcript,
            )
            self.outcome.wrote_micropython = True
        else:
            self._progress.say(f"MicroPython {image.version} is already there")
        try:
            break_in.break_in(self._port)
        except NoPrompt as silent:
            raise break_in.no_answer(self._port, silent.bare) from None

    def application(self, config: dict, ca_der: bytes) -> None:
        """Files and secrets."""
        tries = 0
        while True:
            try:
                return self._application(config, ca_der)
            except ToolFailed as error:
                tries = 1 if self._came_further() else tries + 1
                if tries < _TRIES and self._is_awake(error):
                    continue
                raise UserError(
                    f"{self._port}: {self._uploader.name} failed ({error}); nothing is lost, make "
                    "flash again goes on from here; if it fails there again, try another cable "
                    f"(details: {self._transcript.path})"
                ) from None

    def _came_further(self) -> bool:
        """Whether fewer files are left than at the failure before."""
        further = self._to_send < self._to_send_before
        self._to_send_before = self._to_send
        return further

    def _is_awake(self, error: Exception) -> bool:
        """Whether the board can be had again, after a line that was disturbed perhaps."""
        try:
            break_in.break_in(self._port, _AWAKE_S)
        except NoPrompt:
            return False
        self._progress.say(f"{self._uploader.name} failed ({error}); once more from there")
        return True

    def watch(self) -> None:
        """Restart the board and follow it to its first word from the exchange."""
        self._progress.say("Restarting the board")
        report = boot_report.restart_and_watch(self._port, self._progress.say, self._transcript)
        self.outcome.ok, self.outcome.line, self.outcome.boot = report.ok, report.line, report.boot

    def _application(self, config: dict, ca_der: bytes) -> None:
        with self._progress.step("Looking at the board's files"):
            board = self._take_inventory()
            if inventory.READY in board.files:
                install.finish_pending(self._uploader)
                board = self._take_inventory()
        self.outcome.micropython = board.version
        self.outcome.mac = self.outcome.mac or board.mac
        if not re.search(r"\bESP32\b", board.machine):  # where esptool could not look
            raise UserError(f"{self._port}: this is {board.machine}; Inkling needs an ESP32")
        wanted = flash_folder.files(inventory.require_arch(board, self._port), config, ca_der)
        inventory.check_version(board, wanted, self._port)
        self._ask_about_other_project(board)
        todo = install.plan(wanted, board)
        self.outcome.files = len(wanted)
        self._send(todo, wanted, board)
        self._provide_secrets(board)

    def _take_inventory(self) -> Inventory:
        return inventory.take(self._uploader, secrets.query(self._secrets))

    def _send(self, todo: install.Plan, wanted: dict[str, bytes], board: Inventory) -> None:
        if todo.nothing:
            self._progress.say(f"All {len(wanted)} files are already there")
            return
        install.check_space(todo, wanted, board, self._port)
        self._to_send = len(todo.send)
        self.outcome.sent = sorted({*self.outcome.sent, *todo.send})
        waiting = len(todo.staged) - len(todo.send)
        if waiting:
            self._progress.say(f"{waiting} of the files came whole the last time")
        try:
            install.carry_out(todo, self._uploader, self._progress)
        except ToolFailed as error:
            if install.is_full(error):
                raise install.full(wanted, board, self._port) from None
            raise
        self.outcome.removed = todo.obsolete
        self._progress.say(f"Installed: {_count(todo.staged)} new, {len(todo.obsolete)} removed")

    def _provide_secrets(self, board: Inventory) -> None:
        wanted = self._secrets
        if board.secrets is None:
            self.outcome.secrets = "none needed"
            return
        if not wanted and secrets.missing(board):
            if self._args.yes or self._args.json or not secrets.can_ask():
                self.outcome.secrets = "missing"
                self._progress.say(
                    "The board knows no Wi-Fi: set INKLING_WIFI_SSID and INKLING_WIFI_PASSWORD, "
                    "or run: inkling secrets set wifi"
                )
                return
            wanted = secrets.ask()
        self.outcome.secrets = "same"
        if wanted and secrets.differ(board, wanted) and secrets.store(self._uploader, wanted):
            self.outcome.secrets = "changed"
            self._progress.say("Wi-Fi name and password are in the board's NVS")

    def _ask_about_other_project(self, board: Inventory) -> None:
        """A main.py without our folder beside it is another project's."""
        ours = any(path.startswith(("firmware/", "new/")) for path in board.files)
        if self._args.yes or ours or "main.py" not in board.files:
            return
        question = f"{self._port}: the board has another project's main.py, which Inkling replaces"
        if not (sys.stdin and sys.stdin.isatty()):
            raise UserError(f"{question}; save it, then say --yes")
        print(f"{question}. Go on? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise UserError(f"{self._port}: left as it was; --yes replaces what is there")


def _count(things) -> str:
    return f"{len(things)} file{'' if len(things) == 1 else 's'}"
