"""Runs one of the serial tools as a subprocess: its lines as they come, no secret in its surroundings, a transcript."""

import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from host.cache import cache_folder

_CHUNK_BYTES = 65536
_END_S = 2.0  # how long a tool that is told to stop may take
# Settings of the tools that would change what they do, or that they have no business to see.
_OWN_VARIABLES = ("AMPY_", "ESPTOOL_", "INKLING_", "PYTHON")
# Wide, plain and unbuffered output, so that a line is one line and comes when it is said.
_PLAIN = {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "1000", "TERM": "dumb"}


@dataclass
class Done:
    """How a tool ended: `status` is None when it was stopped because nothing came for too long."""

    status: int | None
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Transcript:
    """What the tools of this run said, in a file outside the checkout; and on stderr with --verbose."""

    def __init__(self, path: Path | None = None, echo: bool = False) -> None:
        self.path = path or cache_folder("flash") / "last.log"
        self._echo = echo
        self._start = time.monotonic()
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")
        except OSError:  # a full or read-only disk must not keep a board from being flashed
            self._file = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115

    def add(self, text: str) -> None:
        """One line, with the time since the start."""
        line = f"{time.monotonic() - self._start:8.3f}  {text}"
        with suppress(OSError):
            print(line, file=self._file, flush=True)
        if self._echo:
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        self._file.close()


def run(
    arguments: list[str],
    transcript: Transcript,
    *,
    script: bytes = b"",
    silence_s: float | Callable[[], float],
    on_line: Callable[[str], object] = lambda line: None,
    noise: str = "",
    private: bool = False,
) -> Done:
    """Run `python -m` with these arguments and `script` on its standard input.

    It is stopped when nothing comes for `silence_s` seconds (or what that returns at the time).
    Lines that begin with `noise` are not kept.
    `private`: nothing is kept, because it might repeat a secret that the script holds.
    """
    transcript.add("$ " + " ".join(arguments))

    def keep(line: str) -> None:
        if not private and not (noise and line.startswith(noise)):
            transcript.add(line)

    tool = subprocess.Popen(
        [*_guard(), sys.executable, "-P", "-m", *_over_network(arguments), *arguments],
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Ctrl-C is for us, who stop the tool then: at the terminal's own it would print a traceback.
        start_new_session=True,
    )
    try:
        _give(tool, script)
        done = _follow(tool, silence_s, keep, on_line)
    finally:
        _stop(tool)
    transcript.add("stopped: silent for too long" if done.status is None else f"= {done.status}")
    return done


def _over_network(arguments: list[str]) -> list[str]:
    """What runs the tool, if its port is an RFC 2217 address."""
    network = any(argument.startswith("rfc2217://") for argument in arguments)
    return ["host.board.network_tool"] if network else []


def _guard() -> list[str]:
    """setpriv becomes the tool, and has it end when we do, however we end."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OWN_VARIABLES) or name == "PYTHONPATH"
    }
    return kept | _PLAIN


def _give(tool: subprocess.Popen, script: bytes) -> None:
    """The scripts are smaller than a pipe, so this does not wait."""
    try:
        tool.stdin.write(script)
        tool.stdin.close()
    except BrokenPipeError:
        pass  # it ended early, and its words say why


def _follow(
    tool: subprocess.Popen,
    silence_s: float | Callable[[], float],
    keep: Callable[[str], object],
    on_line: Callable[[str], object],
) -> Done:
    lines: list[str] = []
    rest = b""

    def take(raw: bytes) -> None:
        line = raw.decode("utf-8", "backslashreplace").strip("\x04").rstrip()
        lines.append(line)
        keep(line)
        on_line(line)

    with selectors.DefaultSelector() as selector:
        selector.register(tool.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(silence_s() if callable(silence_s) else silence_s):
                if rest:
                    take(rest)
                return Done(None, lines)
            chunk = os.read(tool.stdout.fileno(), _CHUNK_BYTES)
            if not chunk:
                break
            *whole, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
            for raw in whole:
                if raw:
                    take(raw)
    if rest:
        take(rest)
    return Done(tool.wait(), lines)


def _stop(tool: subprocess.Popen) -> None:
    if tool.poll() is None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(tool.pid, number)
                tool.wait(_END_S)
                break
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                break
    tool.stdout.close()
    tool.wait()
