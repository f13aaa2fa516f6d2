"""Opens a verified TLS connection without blocking the other tasks, and says in words why not."""

import errno
import select
import socket
import sys

from micropython import const
from ticks import sleep_ms, ticks_add, ticks_diff, ticks_ms

_STEP_MS = const(5)  # between two looks at a socket that is not ready

# The connection is under way: POSIX, lwIP and CPython's Windows number.
_IN_PROGRESS = (errno.EINPROGRESS, errno.EALREADY, 115, 119, 10035)

# What an errno means to a person. lwIP uses the newlib numbers, which mostly agree with POSIX.
_ERRNO_WHY = (
    ((errno.ECONNREFUSED,), "connection refused"),
    ((errno.EHOSTUNREACH, 101, 114, 118), "host or network unreachable"),
    ((errno.ETIMEDOUT, 110, 116), "timed out"),
    ((errno.ECONNRESET, errno.ECONNABORTED, 32), "closed by the peer"),
    # ENOMEM and mbedTLS: PK/MPI/SSL allocation failed, each by its own number.
    ((errno.ENOMEM, 16, -0x10, -0x3F80, -0x4290, -0x7F00), "out of memory for TLS"),
    ((-0x7280,), "closed by the peer during the handshake"),
    ((-0x7780,), "TLS alert from the peer"),
)

# Parts of the texts of mbedTLS and OpenSSL. The clock comes first: a board that has not yet
# heard the time rejects every chain, and that is then the only thing to mend.
_TEXT_WHY = (
    ("in the future", "certificate not yet valid (is the clock set?)"),
    ("not yet valid", "certificate not yet valid (is the clock set?)"),
    ("expired", "certificate expired (is the clock set?)"),
    ("does not match", "certificate is for another host"),
    ("mismatch", "certificate is for another host"),
    ("not correctly signed", "certificate not trusted"),
    ("local issuer", "certificate not trusted"),
    ("self-signed", "certificate not trusted"),
    ("self signed", "certificate not trusted"),
    ("signature failure", "certificate not trusted"),
    ("certificate verify failed", "certificate not accepted"),
    ("alloc", "out of memory for TLS"),
    ("EOF", "closed by the peer during the handshake"),
    ("WRONG_VERSION", "the peer does not speak TLS"),
    ("INVALID_RECORD", "the peer does not speak TLS"),
    ("invalid cert", "the CA certificate is not valid DER"),
    ("cadata", "the CA certificate is not valid DER"),
)


class ConnectError(Exception):
    """The connection was not made, or is lost. `why` says it in 60 plain characters at most."""

    def __init__(self, why):
        super().__init__(why)
        self.why = why


# A TlsStream has readinto(view) -> bytes read, None (nothing now) or 0 (end); write(buf, start,
# size) -> bytes taken or None; close(); and `sock`, which is what to poll. Nothing in it waits.
# After a `write` that gave None the next one must bring the same bytes: TLS has begun with them.
if sys.implementation.name == "micropython":
    # Not `ssl`: that wrapper module starts with verification turned off.
    import tls

    class TlsStream:
        def __init__(self, sock, host, ca_der):
            context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
            context.verify_mode = tls.CERT_REQUIRED
            context.load_verify_locations(ca_der)
            secure = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            self.sock = sock
            self._secure = secure
            # The C methods themselves: nothing stands between them and the hot path.
            self.readinto = secure.readinto
            self.write = secure.write

        def close(self):
            # After a failed handshake the C module no longer closes the socket below it, so both
            # are closed; closing twice does no harm.
            self._secure.close()
            self.sock.close()

else:
    import ssl

    _NOT_NOW = (ssl.SSLWantReadError, ssl.SSLWantWriteError)

    class TlsStream:
        def __init__(self, sock, host, ca_der):
            refused = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if refused:
                raise OSError(refused, "connect")
            # It requires a certificate and checks the host's name by itself.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata=bytes(ca_der))
            # What is given is an anchor even if it is no root, as for mbedTLS.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            # It takes the descriptor over, so it is also what to poll.
            self.sock = context.wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=False
            )
            # A socket that has just been lost would send in the clear; this raises instead.
            self.sock.getpeername()

        def readinto(self, view):
            try:
                return self.sock.recv_into(view)
            except _NOT_NOW:
                return None

        def write(self, buf, start, size):
            try:
                return self.sock.send(memoryview(buf)[start : start + size])
            except _NOT_NOW:
                return None

        def close(self):
            self.sock.close()


async def connect(host, port, ca_der, hello, timeout_ms=15_000):
    """Connect, verify the host's certificate against `ca_der` and send `hello`.

    The C module has no handshake call: sending the first bytes is what drives it. Raises
    ConnectError. The lookup of the name blocks: neither port has another one.
    """
    deadline = ticks_add(ticks_ms(), timeout_ms)
    try:
        # IPv4 only, as stock firmware. The board gives an OSError with a negative number.
        found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectError(_short("cannot resolve ", host)) from None
    family, kind, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    stream = None
    done = False
    try:
        sock.setblocking(False)
        await _reach(sock, address, deadline)
        stream = TlsStream(sock, host, ca_der)
        await _send(stream, hello, deadline)
        done = True
        return stream
    except (OSError, ValueError, MemoryError) as error:
        raise ConnectError(_why(error)) from error
    finally:
        # Also when the task is cancelled.
        if not done:
            (stream or sock).close()


async def _send(stream, data, deadline):
    """Write all of `data` before the ticks `deadline`."""
    start = 0
    while start < len(data):
        n = stream.write(data, start, len(data) - start)
        if n:
            start += n
        elif ticks_diff(deadline, ticks_ms()) <= 0:
            raise ConnectError("timed out")
        else:
            await sleep_ms(_STEP_MS)


async def _reach(sock, address, deadline):
    """The TCP connection."""
    try:
        sock.connect(address)
    except OSError as error:
        if error.errno not in _IN_PROGRESS:
            raise
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    # An error makes it ready as well; the first write will then say which.
    while not poll.poll(0):
        if ticks_diff(deadline, ticks_ms()) <= 0:
            raise ConnectError("timed out")
        await sleep_ms(_STEP_MS)


def _why(error):
    if isinstance(error, MemoryError):
        return "out of memory for TLS"
    text = str(error)
    if isinstance(error, OSError):
        for numbers, why in _ERRNO_WHY:
            if error.errno in numbers:
                return why
    for part, why in _TEXT_WHY:
        if part in text:
            return why
    return _short("TLS failed: ", text)


def _short(what, detail):
    """At most 60 plain characters, fit to stand between quotes."""
    return what + "".join(c if " " <= c <= "~" and c not in "\"'\\" else "_" for c in detail)[:40]
