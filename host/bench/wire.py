"""A TLS WebSocket server for one board, which decides itself what goes out in one piece, and when."""

import base64
import hashlib
import re
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from host.errors import UserError
from host.exchange import certificates

_KEY = re.compile(rb"^Sec-WebSocket-Key: *(\S+)", re.IGNORECASE | re.MULTILINE)
_SALT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_TEXT = 0x81
_SHORT_BYTES = 125
_TIMEOUT_S = 20.0
_READ_BYTES = 4096


class Wire:
    """`accept` once a board is on its way; then every `send` is one record of TLS."""

    def __init__(self) -> None:
        credentials = certificates.local()
        self.ca_der = credentials.ca_der
        self._context = credentials.server_context()
        self._listener = socket.create_server(("localhost", 0))
        self._listener.settimeout(_TIMEOUT_S)
        self.port: int = self._listener.getsockname()[1]
        self._socket: ssl.SSLSocket | None = None

    def accept(self) -> None:
        """Return when the board has asked for its channels. Raises UserError."""
        try:
            plain, _ = self._listener.accept()
            plain.settimeout(_TIMEOUT_S)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = self._context.wrap_socket(plain, server_side=True)
            self._upgrade(self._socket)
            self._socket.recv(_READ_BYTES)  # nothing that comes later is read
        except OSError as error:
            raise UserError(f"the board model did not connect: {error}") from None

    def send(self, *frames: bytes) -> None:
        """Text messages, all in one record of TLS (16 KB at most). Raises UserError."""
        assert self._socket
        try:
            self._socket.sendall(b"".join(map(framed, frames)))
        except OSError as error:
            raise UserError(f"the board model hung up: {error}") from None

    def _upgrade(self, connection: ssl.SSLSocket) -> None:
        """Answer the request that a WebSocket begins with."""
        request = b""
        while b"\r\n\r\n" not in request:
            piece = connection.recv(_READ_BYTES)
            if not piece:
                raise ConnectionResetError("it hung up")
            request += piece
        found = _KEY.search(request)
        if not found:
            raise ConnectionError("it does not ask for a WebSocket")
        accept = base64.b64encode(hashlib.sha1(found[1] + _SALT).digest())
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def close(self) -> None:
        self._listener.close()
        if self._socket:
            self._socket.close()


@contextmanager
def wire() -> Iterator[Wire]:
    """A server that is closed in the end."""
    server = Wire()
    try:
        yield server
    finally:
        server.close()


def framed(text: bytes) -> bytes:
    """A text message as a server's WebSocket frame."""
    if len(text) <= _SHORT_BYTES:
        return bytes((_TEXT, len(text))) + text
    return struct.pack(">BBH", _TEXT, _SHORT_BYTES + 1, len(text)) + text


def settings(server: Wire, **others: object) -> dict:
    """Those of a board that is to meet this server, and to say all it can."""
    return {
        "host": "localhost",
        "port": server.port,
        "serial_bytes_per_s": 0,
        "book_interval_ms": 0,
        # Prices that go on faster than the market's own time would look wrong to it.
        "delta_threshold": 0,
        **others,
    }
