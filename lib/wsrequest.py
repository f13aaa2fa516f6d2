"""The HTTP request that opens a WebSocket (RFC 6455, section 4.1); loaded for a moment before each connection."""

import os
from binascii import b2a_base64

from micropython import const

_KEY_BYTES = const(16)


def request(host, port, path):
    """A new Sec-WebSocket-Key and the bytes of the request with it. Raises ValueError."""
    for part in (host, path):
        if any(not 33 <= c <= 126 for c in part.encode()):
            raise ValueError("host and path must be plain, without spaces")
    if port != 443:
        host = host + ":" + str(port)
    key = b2a_base64(os.urandom(_KEY_BYTES)).strip()
    return key, (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\n"
        "User-Agent: inkling\r\n\r\n"
    ).encode()
