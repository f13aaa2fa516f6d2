"""A serial port as the monitor's source: it outlives unplugging, it is kept in a log, it can restart the board."""

import os
import select
import termios
import threading
import time
from collections import deque
from contextlib import suppress
from typing import NamedTuple

from host.board import ports
from host.errors import UserError
from host.monitor.log import Log
from host.monitor.source import BUSY_BYTES, CHUNK_BYTES, GATHER_S, Reader

_RETRY_S = 0.5
_END_S = 2.0
_RESTART, _END = b"r", b"e"
# What a screen that stands still (Ctrl-S, a pager) may leave unread: 20 minutes at full rate.
_MOST_WAITING_BYTES = 16 << 20


class _Notice(NamedTuple):
    """Something of the line itself, and how the line is from then on."""

    text: str
    trouble: str
    log_trouble: str


class SerialSource(Reader):
    """Opens `port` at once (raises UserError) and again whenever it comes back.

    A thread of its own reads and keeps what comes, so that nothing is lost while the terminal, or
    whoever reads standard output, does not take more.
    """

    can_restart = True

    def __init__(self, port: str, log: Log | None = None) -> None:
        super().__init__()
        self._busy = True  # the thread lets bytes gather; nobody has to wait for more again
        self._name = port
        self._log = log
        self._port = ports.open_port(port)
        self._heard: deque[bytes | _Notice] = deque()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._ending = False
        self._ring, self._bell = os.pipe()  # for who reads
        self._called, self._call = os.pipe()  # for the thread
        self._told = _Notice("", "", "")
        self._flooded = False
        self._thread = threading.Thread(target=self._serve, name="serial", daemon=True)
        self._thread.start()

    def read(self, timeout_s: float, keyboard: int | None = None) -> tuple[bytes, bytes]:
        _, keys = self._wait(self._ring, timeout_s, keyboard)
        if self._failure:
            raise self._failure
        chunks = []
        with self._lock:
            while self._heard and isinstance(self._heard[0], bytes):
                chunks.append(self._heard.popleft())
            self._waiting_bytes -= sum(map(len, chunks))
            self._silence_bell()
        return b"".join(chunks), keys

    def notices(self) -> list[str]:
        said = []
        with self._lock:
            while self._heard and isinstance(self._heard[0], _Notice):
                notice = self._heard.popleft()
                said.append(notice.text)
                self.trouble, self.log_trouble = notice.trouble, notice.log_trouble
            self._silence_bell()
        return said

    def restart(self) -> None:
        os.write(self._call, _RESTART)

    def close(self) -> None:
        """Let go of the port; the board goes on."""
        os.write(self._call, _END)
        self._thread.join(_END_S)
        if not self._thread.is_alive():
            for descriptor in (self._ring, self._bell, self._called, self._call):
                os.close(descriptor)

    def _silence_bell(self) -> None:
        """Stop ringing once everything is fetched; with the lock held."""
        if not self._heard and select.select([self._ring], [], [], 0)[0]:
            os.read(self._ring, 1)

    def _tell(self, item: bytes | _Notice) -> None:
        with self._lock:
            if not self._heard:
                os.write(self._bell, b"!")
            self._heard.append(item)

    # From here on: the thread

    def _serve(self) -> None:
        try:
            while not self._ending:
                if self._port is None:
                    self._wait_for_port()
                else:
                    self._listen()
        except BaseException as error:
            self._failure = error
            self._tell(b"")
        finally:
            self._let_go()

    def _listen(self) -> None:
        """Wait for the next bytes, or for a call."""
        try:
            ready, _, _ = select.select([self._port.fileno(), self._called], [], [])
            if self._called in ready:
                self._answer_call()
                return
            if not self._flooded:
                time.sleep(GATHER_S)  # what comes within a moment is taken in one piece
            chunk = os.read(self._port.fileno(), CHUNK_BYTES)
            self._flooded = len(chunk) >= BUSY_BYTES
        except BlockingIOError:
            return
        except (OSError, termios.error):  # the second is how the flush of a lost port ends
            chunk = b""
        if chunk:
            self._keep(chunk)
        else:
            self._lost()

    def _answer_call(self) -> None:
        if os.read(self._called, 1) == _END:
            self._ending = True
        elif self._port is not None:
            ports.restart(self._port)
            self._say("board restarted")

    def _keep(self, chunk: bytes) -> None:
        if self._log:
            self._log.write(chunk)
            if self._log.trouble != self._told.log_trouble:
                text = self._log.trouble or (
                    f"log {self._log.folder}: kept again, "
                    f"{self._log.missing_bytes:,} bytes are missing"
                )
                self._say(text, log_trouble=self._log.trouble)
        with self._lock:
            room = self._waiting_bytes < _MOST_WAITING_BYTES
            self._waiting_bytes += len(chunk) if room else 0
        if room:
            self._tell(chunk)

    def _say(self, text: str, **changes: str) -> None:
        self._told = self._told._replace(text=text, **changes)
        self._tell(self._told)

    def _let_go(self) -> None:
        if self._port is not None:
            with suppress(OSError):
                self._port.close()
            self._port = None

    def _lost(self) -> None:
        self._let_go()
        trouble = f"unplugged, waiting for {self._name}"
        self._say(trouble, trouble=trouble)

    def _wait_for_port(self) -> None:
        if select.select([self._called], [], [], _RETRY_S)[0]:
            self._answer_call()
            return
        try:
            if ports.is_there(self._name):
                self._port = ports.open_port(self._name)
        except UserError as error:
            # The port is back, but not yet ours: rights come a moment later, if they come.
            if "://" not in self._name and str(error) != self._told.trouble:
                self._say(str(error), trouble=str(error))
        else:
            if self._port is not None:
                self._say(f"{self._name} is there again", trouble="")
