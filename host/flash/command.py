"""`inkling flash`: from a bare chip, or an older state, to a board that runs this checkout."""

import argparse
import json
import re
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from host.board import uploader as uploaders
from host.errors import UserError
from host.flash.chip import WRITE_BAUD
from host.flash.steps import Steps

EXIT_BAD = 1

# A disturbed line makes the uploader fail now and then; each try goes on where the last one ended.
_TRIES = 3
_AWAKE_S = 4.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling flash\n  inkling flash --port /dev/ttyUSB0 --uploader ampy\n"
        "  inkling flash --firmware ESP32_GENERIC.bin\n\n"
        "Only what differs is sent; the old application stays until the new one is whole. Wi-Fi\n"
        "comes from INKLING_WIFI_SSID and INKLING_WIFI_PASSWORD, or is asked for when the board\n"
        "knows none. Exit status: 0 the board runs and has reached the exchange, 1 it runs but\n"
        "has not, 2 it could not be flashed."
    )
    add = parser.add_argument
    add("--port", metavar="PORT", help="the board's port (default: the only one there is)")
    add("--firmware", metavar="FILE", help="a MicroPython image instead of the pinned release")
    add(
        "--uploader",
        choices=uploaders.NAMES,
        default=uploaders.NAMES[0],
        help="the tool that sends the files (%(default)s)",
    )
    add(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings (default: inkling.toml of the checkout)",
    )
    add(
        "--baud",
        type=int,
        default=WRITE_BAUD,
        metavar="N",
        help="speed while MicroPython is written (%(default)s)",
    )
    add("--yes", action="store_true", help="ask nothing; replace another project's main.py")
    add("--json", action="store_true", help="the outcome as one JSON object")
    add("--verbose", action="store_true", help="also what esptool and the uploader say")


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


def run(args: argparse.Namespace) -> int:
    """0 when the board has reached the exchange, 1 when it says why it has not; else UserError."""
    from host.board import ports, tool
    from host.settings import project

    port = ports.choose(args.port)
    with ports.open_port(port) as serial:  # says what is wrong with it before any tool does
        has_lines = ports.has_reset_lines(serial)
    progress = Steps()
    transcript = tool.Transcript(echo=args.verbose)
    try:
        flashing = _Flashing(args, port, progress, transcript)
        settings = project.load(args.config)
        files = _own_files(settings.config, settings.ca_der(progress))
        flashing.micropython(has_lines)
        flashing.application(files)
        flashing.watch()
    finally:
        transcript.close()
    outcome = flashing.outcome
    if args.json:
        print(json.dumps(asdict(outcome), default=float))
    elif outcome.ok:
        print(f"The board runs and is {outcome.line}. Watch it: inkling monitor --port {port}")
    if not outcome.ok:
        print(f"inkling flash: {port}: {outcome.line}", file=sys.stderr)
    return 0 if outcome.ok else EXIT_BAD


