"""Runs the firmware, or a test program, on the board model; the firmware on CPython."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from host import ROOT
from host.boardmodel.build import board_model

HEAP_BYTES = 56 * 1024
"""The Python heap that the stock ESP32 firmware starts with; ours has to live in it."""

_TEST_HEAP_BYTES = 4 * 1024 * 1024

# execfile runs a script in __main__ and leaves nothing behind, which is what the board does with
# boot.py and main.py; `import` would keep a module object of each (some 130 bytes of the heap).
_POWER_ON = "execfile('boot.py');execfile('main.py')"
_POWER_ON_CPYTHON = """
import runpy
import sys
sys.path.insert(0, sys.argv.pop())
import host
for script in ("boot.py", "main.py"):
    runpy.run_path(str(host.ROOT / script), run_name="__main__")
"""


class ScriptFailed(Exception):
    """A test program ended with a traceback or did not end; the text is all that it printed."""


def start(
    folder: Path, heap_bytes: int = HEAP_BYTES, binary: Path | None = None
) -> subprocess.Popen:
    """Power on: boot.py, then main.py of a flash folder; stdin and stdout are the serial line.

        board = start(folder)
        for line in board.stdout: ...
        stop(board)

    Bytes come as they are printed. The board is switched off with the thread that started it.
    """
    # sys.path becomes ['', '.frozen', 'lib'], the board's own with its root folder as '.'.
    return _popen(
        [binary or board_model(), "-X", f"heapsize={heap_bytes}", "-c", _POWER_ON],
        folder,
        {"MICROPYPATH": ".frozen:lib", "TZ": "UTC"},
    )


def start_cpython(folder: Path) -> subprocess.Popen:
    """The checkout's boot.py and main.py on CPython, with the settings of a folder."""
    return _popen([sys.executable, "-u", "-c", _POWER_ON_CPYTHON, ROOT], folder, dict(os.environ))


def stop(board: subprocess.Popen, timeout_s: float = 2) -> int:
    """Switch the board off, whatever it is doing; the exit status of its process."""
    board.terminate()
    try:
        return board.wait(timeout_s)
    except subprocess.TimeoutExpired:
        board.kill()
        return board.wait()
    finally:
        for pipe in (board.stdin, board.stdout):
            if pipe:
                pipe.close()


def run_script(
    script: str | Path,
    *args: object,
    heap_bytes: int = _TEST_HEAP_BYTES,
    folder: Path | None = None,
    binary: Path | None = None,
    timeout_s: float = 60,
) -> str:
    """Run a test program, a file or its text, on the board model; what it printed.

        run_script("import lib_module; print(lib_module.answer())")

    `firmware` and the modules of lib/ are imported from the checkout's source, or from the flash
    folder `folder`, which then also is the current one.
    """
    path = f".frozen:{ROOT / 'lib'}:{ROOT}" if folder is None else ".frozen:lib:."
    with tempfile.TemporaryDirectory() as scratch:
        if isinstance(script, str):
            file = Path(scratch) / "script.py"
            file.write_text(script)
        else:
            file = script.absolute()
        command = [binary or board_model(), "-X", f"heapsize={heap_bytes}", file, *map(str, args)]
        try:
            done = subprocess.run(
                command,
                cwd=folder or scratch,
                env={"MICROPYPATH": path, "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            text = (late.stdout or b"").decode(errors="replace")
            raise ScriptFailed(f"{text}\nstill running after {timeout_s} s") from None
    text = done.stdout.decode(errors="replace")
    if done.returncode:
        raise ScriptFailed(f"{text}\nexit status {done.returncode}")
    return text


def _popen(command: list, folder: Path, environment: dict[str, str]) -> subprocess.Popen:
    # setpriv replaces itself with the command, which then ends when this process does.
    setpriv = shutil.which("setpriv")
    guard = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    return subprocess.Popen(
        [*guard, *map(str, command)],
        cwd=folder,
        env=environment,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Ctrl-C is for the program that shows the board, not for the board.
        start_new_session=True,
    )
