"""A serial port behind RFC 2217: pyserial's, read in whole chunks, with a descriptor to wait on."""

import fcntl
import os
import select
import socket
import struct
import termios
import warnings
from contextlib import suppress

from serial import SerialException, rfc2217
from serial.rfc2217 import DO, DONT, IAC, SB, SE, WILL, WONT

_CHUNK_BYTES = 4096
_NEGOTIATION = (DO[0], DONT[0], WILL[0], WONT[0])


class NetworkPort(rfc2217.Serial):
    """pyserial hands every byte through a queue of its own, which costs a tenth of a core at full rate."""

    def __init__(self, *args, **kwargs) -> None:
        self._here: socket.socket | None = None
        self._opening = False
        super().__init__(*args, **kwargs)

    def open(self) -> None:
        self._here, self._there = socket.socketpair()
        self._opening = True
        try:
            with warnings.catch_warnings():
                # pyserial sets its thread's name in the way of Python 2.
                warnings.simplefilter("ignore", DeprecationWarning)
                super().open()
        except BaseException:
            self._drop_pair()
            raise
        finally:
            self._opening = False

    @property
    def timeout(self) -> float | None:
        return self._timeout

    @timeout.setter
    def timeout(self, timeout_s: float | None) -> None:
        """How long a read waits is ours alone.

        pyserial sends all settings anew then and waits for the answers, 0.1 s, which esptool does
        twice for each of its hundreds of commands.
        """
        self._timeout = timeout_s

    def _update_dtr_state(self) -> None:
        """pyserial opens with DTR, then RTS; where both are let go of, that would reset the board."""
        if self._opening and not self._rts_state:
            self._update_rts_state()
        super()._update_dtr_state()

    def close(self) -> None:
        """Let go of the lines in the order that does not reset the board: a server may do it in the other."""
        there = self.is_open and self._thread is not None and self._thread.is_alive()
        if there and (self.rts or self.dtr):
            with suppress(OSError):
                self.rts = False
                self.dtr = False
        super().close()
        self._drop_pair()

    def fileno(self) -> int:
        """What becomes readable when bytes have come or the connection has ended."""
        if self._here is None:
            raise SerialException("port is not open")
        return self._here.fileno()

    @property
    def in_waiting(self) -> int:
        """How many bytes can be read at once; 1 at the connection's end, for `read` to tell of it."""
        count = struct.unpack("i", fcntl.ioctl(self.fileno(), termios.FIONREAD, bytes(4)))[0]
        return count or len(select.select([self.fileno()], [], [], 0)[0])

    def read(self, size: int = 1) -> bytes:
        """Up to `size` bytes, waiting for them no longer than the timeout."""
        data = bytearray()
        timeout = rfc2217.Timeout(self._timeout)
        while len(data) < size:
            ready, _, _ = select.select([self.fileno()], [], [], timeout.time_left())
            if not ready:
                break
            chunk = os.read(self.fileno(), size - len(data))
            if not chunk:
                if data:
                    break
                raise SerialException("connection closed (device disconnected)")
            data += chunk
        return bytes(data)

    def reset_input_buffer(self) -> None:
        super().reset_input_buffer()
        while self.in_waiting and os.read(self.fileno(), _CHUNK_BYTES):
            pass

    def _drop_pair(self) -> None:
        if self._here is not None:
            self._here.close()
            self._there.close()
            self._here = None

    def _telnet_read_loop(self) -> None:
        """pyserial's reader thread: data to whoever reads, commands to pyserial's own methods."""
        rest = b""
        try:
            while self.is_open:
                try:
                    data = self._socket.recv(_CHUNK_BYTES)
                except TimeoutError:
                    continue
                if not data:
                    break
                rest = self._take(rest + data)
        except OSError:
            pass  # closed by us, or the connection broke: the reader sees the end either way
        finally:
            with suppress(OSError):
                self._there.shutdown(socket.SHUT_WR)

    def _take(self, data: bytes) -> bytes:
        """Pass on what is whole; return the beginning of a command that is not."""
        while data:
            plain, mark, after = data.partition(IAC)
            if plain:
                self._there.sendall(plain)
            if not mark:
                return b""
            if not after:
                return mark
            command = after[:1]
            if command == IAC:
                self._there.sendall(IAC)
                data = after[1:]
            elif command == SB:
                # Within it, 0xFF is sent twice, so the first IAC SE that is not half of such ends it.
                end = _end_of_suboption(after)
                if end < 0:
                    return mark + after
                self._telnet_process_subnegotiation(after[1:end].replace(IAC + IAC, IAC))
                data = after[end + 2 :]
            elif command[0] in _NEGOTIATION:
                if len(after) < 2:
                    return mark + after
                self._telnet_negotiate_option(command, after[1:2])
                data = after[2:]
            else:
                self._telnet_process_command(command)
                data = after[1:]
        return b""


def _end_of_suboption(after: bytes) -> int:
    """Where the IAC of IAC SE is, or -1."""
    place = 1
    while (place := after.find(IAC, place)) >= 0:
        if after[place + 1 : place + 2] == SE:
            return place
        place += 2
    return -1
