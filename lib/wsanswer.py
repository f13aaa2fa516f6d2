"""The answer to the HTTP request that opens a WebSocket: read, and checked (RFC 6455, section 4)."""

import hashlib
from asyncio import sleep_ms
from binascii import b2a_base64
from time import ticks_diff, ticks_ms

from micropython import const

from tlsstream import ConnectError

# As wsframe.py and wsclient.py have them.
_RD = const(0)
_WR = const(1)
_CAPACITY = const(2)
_ALIGN = const(256)
_STEP_MS = const(5)
_LINE_MAX = const(256)  # no header that matters here is longer; one that is, is not looked at


async def read(ws, key, deadline):
    """Take the answer to the request with `key` off what `ws` receives before the ticks `deadline`.

    Returns how many bytes of frames came with it. Raises ConnectError unless it agrees.
    """
    state = ws.state
    while True:
        n = ws.fill()
        end = ws.buf.find(b"\r\n\r\n", state[_RD], state[_WR])
        if end >= 0:
            break
        if n < 0:
            raise ConnectError("upgrade refused: connection closed")
        if state[_WR] - state[_RD] > state[_CAPACITY] - _ALIGN:
            raise ConnectError("upgrade refused: answer too long")
        if ticks_diff(deadline, ticks_ms()) <= 0:
            raise ConnectError("timed out")
        if not ws.wait(0):
            await sleep_ms(_STEP_MS)
    _check(ws.buf, state[_RD], end, key)
    state[_RD] = end + 4
    return state[_WR] - state[_RD]


def _check(buf, start, end, key):
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
