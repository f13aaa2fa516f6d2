"""Runs scripts on the board and puts files there, by mpremote or by ampy: the same small interface to both."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from host.board import ports, pty_bridge, tool
from host.errors import UserError

NAMES = ("mpremote", "ampy")

# The tools wait up to 10 s for a prompt themselves; a script's slowest silent step is hashing a
# large file, or erasing flash.
_SCRIPT_SILENCE_S = 20.0
# While a file is sent nothing is said. Measured at 115200 baud: mpremote sends 2.7 kB a second,
# ampy 1.1; a busy PC or a flash that is being erased may halve that.
_FILE_SILENCE_S = 5.0
_MPREMOTE_BYTES_PER_S = 1300
_AMPY_BYTES_PER_S = 500

# ampy reads the script by its name; so does mpremote. It must not lie in a file: it may hold secrets.
_STANDARD_INPUT = "/dev/stdin"


# Neither tool checks what arrives: a damaged script must not run, it might remove the wrong file.
_GUARD = """
from binascii import hexlify
from hashlib import sha256
script = {script!r}
if hexlify(sha256(script).digest())[:{digits}] != {digest!r}:
    raise ValueError("the script came damaged")
exec(script)
"""
_GUARD_DIGITS = 16


class ToolFailed(Exception):
    """The tool did not do it while the port is still there; the text is its last words."""


class Uploader:
    """One of the tools, on one port. Raises ToolFailed, or UserError when the port is at fault."""

    name = ""

    def __init__(self, port: str, transcript: tool.Transcript) -> None:
        self._port = port
        self._transcript = transcript

    def run_script(self, script: str, private: bool = False) -> list[str]:
        """Run this on the board, after a soft reset; the lines that it prints.

        `private`: nothing of what it says is kept, because it knows a secret.
        """
        raise NotImplementedError

    def put(self, folder: Path, names: list[str], to: str, on_file: Callable[[str], None]) -> None:
        """Copy these files of `folder` into the board's folder `to`; `on_file` hears of each at its start."""
        raise NotImplementedError

    def _run(
        self,
        arguments: list[str],
        *,
        script: str = "",
        silence_s: float | Callable[[], float] = _SCRIPT_SILENCE_S,
        on_line: Callable[[str], object] = lambda line: None,
        private: bool = False,
    ) -> list[str]:
        done = tool.run(
            arguments,
            self._transcript,
            script=_guarded(script) if script else b"",
            silence_s=silence_s,
            on_line=on_line,
            private=private,
        )
        if done.status != 0:
            self._look_at_port()
            raise ToolFailed(_last_words(done, private))
        return done.lines

    def _look_at_port(self) -> None:
        ports.open_port(self._port).close()


class Mpremote(Uploader):
    """MicroPython's own tool."""

    name = "mpremote"

    def run_script(self, script: str, private: bool = False) -> list[str]:
        return self._run(
            ["mpremote", "connect", self._port, "run", _STANDARD_INPUT],
            script=script,
            private=private,
        )

    def put(self, folder: Path, names: list[str], to: str, on_file: Callable[[str], None]) -> None:
        start = f"cp {folder}/"
        silence_s = _SCRIPT_SILENCE_S

        def hear(line: str) -> None:
            nonlocal silence_s
            if line.startswith(start):
                name = line.removeprefix(start).split(" ")[0]
                silence_s = (
                    _FILE_SILENCE_S + (folder / name).stat().st_size / _MPREMOTE_BYTES_PER_S
                )
                on_file(name)

        self._run(
            [
                *("mpremote", "connect", self._port, "fs", "cp", "--force"),
                *(str(folder / name) for name in names),
                f":{to}/",
            ],
            on_line=hear,
            silence_s=lambda: silence_s,
        )


class Ampy(Uploader):
    """Adafruit's tool: one run for each file, and a device file as its port."""

    name = "ampy"

    def run_script(self, script: str, private: bool = False) -> list[str]:
        with self._device() as device:
            return self._ampy(device, ["run", _STANDARD_INPUT], script=script, private=private)

    def put(self, folder: Path, names: list[str], to: str, on_file: Callable[[str], None]) -> None:
        with self._device() as device:
            for name in names:
                on_file(name)
                path = folder / name
                silence_s = _FILE_SILENCE_S + path.stat().st_size / _AMPY_BYTES_PER_S
                self._ampy(device, ["put", str(path), f"{to}/{name}"], silence_s=silence_s)

    def _ampy(self, device: str, command: list[str], **options) -> list[str]:
        return self._run(["ampy.cli", "--port", device, *command], **options)

    @contextmanager
    def _device(self) -> Iterator[str]:
        try:
            with pty_bridge.device_for(self._port) as device:
                yield device
        except ToolFailed:
            super()._look_at_port()
            raise

    def _look_at_port(self) -> None:
        """Only after the bridge has let go of the port."""


def make(name: str, port: str, transcript: tool.Transcript) -> Uploader:
    """The uploader of this name."""
    kinds = {kind.name: kind for kind in (Mpremote, Ampy)}
    if name not in kinds:
        raise UserError(f"{name}: not an uploader; say {' or '.join(NAMES)}")
    return kinds[name](port, transcript)


def _guarded(script: str) -> bytes:
    data = script.encode()
    digest = hashlib.sha256(data).hexdigest()[:_GUARD_DIGITS].encode()
    return _GUARD.format(script=data, digits=_GUARD_DIGITS, digest=digest).encode()


def _last_words(done: tool.Done, private: bool) -> str:
    """The last line that says something: of a traceback on the board that is the exception."""
    if done.status is None:
        return "it stopped answering"
    said = [line.strip() for line in done.lines if line.strip()]
    return said[-1] if said and not private else "the tool gave up"
