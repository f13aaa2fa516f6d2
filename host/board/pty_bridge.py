"""Gives a port that is only an address (rfc2217://, socket://) a device file, for tools that need one."""

import os
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from host.board import ports
from host.board.reading import read_some

_CHUNK_BYTES = 4096
_LOOK_S = 0.05


@contextmanager
def device_for(port: str) -> Iterator[str]:
    """The path of a PTY behind which the port is; a port that is a device is given as it is."""
    if "://" not in port:
        yield port
        return
    with ports.open_port(port, timeout_s=0) as serial:
        bridge = _Bridge(serial)
        try:
            yield bridge.path
        finally:
            bridge.close()


class _Bridge:
    """Two threads between a PTY and an open port; when the port goes, so does the PTY."""

    def __init__(self, serial) -> None:
        self._serial = serial
        self._ours, self._theirs = os.openpty()
        # Raw: no echo, no line feeds made two. Their side stays open here: without any opener left,
        # reading ours would fail between two runs of the tool.
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=pump, daemon=True) for pump in (self._to_port, self._from_port)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        os.close(self._theirs)
        os.close(self._ours)

    def _to_port(self) -> None:
        while not self._stop.is_set():
            if not select.select([self._ours], [], [], _LOOK_S)[0]:
                continue
            try:
                self._serial.write(os.read(self._ours, _CHUNK_BYTES))
            except OSError:
                self._hang_up()

    def _from_port(self) -> None:
        rest = b""
        while not self._stop.is_set():
            try:
                rest = rest or read_some(self._serial, _LOOK_S)
                if rest and select.select([], [self._ours], [], _LOOK_S)[1]:
                    rest = rest[os.write(self._ours, rest) :]
            except BlockingIOError:
                continue
            except OSError:
                self._hang_up()

    def _hang_up(self) -> None:
        """The port is gone: the tool must not wait for an answer. A pipe's end takes the PTY's place."""
        self._stop.set()
        reader, writer = os.pipe()
        os.close(writer)
        os.dup2(reader, self._ours)  # closes our side, which the tool sees as a hang-up
        os.close(reader)
