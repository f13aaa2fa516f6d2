"""What the doctor finds on the board: port, chip, MicroPython, files, memory, Wi-Fi, certificate, clock."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from host.board import break_in, inventory, ports, tool
from host.board.claim import claim
from host.board.port_troubles import holders
from host.board.uploader import ToolFailed, Uploader, make
from host.doctor import prompt_facts
from host.doctor.finding import Finding, fail, ok, warn
from host.errors import UserError
from host.monitor.safe_text import safe_text
from host.progress import Quiet

_ESPTOOL_SILENCE_S = 60.0
_LEAST_FLASH_MB = 4
_LEAST_FREE_BYTES = 64 * 1024
_FILES_NAMED = 3
_FLASH = "make flash"
# The virtual board runs the MicroPython that it was built from, whatever is flashed.
_BOARD_MODEL = "(board model)"

Wait = Callable[[str], object]


class _Over(Exception):
    """Nothing more can be found out; the last finding says why."""


def findings(given: str | None, config: Path | None, wait: Wait) -> Iterator[Finding]:
    """One by one, as they are made; `wait` is told what takes long. The board runs on at the end."""
    transcript = tool.Transcript()
    claimed = ExitStack()
    port = ""
    stopped = False
    try:
        wait("Looking for the port")
        try:
            port = ports.choose(given)
            claimed.enter_context(claim(port))
            clock, has_lines = _first_look(port, wait)
        except UserError as error:
            said, _, remedy = str(error).partition("; ")
            yield fail("port", said, remedy or "plug the board in, or say --port PORT")
            return
        others = holders(port) if "://" not in port else []
        if others:
            yield warn("port", f"{port}, also open in {', '.join(others)}", "close that")
        else:
            yield ok("port", f"{port}, free to use{'' if has_lines else ', no reset lines'}")
        stopped = True
        yield from _chip(port, has_lines, transcript, wait)
        if clock.bare:
            yield fail("MicroPython", "the chip's flash holds none", _FLASH)
            raise _Over
        yield from _python(port, config, transcript, wait)
        stopped = False
        yield from _run(port, clock, transcript, wait)
    except _Over:
        pass
    except (UserError, ToolFailed) as error:
        yield fail("board", str(error), "repeat; another cable or USB port may help")
    finally:
        if stopped:
            break_in.let_run(port)
        transcript.close()
        claimed.close()
    if port:
        yield ok("restarted", "the board was restarted at the end")


def _first_look(port: str, wait: Wait) -> tuple[prompt_facts.Clock, bool]:
    """The board's clock, before anything restarts it, and whether the port has reset lines."""
    with ports.open_port(port) as serial:
        wait("Asking the board for the time")
        try:
            return prompt_facts.clock(serial), ports.has_reset_lines(serial)
        except OSError as error:
            raise ports.explain(port, error) from None


def _chip(
    port: str, has_lines: bool, transcript: tool.Transcript, wait: Wait
) -> Iterator[Finding]:
    if not has_lines:
        yield warn("chip", "not asked: esptool needs DTR and RTS", "use the USB port itself")
        return
    wait("Asking the chip")
    arguments = ["esptool", "--no-stub", "--after", "hard-reset", "--port", port, "flash-id"]
    done = tool.run(arguments, transcript, silence_s=_ESPTOOL_SILENCE_S)
    name = _found(r"Connected to (ESP\S+) on ", done.text)
    kind = _found(r"Chip type: +(.+)", done.text) or name
    mac = _found(r"\bMAC: +([0-9a-f:]{17})", done.text) or "unknown"
    size = _found(r"Detected flash size: (\S+)", done.text) or "unknown"
    if not name:
        yield fail(
            "chip",
            "no ESP32 answers esptool",
            "hold BOOT while it connects, try another cable, or say --port PORT",
        )
        raise _Over
    if name != "ESP32":
        yield fail("chip", f"{kind}, MAC {mac}", "Inkling is for the ESP32 (DOIT DevKit V1)")
        raise _Over
    yield ok("chip", f"{kind}, MAC {mac}")
    megabytes = int(_found(r"^(\d+)MB$", size) or 0)
    if megabytes < _LEAST_FLASH_MB:
        yield fail("flash", size, f"Inkling needs {_LEAST_FLASH_MB}MB: take another board")
    else:
        yield ok("flash", size)


