"""Programs under test on a pseudo-terminal and in pipes, and the board's end of a serial line."""

import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
import time
import tty

PATIENCE_S = 60
"""Nothing here takes a second; a machine with much else to do may take its time."""

_ESCAPE = re.compile(rb"\x1b\[([?0-9;]*)([A-Za-z])")


def inkling(*args: str) -> list[str]:
    """The command that runs `inkling ARGS`."""
    return [sys.executable, "-W", "ignore", "-m", "host.cli", *args]


def heed_interrupts() -> None:
    """In a child: Ctrl-C counts, also where the tests run in a script's background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """Runs a command on a terminal of its own; everything that it writes is `heard`."""

    def __init__(self, *command: str, size=(30, 100)) -> None:
        self._master, slave = pty.openpty()
        self.size = size
        termios.tcsetwinsize(slave, size)
        self.modes = termios.tcgetattr(slave)
        self._slave = slave
        environment = {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
        # As a parent with readline exports them; the terminal itself is what counts.
        environment |= {"COLUMNS": "77", "LINES": "22"}
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, **environment},
            start_new_session=True,
            preexec_fn=self._own_terminal,
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

    @staticmethod
    def _own_terminal() -> None:
        heed_interrupts()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _listen(self) -> None:
        while True:
            try:
                self.heard += os.read(self._master, 65536)
            except OSError:
                return

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def resize(self, rows: int, columns: int) -> None:
        self.size = (rows, columns)
        termios.tcsetwinsize(self._slave, self.size)

    def ended(self) -> int:
        """Its exit status, which it has to come to by itself."""
        return self.process.wait(PATIENCE_S)

    def until(self, text: str, since: int = 0) -> None:
        """Wait until this is written, if only for a moment; `since` is an earlier `len(heard)`."""
        wait_for(
            lambda: text.encode() in self.heard[since:],
            lambda: self.heard[since:].decode(errors="replace"),
        )

    def until_shown(self, text: str) -> None:
        """Wait until this stands on the screen."""
        wait_for(lambda: text in "\n".join(self.screen()), self.screen)

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
        self.close()

    def close(self) -> None:
        os.close(self._master)

    def say(self, data: bytes) -> None:
        os.write(self._master, data)

    def hear(self, size: int = 4096) -> bytes:
        return os.read(self._master, size)


class Piped:
    """`inkling monitor ARGS` between pipes, once it listens to its port; `out` and `err` are heard.

    With `take_out=False` nobody takes what it writes until `take_out` is called; `before` runs in
    its process first.
    """

    def __init__(self, *args: str, take_out: bool = True, before=lambda: None) -> None:
        def prepare() -> None:
            heed_interrupts()
            before()

        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            inkling("monitor", *args), stdout=pipe, stderr=pipe, preexec_fn=prepare
        )
        self.out, self.err = bytearray(), bytearray()
        self._threads: list[threading.Thread] = []
        self._take(self.process.stderr, self.err)
        if take_out:
            self.take_out()
        wait_for(lambda: b"listening on" in self.err, lambda: self.err)

    def __enter__(self) -> "Piped":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()

    def take_out(self) -> None:
        self._take(self.process.stdout, self.out)

    def interrupt(self) -> int:
        """Ctrl-C; its exit status, with all it wrote in `out` and `err`."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(PATIENCE_S)
        for thread in self._threads:
            thread.join(PATIENCE_S)
        return status

    def _take(self, pipe, heard: bytearray) -> None:
        def take() -> None:
            while some := os.read(pipe.fileno(), 65536):
                heard.extend(some)

        self._threads.append(threading.Thread(target=take, daemon=True))
        self._threads[-1].start()


def wait_for(done, describe=lambda: "") -> None:
    """Wait until `done()`; fails with what `describe()` says instead."""
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline, describe()
        time.sleep(0.02)
