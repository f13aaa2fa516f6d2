"""Opens a verified TLS connection without blocking the other tasks, and says in words why not."""

import errno
import select
import socket
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

import tls
from micropython import const

from tlsstream import ConnectError, TlsStream

_STEP_MS = const(5)  # between two looks at a socket that is not ready


def trust(ca_der):
    """What `connect` needs to believe certificates that lead to the CA `ca_der`, and no others.

    Made once, it serves every connection. Raises ConnectError if `ca_der` is no certificate.
    """
    # Not `ssl`: that wrapper module of MicroPython starts with verification turned off.
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED  # type: ignore[attr-defined]  # the stubs forgot it
    try:
        context.load_verify_locations(ca_der)
    except (OSError, ValueError) as error:
        raise ConnectError(error) from None
    return context


async def connect(host, port, trusted, hello, timeout_ms=15_000):
    """Connect, verify the host's certificate against `trusted` and send `hello`.

    The C module has no handshake call: sending the first bytes is what drives it. Raises
    ConnectError. The lookup of the name blocks: neither port has another one.
    """
    deadline = ticks_add(ticks_ms(), timeout_ms)
    try:
        # IPv4 only, as stock firmware. The board gives an OSError with a negative number.
        found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectError("cannot resolve " + host[:40]) from None
    family, kind, protocol, _, address = found[0]
    sock = stream = None
    done = False
    try:
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        await _reach(sock, address, deadline)
        stream = TlsStream(sock, host, trusted)
        await send(stream, hello, deadline)
        done = True
        return stream
    except (OSError, ValueError, MemoryError) as error:
        raise ConnectError(error) from None
    finally:
        # Also when the task is cancelled.
        if not done and sock is not None:
            (stream or sock).close()


async def send(stream, data, deadline):
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
        # Under way: POSIX, lwIP and CPython's Windows number.
        if error.errno not in (errno.EINPROGRESS, errno.EALREADY, 115, 119, 10035):
            raise
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    # An error makes it ready as well; the first write will then say which.
    while not poll.poll(0):
        if ticks_diff(deadline, ticks_ms()) <= 0:
            raise ConnectError("timed out")
        await sleep_ms(_STEP_MS)
