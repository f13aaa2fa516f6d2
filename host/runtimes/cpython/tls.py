"""What `import tls` finds on CPython: MicroPython's C module, as far as lib/tlsconn.py uses it, over `ssl`."""

import socket
import ssl

PROTOCOL_TLS_CLIENT = ssl.PROTOCOL_TLS_CLIENT
CERT_REQUIRED = ssl.CERT_REQUIRED

_NOT_NOW = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


class SSLContext:
    """A client context; it always requires a certificate and checks the host's name."""

    def __init__(self, protocol: int) -> None:
        self._context = ssl.SSLContext(protocol)
        # What is given is an anchor even if it is no root, as for mbedTLS.
        self._context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        self.verify_mode = CERT_REQUIRED

    def load_verify_locations(self, der: bytes) -> None:
        self._context.load_verify_locations(cadata=bytes(der))

    def wrap_socket(
        self, sock: socket.socket, *, server_hostname: str, do_handshake_on_connect: bool
    ) -> "SecureSocket":
        assert self.verify_mode == CERT_REQUIRED
        refused = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if refused:
            raise OSError(refused, "connect")
        # `ssl` takes a socket over; the caller's own stays what it polls, as on the board.
        secure = self._context.wrap_socket(
            sock.dup(),
            server_hostname=server_hostname,
            do_handshake_on_connect=do_handshake_on_connect,
        )
        # A socket that has just been lost would send in the clear; this raises instead.
        secure.getpeername()
        return SecureSocket(secure)


class SecureSocket:
    """A non-blocking TLS stream with MicroPython's calls: None means not now."""

    def __init__(self, secure: ssl.SSLSocket) -> None:
        self._secure = secure
        secure.setblocking(False)

    def readinto(self, view: memoryview) -> int | None:
        try:
            return self._secure.recv_into(view)
        except _NOT_NOW:
            return None

    def write(self, buf: bytearray, start: int, size: int) -> int | None:
        try:
            return self._secure.send(memoryview(buf)[start : start + size])
        except _NOT_NOW:
            return None

    def close(self) -> None:
        self._secure.close()
