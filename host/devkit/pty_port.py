"""The board's USB port as a device file, a pseudo-terminal: for tools that want one. No DTR, no RTS."""

import contextlib
import os
import select
import termios
import threading
import time
import tty
from pathlib import Path

from host.devkit.line import START_BAUD, Line
from host.errors import UserError

_LOOK_S = 0.01
"""How often an unopened device is looked at; the kernel does not tell of an open."""
_READ_BYTES = 1024

_BAUDS = {
    getattr(termios, f"B{baud}"): baud
    for baud in (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
}


class PtyPort:
    """A device at `link` while the cable is in.

    port = PtyPort(line, folder / "tty")
    port.open(); port.close()
    """

    def __init__(self, line: Line, link: Path) -> None:
        self.link = link
        self._line = line
        self._master = -1
        self._using = threading.Lock()
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def baud(self) -> int:
        """What the program has set; a pseudo-terminal tells its other end."""
        with self._using, contextlib.suppress(termios.error):
            if self._master >= 0:
                return _BAUDS.get(termios.tcgetattr(self._master)[5], START_BAUD)
        return START_BAUD

    def send(self, data: bytes) -> None:
        # Nobody is told of an open or a close, so the state is asked for with every piece. A
        # program that does not read loses what does not fit, as with a real driver.
        with self._using, contextlib.suppress(OSError):
            if self._master >= 0 and self._is_open():
                os.write(self._master, data)

    def open(self) -> None:
        try:
            self._master = self._linked_terminal()
        except OSError as error:
            raise UserError(
                f"{self.link}: no pseudo-terminal can be had there ({error.strerror}); "
                "choose another --board"
            ) from None
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="pty", daemon=True)
        self._thread.start()

    def _linked_terminal(self) -> int:
        master, slave = os.openpty()
        try:
            tty.setraw(slave)
            settings = termios.tcgetattr(slave)
            settings[4] = settings[5] = termios.B115200
            termios.tcsetattr(slave, termios.TCSANOW, settings)
            beside = self.link.with_name(f".{self.link.name}.{os.getpid()}")
            beside.unlink(missing_ok=True)
            beside.symlink_to(os.ttyname(slave))
            beside.replace(self.link)
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        os.set_blocking(master, False)
        return master

    def close(self) -> None:
        if self._thread is None:
            return
        self.link.unlink(missing_ok=True)
        self._closing = True
        self._thread.join()
        self._thread = None

    def _is_open(self) -> bool:
        poll = select.poll()
        poll.register(self._master, 0)
        return not poll.poll(0)

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        was_open = False
        while not self._closing:
            events = dict(poll.poll(_LOOK_S * 1000)).get(self._master, 0)
            if events & select.POLLIN:
                was_open = True
                self._take()
            elif not events & select.POLLHUP:
                was_open = True
            else:
                if was_open:
                    was_open = False
                    # What the program left unread is not for the next one.
                    with contextlib.suppress(termios.error):
                        termios.tcflush(self._master, termios.TCIOFLUSH)
                time.sleep(_LOOK_S)
        with self._using:
            os.close(self._master)
            self._master = -1

    def _take(self) -> None:
        try:
            data = os.read(self._master, _READ_BYTES)
        except OSError:  # the last program closed it between poll and read
            return
        self._line.from_host(data, self.baud)
