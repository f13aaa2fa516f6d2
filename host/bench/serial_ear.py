"""Reads what a board says, in a thread that does nothing else, and keeps when each record came."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator

from host.bench.cpu_clock import clock_of
from host.errors import UserError

_READ_BYTES = 1 << 16
_NAP_S = 0.005


class Ear:
    """Listens from now on; `stamps` has for each line when it was whole: on the clock, and on the board's CPU clock."""

    def __init__(self, board: subprocess.Popen) -> None:
        assert board.stdout
        self._file = board.stdout.fileno()
        self._clock = clock_of(board.pid)
        self._pieces: list[tuple[int, int, bytes]] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        read, pieces, clock = os.read, self._pieces, self._clock
        try:
            while piece := read(self._file, _READ_BYTES):
                pieces.append((time.monotonic_ns(), time.clock_gettime_ns(clock), piece))
        except OSError:  # the board has ended, and its clock with it
            return

    def lines(self) -> Iterator[tuple[int, int, bytes]]:
        """Of each whole line so far: nanoseconds on the clock, and of the board's CPU time; its text."""
        rest = b""
        for now_ns, cpu_ns, piece in list(self._pieces):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield now_ns, cpu_ns, line

    def until_live(self, count: int, timeout_s: float = 20.0) -> tuple[int, int]:
        """When so many books were LIVE, as in `lines`. Raises UserError when they are not in time."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            live = [
                (now_ns, cpu_ns)
                for now_ns, cpu_ns, line in self.lines()
                if line.startswith(b'{"k":"state"') and b'"LIVE"' in line
            ]
            if len(live) >= count:
                return live[count - 1]
            if not self._thread.is_alive():
                break
            time.sleep(_NAP_S)
        said = b" ".join(line for _, _, line in self.lines())[-300:].decode(errors="replace")
        raise UserError(f"the board model's books are not LIVE; it said: {said}")
