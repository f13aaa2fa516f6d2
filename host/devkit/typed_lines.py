"""The lines that are typed at a running command, until it is told to end; no signal to end is ever missed."""

import os
import select
import signal
import socket
from collections.abc import Iterator

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STDIN = 0
_READ_BYTES = 4096
_LINE_BYTES = 1000


class TypedLines:
    """
        with TypedLines() as typed:
            for line in typed: ...
        if typed.ended_by == signal.SIGINT: ...

    Ends with Ctrl-C, SIGTERM or a hang-up, and with Ctrl-D at a terminal; where standard input is
    none, its end ends nothing. A signal raises no exception: Python would lose one that came
    within an import or just before it waits. It is taken note of, and the waiting ends.
    """

    def __init__(self) -> None:
        self.ended_by: int | None = None

    def __enter__(self) -> "TypedLines":
        # The signal's number arrives here even when it comes between a look and a wait.
        self._wake, self._signalled = socket.socketpair()
        self._signalled.setblocking(False)
        self._wakeup_before = signal.set_wakeup_fd(self._signalled.fileno())
        self._before = {number: signal.signal(number, self._note) for number in _ENDING}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._wake.close()
        self._signalled.close()

    def _note(self, number: int, _frame: object) -> None:
        self.ended_by = number

    def __iter__(self) -> Iterator[str]:
        # Not sys.stdin: what it had read ahead, select would not see.
        sources: list = [self._wake, _STDIN] if _is_open(_STDIN) else [self._wake]
        typed = b""
        while True:
            ready = select.select(sources, [], [])[0]
            if self.ended_by is not None:
                return
            if self._wake in ready:
                self._wake.recv(_READ_BYTES)  # some other signal
            if _STDIN not in ready:
                continue
            data = _read()
            if not data:
                if os.isatty(_STDIN):
                    return
                sources.remove(_STDIN)
            *lines, typed = (typed + data).split(b"\n")
            typed = typed[-_LINE_BYTES:]
            for line in lines:
                yield line.decode(errors="replace")


def _is_open(file: int) -> bool:
    try:
        os.fstat(file)
    except OSError:
        return False
    return True


def _read() -> bytes:
    try:
        return os.read(_STDIN, _READ_BYTES)
    except OSError:  # the terminal is gone, or belongs to another program
        return b""
