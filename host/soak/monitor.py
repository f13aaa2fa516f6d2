"""`inkling monitor` beside a board, a process of its own on a pseudo-terminal: it must live, and agree in the end."""

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import tty
from collections import Counter
from pathlib import Path

from host.errors import UserError
from host.monitor.records import decode
from host.soak.story import Story

_READY_S = 30.0
# A monitor that takes nothing for so long has stopped.
_TAKES_S = 10.0
_END_S = 20.0
_POLL_S = 0.02
_TAIL_BYTES = 1 << 16
# No record: the monitor hands it on as it is, and then has read all that stood before it.
_LAST_LINE = b"# the soak has ended\n"

_TOTALS = re.compile(r": ([\d,]+) records, ([\d,]+) signals?, ([\d,]+) other lines?")
_PAIR = re.compile(r"^  (\S+) +([A-Z]+) .*?([\d,]+) +([\d,]+) +([\d,]+)$", re.MULTILINE)
_SIDES = ("BUY", "SELL", "FLAT")


class Monitor:
    """Watches what is handed to `hear`; `close` ends it, and then `trouble` says what was wrong with it.

    What it prints is kept in `file`.
    """

    def __init__(self, file: Path):
        self.trouble: str | None = "it was never asked"
        self.lines = 0
        self._file = file
        self._signals: Counter[tuple[str, str]] = Counter()
        self._master = -1
        self._is_stuck = False

    def start(self) -> None:
        """Return when it listens; raises UserError if it does not come to that."""
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        command = [sys.executable, "-m", "host.cli", "monitor", "--plain", "--port"]
        # setpriv replaces itself with the command, which then ends when this process does.
        setpriv = shutil.which("setpriv")
        guard = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        with self._file.open("wb") as out:
            self.process = subprocess.Popen(
                [*guard, *command, os.ttyname(slave)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is the soak's
            )
        # As long as nobody else has the port open, its other end says so.
        os.close(slave)
        if not self._until(lambda: not self._has(select.POLLHUP), _READY_S):
            self.process.kill()
            os.close(self._master)
            raise UserError(f"inkling monitor does not begin: {self._said()[-200:].strip()}")

    def hear(self, line: bytes) -> None:
        """A line of the board; never waits for long."""
        if self._master < 0:
            return
        self.lines += 1
        record = decode(line.rstrip(b"\r\n"))
        if record and record["k"] == "signal":
            self._signals[record["p"], record["side"]] += 1
        self._write(line)

    def close(self, story: Story) -> None:
        """Let it read all, end it as a person would, and compare what it says with `story`."""
        if self._master < 0:
            return
        self._write(_LAST_LINE)
        is_there = self._until(lambda: _LAST_LINE.decode() in self._said(), _END_S)
        died = self.process.poll()
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        os.close(self._master)
        self._master = -1
        said = self._said()
        if died is not None:
            self.trouble = f"it ended with status {died}: {said[-200:].strip()}"
        elif not is_there:
            self.trouble = "it stopped reading"
        elif status:
            self.trouble = f"Ctrl-C ended it with status {status}"
        else:
            self.trouble = self._disagreement(said, story)

    def _disagreement(self, said: str, story: Story) -> str | None:
        """The first thing in which its summary is not what the board said."""
        summary = said[said.rindex(_LAST_LINE.decode()) :]
        totals = _TOTALS.search(summary)
        if not totals:
            return "it ended without its summary"
        records, signals, others = (_number(each) for each in totals.groups())
        # The last line was ours.
        if records + others - 1 != self.lines:
            return f"{records + others - 1:,} lines counted of {self.lines:,}"
        if signals != self._signals.total():
            return f"{signals:,} signals counted of {self._signals.total():,}"
        rows = {row[0]: row[1:] for row in _PAIR.findall(summary)}
        for pair, state in story.states.items():
            shown = rows.get(pair)
            if shown is None or shown[0] != state:
                return f"{pair} is {state}, it says {shown[0] if shown else 'nothing'}"
            counts = [self._signals[pair, side] for side in _SIDES]
            if [_number(each) for each in shown[1:]] != counts:
                return f"{pair} had {counts} signals to buy, sell and be flat, it says {shown[1:]}"
        return None

    def _write(self, data: bytes) -> None:
        """All of it, unless the monitor takes no more; then it is told nothing any more."""
        while data and not self._is_stuck:
            with contextlib.suppress(OSError):  # there is no room, or nobody has it open
                data = data[os.write(self._master, data) :]
            # What nobody reads fills up, and stays so.
            self._is_stuck = bool(data) and not self._has(select.POLLOUT, _TAKES_S)

    def _has(self, event: int, timeout_s: float = 0.0) -> bool:
        poll = select.poll()
        poll.register(self._master, event)
        return any(found & event for _, found in poll.poll(timeout_s * 1000))

    def _until(self, condition, timeout_s: float) -> bool:
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline_s:
                return False
            time.sleep(_POLL_S)
        return True

    def _said(self) -> str:
        """Its last words."""
        with self._file.open("rb") as file:
            file.seek(max(0, self._file.stat().st_size - _TAIL_BYTES))
            return file.read().decode(errors="replace")


def _number(text: str) -> int:
    return int(text.replace(",", ""))
