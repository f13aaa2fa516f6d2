"""Powers a virtual board on: one process of the board model, from boot.py to the REPL, until it is reset."""

import os
import shutil
import subprocess
from enum import IntEnum
from functools import cache
from pathlib import Path

from host.boardmodel.build import board_model
from host.boardmodel.model import HEAP_BYTES
from host.errors import UserError

STAND_INS_BYTES = 2704
"""What the stand-ins of machine, network and the like take, which on the chip are not in the heap:
2,640 bytes by gc.mem_alloc() around their import, and the allocation table for them. The board
leaves them out of what it says of its heap, so that this is the chip's 56 KiB to any program."""

POWERED_HEAP_BYTES = HEAP_BYTES + STAND_INS_BYTES

_GREETING = b"inkling board 1\n"


class Ending(IntEnum):
    """How the process ended, if it did what the chip would call a reset; anything else is a panic."""

    SOFT_RESET = 21
    SOFT_RESET_RAW = 22
    RESET = 23
    WATCHDOG = 24
    DEEP_SLEEP = 25


class ResetCause(IntEnum):
    """Why a board starts, in the numbers of machine.reset_cause()."""

    PWRON = 1
    HARD = 2
    WDT = 3
    DEEPSLEEP = 4
    SOFT = 5


def power_on(
    folder: Path,
    cause: ResetCause = ResetCause.PWRON,
    raw_repl: bool = False,
    heap_bytes: int = POWERED_HEAP_BYTES,
    binary: Path | None = None,
) -> subprocess.Popen:
    """Start the board whose `flash.bin` and `world` lie in `folder`.

        board = power_on(folder, ResetCause.PWRON)
        board.stdin.write(b"print(1)\\r")
        board.wait() == Ending.RESET

    stdin is what arrives at its UART0, stdout what it sends, at the pace of its line. Closing
    stdin takes its power away, and so does the end of the thread that started it.
    """
    binary = binary or board_model()
    _require_board(binary)
    mode = "raw" if raw_repl else "friendly"
    setpriv = shutil.which("setpriv")
    guard = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    arguments = ["--power-on", folder.absolute(), int(cause), mode, heap_bytes]
    return subprocess.Popen(
        [*guard, *map(str, (binary, *arguments))],
        cwd="/",
        env={"TZ": "UTC", "PATH": os.defpath},
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


@cache
def _require_board(binary: Path) -> None:
    """A binary of the user's own may be any MicroPython that is good enough for the demo."""
    asked = subprocess.run(
        [binary, "--power-on"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if asked.stdout != _GREETING:
        raise UserError(
            f"{binary}: cannot be powered on as a board; unset INKLING_MICROPYTHON, so that "
            "Inkling builds a board model that can"
        )
