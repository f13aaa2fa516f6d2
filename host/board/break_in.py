"""Gets the attention of a board whatever it runs: a fresh start, and Ctrl-C until the REPL answers."""

import re
import time

from host.board import ports
from host.board.reading import read_some
from host.errors import UserError

_PROMPT = b">>> "
_KEY_EVERY_S = 0.05
_TIMEOUT_S = 12.0
_QUIET_S = 0.15
_MOST_QUIET_S = 1.0
_RESTARTING_S = 0.3  # a Ctrl-C before that would stop the restart
_FREED_S = 1.0
_KEPT_BYTES = 4096

_CTRL_C = b"\x03"
# For a board that may be in the raw REPL, where an interrupted tool left it.
_TO_FRIENDLY = b"\r\x03\x02"
_RESTART = b"import machine\rmachine.reset()\r"

# MicroPython's own words, before every prompt: each soft reset of a tool would say them anew, for ever.
_CORRUPTED = b"filesystem appears to be corrupted"
_BARE = re.compile(rb"invalid header|flash read err|No bootable app")


class NoPrompt(Exception):
    """The REPL did not answer. `bare`: the chip said that its flash holds no program at all."""

    def __init__(self, bare: bool) -> None:
        super().__init__("no prompt")
        self.bare = bare


def break_in(port: str, timeout_s: float = _TIMEOUT_S) -> None:
    """Leave the board at its prompt, freshly started: no thread and no watchdog of a program runs on.

    Raises NoPrompt, or UserError when the port is at fault.
    """
    with ports.open_port(port, timeout_s=0) as serial:
        try:
            if ports.has_reset_lines(serial):
                ports.restart(serial)
                _knock(serial, _CTRL_C, timeout_s)
            else:
                _knock(serial, _TO_FRIENDLY, timeout_s)
                serial.write(_RESTART)
                serial.flush()
                _pass_over(serial, _RESTARTING_S)  # the echo, which has prompts, too
                _knock(serial, _CTRL_C, timeout_s)
        except OSError as error:
            raise ports.explain(port, error) from None


def let_run(port: str) -> None:
    """Restart the board, so that it runs its application again; nothing if the port is gone.

    This is the last deed after a failure that is told already, so its own is not. A tool that was
    just stopped may hold the port a moment longer.
    """
    until = time.monotonic() + _FREED_S
    while True:
        try:
            with ports.open_port(port) as serial:
                return ports.restart(serial)
        except (OSError, UserError):
            if time.monotonic() > until:
                return
            time.sleep(_KEY_EVERY_S)


def no_micropython(port: str) -> UserError:
    """For a port over which MicroPython does not answer and cannot be written either."""
    return UserError(
        f"{port}: no MicroPython answers, and over this port esptool cannot reach the chip's "
        "loader; connect the board by USB and flash it there once"
    )


def no_answer(port: str, bare: bool) -> UserError:
    """For a chip that was just found to hold MicroPython, or given it."""
    if bare:
        return UserError(
            f"{port}: the chip finds no program in its flash although it was just verified; "
            "power it from another USB port or cable and repeat"
        )
    return UserError(
        f"{port}: MicroPython does not answer; erase the board with "
        f"`esptool --port {port} erase-flash` (its files and secrets go) and flash again"
    )


def _corrupted(port: str) -> UserError:
    return UserError(
        f"{port}: the board's file system is damaged, or another firmware's; erase it with "
        f"`esptool --port {port} erase-region 0x200000 0x200000` (MicroPython and secrets stay), "
        "then flash again"
    )


def _knock(serial, keys: bytes, timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    heard = b""
    while time.monotonic() < until:
        serial.write(keys)
        heard = (heard + _read(serial))[-_KEPT_BYTES:]
        if heard.endswith(_PROMPT):
            if _CORRUPTED in heard:
                raise _corrupted(serial.port)
            _wait_until_quiet(serial)
            return
    raise NoPrompt(bool(_BARE.search(heard)))


def _read(serial) -> bytes:
    """What comes within the pause between two keys; sooner if that ends with a prompt."""
    end = time.monotonic() + _KEY_EVERY_S
    data = b""
    while (rest := end - time.monotonic()) > 0 and not data.endswith(_PROMPT):
        data += read_some(serial, rest)
    return data


def _wait_until_quiet(serial) -> None:
    """The last keys may still be on their way; whoever comes next must not see their prompts."""
    until = time.monotonic() + _MOST_QUIET_S  # a thread of the program may talk on
    while time.monotonic() < until and read_some(serial, _QUIET_S):
        pass


def _pass_over(serial, pause_s: float) -> None:
    until = time.monotonic() + pause_s
    while (rest := until - time.monotonic()) > 0:
        read_some(serial, rest)
