"""Opens a WebSocket: TLS, the HTTP upgrade and its answer; loaded for each connection and let go behind it."""

import os
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from borrow import borrow, give_back
from tlsstream import ConnectError

# As wsframe.py and wsclient.py have them.
_RD = const(0)
_WR = const(1)
_CAPACITY = const(2)
_ALIGN = const(256)
_STEP_MS = const(5)
_KEY_BYTES = const(16)


async def upgrade(ws, host, port, path, trusted, timeout_ms):
    """Attach a connection to `ws`, its upgrade done; returns how many bytes of frames came with the answer."""
    deadline = ticks_add(ticks_ms(), timeout_ms)
    key, hello = _ask(host, port, path)
    tlsconn = borrow("", "tlsconn")
    give_back("", "tlsconn")
    ws.attach(await tlsconn.connect(host, port, trusted, hello, timeout_ms))
    del tlsconn  # what comes needs the room
    state = ws.state
    end = await _read_head(ws, deadline)
    _check(ws.buf, state[_RD], end, key)
    state[_RD] = end + 4
    return state[_WR] - state[_RD]


async def _read_head(ws, deadline):
    """Where the empty line of the response head begins."""
    state = ws.state
    while True:
        n = ws.fill()
        end = ws.buf.find(b"\r\n\r\n", state[_RD], state[_WR])
        if end >= 0:
            return end
        if n < 0:
            raise ConnectError("upgrade refused: connection closed")
        if state[_WR] - state[_RD] > state[_CAPACITY] - _ALIGN:
            raise ConnectError("upgrade refused: answer too long")
        if ticks_diff(deadline, ticks_ms()) <= 0:
            raise ConnectError("timed out")
        if not ws.wait(0):
            await sleep_ms(_STEP_MS)


# What each of these borrows has to be gone before the other: between them comes the handshake.


def _ask(host, port, path):
    """The key of the upgrade and its HTTP request."""
    wsupgrade = borrow("", "wsupgrade")
    give_back("", "wsupgrade")
    key = wsupgrade.make_key(os.urandom(_KEY_BYTES))
    return key, wsupgrade.request(host, port, path, key)


def _check(buf, start, end, key):
    """Raise ConnectError unless buf[start:end] agrees to the upgrade."""
    wsupgrade = borrow("", "wsupgrade")
    give_back("", "wsupgrade")
    wsupgrade.check(buf, start, end, key)
