"""A TLS connection as its users see it, and why there is none; what opens one (tlsconn.py) need not stay loaded."""


class ConnectError(Exception):
    """The connection was not made, or is lost. `why` says it in 60 plain characters at most."""

    def __init__(self, why):
        super().__init__(why)
        self.why = why


class TlsStream:
    """`readinto(view)` gives bytes read, None (nothing now) or 0 (end); `write(buf, start, size)` bytes taken or None.

    Nothing in it waits; `sock` is what to poll. After a `write` that gave None the next one must
    bring the same bytes: TLS has begun with them.
    """

    def __init__(self, sock, host, context):
        secure = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        self.sock = sock
        self._secure = secure
        # The methods themselves: nothing stands between them and the hot path.
        self.readinto = secure.readinto
        self.write = secure.write

    def close(self):
        # After a failed handshake the C module no longer closes the socket below it, so both
        # are closed; closing twice does no harm.
        self._secure.close()
        self.sock.close()