def _python(
    port: str, config: Path | None, transcript: tool.Transcript, wait: Wait
) -> Iterator[Finding]:
    """What MicroPython tells at its prompt."""
    from host.flash import release, secrets

    wait("Stopping the application")
    try:
        break_in.break_in(port)
    except break_in.NoPrompt as silent:
        said = "the chip's flash holds none" if silent.bare else "does not answer"
        yield fail("MicroPython", said, _FLASH)
        raise _Over from None
    uploader = make("mpremote", port, transcript)
    wait("Reading the board's files")
    board = inventory.take(uploader, secrets.query({}))
    said = f"{board.version} on {board.machine}"
    if board.version == release.VERSION:
        yield ok("MicroPython", said)
    elif _BOARD_MODEL in board.machine:
        yield ok("MicroPython", f"{said}, in place of {release.VERSION}")
    else:
        yield warn("MicroPython", f"{said}; Inkling pins {release.VERSION}", _FLASH)
    yield from _files(board, uploader, port, config, wait)
    free, size = board.free_bytes, board.size_bytes
    said = f"{free:,} of {size:,} bytes free"
    if free < _LEAST_FREE_BYTES:
        yield warn("file system", said, "remove what you do not need: mpremote fs rm FILE")
    else:
        yield ok("file system", said)
    if board.secrets is None:
        yield warn("secrets", "this board has no NVS", "is it an ESP32?")
    elif secrets.missing(board):
        yield fail("secrets", "no Wi-Fi in NVS", "inkling secrets set wifi")
    else:
        yield ok("secrets", "Wi-Fi name and password are in NVS")


def _files(
    board, uploader: Uploader, port: str, config: Path | None, wait: Wait
) -> Iterator[Finding]:
    """The application against the checkout; then the facts of its memory and certificate."""
    from host.boardmodel import flash_folder
    from host.flash import install
    from host.settings import project

    wait("Comparing with the checkout")
    try:
        settings = project.load(config)
        arch = inventory.require_arch(board, port)
        wanted = flash_folder.files(arch, settings.config, settings.ca_der(Quiet()))
    except UserError as error:
        yield warn("application", f"not compared: {error}", "mend that and repeat")
    else:
        plan = install.plan(wanted, board)
        differ = sorted(plan.staged) + [f"{path} (too many)" for path in plan.obsolete]
        named = ", ".join(differ[:_FILES_NAMED]) + (", ..." if len(differ) > _FILES_NAMED else "")
        same = len(wanted) - len(plan.staged)
        if not any(path.startswith("firmware/") for path in board.files):
            yield fail("application", "not on the board", _FLASH)
        elif differ:
            said = f"{same} files as in the checkout, {len(differ)} not: {named}"
            yield warn("application", said, _FLASH)
        else:
            yield ok("application", f"all {same} files as in the checkout")
    wait("Reading memory and certificate")
    yield from prompt_facts.findings(uploader)


def _run(
    port: str, clock: prompt_facts.Clock, transcript: tool.Transcript, wait: Wait
) -> Iterator[Finding]:
    """Start the application again and listen how far it gets."""
    from host.board import boot_report

    wait("Restarting the board, and listening until it is connected")
    report = boot_report.restart_and_watch(port, lambda text: None, transcript)
    last = {(each.get("k"), each.get("st")): each for each in report.records}
    no_wifi = ("wifi", "join") in last and not report.wifi and not report.ok
    if report.wifi:
        said = f"joined, {report.wifi.get('rssi')} dBm, address {report.wifi.get('ip')}"
        yield prompt_facts.signal(report.wifi.get("rssi"), said)
    elif no_wifi:
        why = safe_text(last.get(("wifi", "down"), {}).get("why")) or report.line
        yield fail("Wi-Fi", why, "inkling secrets set wifi; the ESP32 hears 2.4 GHz only")
    yield prompt_facts.judged(clock, ("clock", "set") in last)
    if report.ok:
        yield ok("exchange", report.line)
    elif not no_wifi:  # which has been said
        yield fail("exchange", report.line, "inkling monitor shows more")


def _found(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text)
    return match[1].strip() if match else None