class _Flashing:
    """One run: its port, its tools, and what it has done so far."""

    def __init__(self, args: argparse.Namespace, port: str, progress: Steps, transcript) -> None:
        from host.flash import secrets

        self._args = args
        self._port = port
        self._progress = progress
        self._transcript = transcript
        self._uploader = uploaders.make(args.uploader, port, transcript)
        self._secrets = secrets.from_environment()
        self._to_send = self._to_send_before = sys.maxsize  # how many files, at the last look
        self.outcome = Outcome(port)

    def micropython(self, has_lines: bool) -> None:
        """Have the right MicroPython on the chip, and the board at its prompt."""
        from host.board.break_in import NoPrompt, break_in, no_answer, no_micropython
        from host.flash import chip, release

        if not has_lines:
            if self._args.firmware:
                raise UserError(
                    f"{self._port}: has no reset lines, so esptool cannot write --firmware over "
                    "it; connect the board by USB"
                )
            self._progress.say(
                f"{self._port} has no reset lines: no esptool, the MicroPython there stays"
            )
            try:
                return break_in(self._port)
            except NoPrompt:
                raise no_micropython(self._port) from None
        image = (
            release.given(self._args.firmware)
            if self._args.firmware
            else release.pinned(self._progress)
        )
        with self._progress.step(f"Looking at the chip on {self._port}"):
            found = chip.examine(self._port, image, self._transcript)
        self.outcome.chip, self.outcome.mac = found.description, found.mac
        self._progress.say(f"  {found.description}, {found.flash_mb} MB flash, MAC {found.mac}")
        if found.holds_image:
            self._progress.say(f"MicroPython {image.version} is already there")
        else:
            chip.write(self._port, image, self._args.baud, self._progress, self._transcript)
            self.outcome.wrote_micropython = True
        try:
            break_in(self._port)
        except NoPrompt as silent:
            raise no_answer(self._port, silent.bare) from None

    def application(self, own: dict[str, bytes]) -> None:
        """Files and secrets. Whatever fails, the board is left running what it has."""
        from host.board import break_in
        from host.board.uploader import ToolFailed

        tries = 0
        while True:
            try:
                return self._application(own)
            except ToolFailed as error:
                tries = 1 if self._came_further() else tries + 1
                if tries < _TRIES and self._is_awake(error):
                    continue
                break_in.let_run(self._port)
                raise UserError(
                    f"{self._port}: {self._uploader.name} failed ({error}); the old application "
                    "stands, make flash again goes on from here; if it fails there again, try "
                    f"another cable (details: {self._transcript.path})"
                ) from None
            except (UserError, KeyboardInterrupt):
                break_in.let_run(self._port)
                raise

    def _came_further(self) -> bool:
        """Whether fewer files are left than at the failure before."""
        further = self._to_send < self._to_send_before
        self._to_send_before = self._to_send
        return further

    def _is_awake(self, error: Exception) -> bool:
        """Whether the board can be had again, after a line that was disturbed perhaps."""
        from host.board.break_in import NoPrompt, break_in

        try:
            break_in(self._port, _AWAKE_S)
        except NoPrompt:
            return False
        self._progress.say(f"{self._uploader.name} failed ({error}); once more from there")
        return True

    def watch(self) -> None:
        """Restart the board and follow it to its first word from the exchange."""
        from host.board import boot_report

        self._progress.say("Restarting the board")
        report = boot_report.restart_and_watch(self._port, self._progress.say, self._transcript)
        self.outcome.ok, self.outcome.line, self.outcome.boot = report.ok, report.line, report.boot

    def _application(self, own: dict[str, bytes]) -> None:
        from host.board import inventory
        from host.boardmodel import flash_folder
        from host.flash import install

        with self._progress.step("Looking at the board's files"):
            board = self._take_inventory()
            if inventory.READY in board.files:
                install.finish_pending(self._uploader)
                board = self._take_inventory()
        self.outcome.micropython = board.version
        self.outcome.mac = self.outcome.mac or board.mac
        if not re.search(r"\bESP32\b", board.machine):  # where esptool could not look
            raise UserError(f"{self._port}: this is {board.machine}; Inkling needs an ESP32")
        modules = flash_folder.modules(inventory.require_arch(board, self._port))
        inventory.check_version(board, modules.values(), self._port)
        wanted = own | modules
        self._ask_about_other_project(board)
        todo = install.plan(wanted, board)
        self.outcome.files = len(wanted)
        self._send(todo, wanted, board)
        self._provide_secrets(board)

    def _take_inventory(self):
        from host.board import inventory
        from host.flash import secrets

        return inventory.take(self._uploader, secrets.query(self._secrets))

    def _send(self, todo, wanted: dict[str, bytes], board) -> None:
        from host.board.uploader import ToolFailed
        from host.flash import install

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

    def _provide_secrets(self, board) -> None:
        from host.flash import secrets

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

    def _ask_about_other_project(self, board) -> None:
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


def _own_files(config: dict, ca_der: bytes) -> dict[str, bytes]:
    """What is sent as it is: the two scripts, the settings, the certificate."""
    from host import ROOT

    scripts = {name: (ROOT / name).read_bytes() for name in ("boot.py", "main.py")}
    rendered = json.dumps(config, separators=(",", ":"), sort_keys=False)
    return scripts | {"config.json": rendered.encode(), "ca.der": ca_der}


def _count(things) -> str:
    return f"{len(things)} file{'' if len(things) == 1 else 's'}"
