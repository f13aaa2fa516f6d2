"""A time server for virtual boards: answers SNTP on this computer with this computer's time."""

import socket
import struct
import threading
import time
from collections.abc import Callable

_HOST = "127.0.0.1"
_S_1970 = 2_208_988_800  # since 1900
_PACKET = struct.Struct("!BBbbII4sQQQQ")
_SERVER = 0x24  # version 4, mode 4
_STRATUM = 2
_PRECISION = -20  # a microsecond or so
_NS = 1_000_000_000


def ntp_time(ns: int) -> int:
    """Nanoseconds since 1970 as an NTP timestamp of 64 bits, which begin anew in 2036."""
    return ((ns // _NS + _S_1970 << 32) + (ns % _NS << 32) // _NS) % (1 << 64)


class TimeServer:
    """Answers as long as the `with` block lasts, at `host` and `port`; `port` may be wished for.

    with TimeServer() as server:
        settings = {"time_host": server.host, "time_port": server.port}
        server.offset_ms = 5000  # from now on it is wrong

    `answers` is asked whether it is there at all; `answered` counts.
    """

    host = _HOST

    def __init__(self, port: int = 0, answers: Callable[[], bool] = lambda: True) -> None:
        self.offset_ms = 0.0
        self.answers = answers
        self.answered = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((_HOST, port))
        except OSError:  # the port is taken
            self._socket.bind((_HOST, 0))
        self.port = self._socket.getsockname()[1]
        self._ended = False
        self._thread = threading.Thread(target=self._serve, name="time server", daemon=True)

    def __enter__(self) -> "TimeServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        # A datagram to itself, because closing a socket wakes nobody who waits at it.
        self._socket.sendto(b"", (_HOST, self.port))
        self._thread.join()
        self._socket.close()

    def now_ns(self) -> int:
        """Nanoseconds since 1970, as this server has it."""
        return time.time_ns() + int(self.offset_ms * 1_000_000)

    def reply(self, request: bytes, received_ns: int) -> bytes | None:
        """The answer to a client's packet; tests have servers that give another."""
        transmit = _PACKET.unpack_from(request)[-1]
        return _PACKET.pack(
            *(_SERVER, _STRATUM, 0, _PRECISION, 0, 0, bytes([127, 0, 0, 1])),
            *(ntp_time(received_ns), transmit, ntp_time(received_ns), ntp_time(self.now_ns())),
        )

    def _serve(self) -> None:
        while True:
            request, client = self._socket.recvfrom(1024)
            received_ns = self.now_ns()
            if self._ended:
                return
            if len(request) < _PACKET.size or not self.answers():
                continue
            reply = self.reply(request, received_ns)
            if reply is not None:
                self.answered += 1
                self._socket.sendto(reply, client)
