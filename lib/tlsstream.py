"""A TLS connection as its users see it, and why there is none; what opens one (tlsconn.py) need not stay loaded."""

import gc
import sys


class ConnectError(Exception):
    """The connection was not made, or is lost, by `cause`: a text, or the error that it was."""

    def __init__(self, cause):
        super().__init__(cause)
        self._cause = cause

    @property
    def why(self):
        """It in 60 plain characters at most. Ask when the connection is gone: its words need that room."""
        if isinstance(self._cause, str):
            return self._cause
        gc.collect()
        try:
            import tlswhy
        except MemoryError:
            return "no room to say why"
        text = tlswhy.why(self._cause)
        del sys.modules["tlswhy"]
        return text


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
