"""A pseudo-terminal with a program on it, and what stands on its screen."""

import fcntl
import os
import pty
import re
import subprocess
import sys
import termios
import threading
import time
import tty

_ESCAPE = re.compile(rb"\x1b\[([?0-9;]*)([A-Za-z])")


class Terminal:
    """Runs `python -m host.cli ARGS` on a terminal of its own; everything that it writes is `heard`."""

    def __init__(self, *args: str, size=(30, 100)) -> None:
        self._master, slave = pty.openpty()
        self.size = size
        termios.tcsetwinsize(slave, size)
        self.modes = termios.tcgetattr(slave)
        self._slave = slave
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "host.cli", *args],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.heard = bytearray()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._slave)
        os.close(self._master)

    def _listen(self) -> None:
        while True:
            try:
                self.heard += os.read(self._master, 65536)
            except OSError:
                return

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def until(self, text: str, timeout_s: float = 10) -> None:
        """Wait for this text; fails with what was heard instead."""
        wait_for(lambda: text.encode() in self.heard, timeout_s, lambda: self.heard.decode())

    def until_shown(self, text: str, timeout_s: float = 10) -> None:
        wait_for(lambda: text in "\n".join(self.screen()), timeout_s, lambda: self.screen())

    def is_as_it_was(self) -> bool:
        return termios.tcgetattr(self._slave) == self.modes

    def screen(self) -> list[str]:
        """The lines that stand on the screen, as far as this program's own sequences go."""
        rows, columns = self.size
        cells = [[" "] * columns for _ in range(rows)]
        row = column = 0
        rest = bytes(self.heard)
        while rest:
            if match := _ESCAPE.match(rest):
                if match[2] == b"H":
                    row, column = (int(each) - 1 for each in (match[1] or b"1;1").split(b";"))
                elif match[2] == b"J":
                    cells = [[" "] * columns for _ in range(rows)]
                rest = rest[match.end() :]
                continue
            plain = re.match(rb"[^\x1b]*", rest)[0] or rest[:1]
            for character in plain.decode(errors="replace"):
                if character in "\r\n":
                    row, column = (row + 1, 0) if character == "\n" else (row, 0)
                elif row < rows and column < columns:
                    cells[row][column] = character
                    column += 1
            rest = rest[len(plain) :]
        return ["".join(line) for line in cells]


class FakeBoard:
    """The other end of a pseudo-terminal: what the monitor takes for the board's serial port."""

    def __init__(self, link) -> None:
        self._link = link
        self.plug()

    def plug(self) -> None:
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(slave))
        os.close(slave)  # so that nobody but the monitor has it open

    def pull(self) -> None:
        self._link.unlink()
        os.close(self._master)

    def say(self, data: bytes) -> None:
        os.write(self._master, data)

    def hear(self, size: int = 4096) -> bytes:
        return os.read(self._master, size)


def wait_for(done, timeout_s: float = 10, describe=lambda: "") -> None:
    deadline = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline, describe()
        time.sleep(0.02)
