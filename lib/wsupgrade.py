"""The HTTP request that opens a WebSocket, and the check of the answer (RFC 6455, section 4)."""

import hashlib
from binascii import b2a_base64

from micropython import const

from tlsstream import ConnectError

_LINE_MAX = const(256)  # no header that matters here is longer; one that is, is not looked at


def make_key(random_bytes):
    """The Sec-WebSocket-Key for 16 random bytes."""
    return b2a_base64(random_bytes).strip()


def request(host, port, path, key):
    """The bytes of the request."""
    for part in (host, path):
        if any(not 33 <= c <= 126 for c in part.encode()):
            raise ValueError("host and path must be plain, without spaces")
    if port != 443:
        host = host + ":" + str(port)
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\n"
        "User-Agent: inkling\r\n\r\n"
    ).encode()


def check(buf, start, end, key):
    """Raise ConnectError unless buf[start:end], a response head, agrees to the upgrade."""
    view = memoryview(buf)
    at = buf.find(b"\r\n", start, end)
    if at < 0:
        at = end
    status = bytes(view[start : min(at, start + 12)])
    if not (status.startswith(b"HTTP/1.1 ") and status[9:].isdigit()):
        raise ConnectError("upgrade refused: no HTTP/1.1 answer")
    if status[9:] != b"101":
        raise ConnectError("upgrade refused: HTTP " + status[9:].decode())
    upgrade = connection = accept = False
    while at + 2 < end:
        line_at = at + 2
        at = buf.find(b"\r\n", line_at, end)
        if at < 0:
            at = end
        name, _, value = bytes(view[line_at : min(at, line_at + _LINE_MAX)]).partition(b":")
        name = name.lower()
        value = value.strip()
        if name == b"upgrade":
            upgrade = value.lower() == b"websocket"
        elif name == b"connection":
            tokens = [token.strip() for token in value.lower().split(b",")]
            connection = connection or b"upgrade" in tokens
        elif name == b"sec-websocket-accept":
            accept = (
                value
                == b2a_base64(
                    hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
                ).strip()
            )
        elif name in (b"sec-websocket-extensions", b"sec-websocket-protocol"):
            # None was asked for, and frames would mean something else.
            raise ConnectError("upgrade refused: extension not asked for")
    if not (upgrade and connection):
        raise ConnectError("upgrade refused: not a WebSocket answer")
    if not accept:
        raise ConnectError("upgrade refused: wrong accept key")
