"""A WebSocket client that receives without allocating: verified TLS, messages handed on in place.

    ws = WebSocket(bytearray(4096))
    await ws.connect("host", 443, "/path", tlsconn.trust(ca_der))
    await ws.send_text("hello")
    while ws.wait(1000):  # or wait(0) and await sleep_ms
        if ws.fill() < 0:
            break
        while (event := ws.next()) != _NEED_MORE:
            if event == _TEXT:  # ws.buf[ws.state[_START]:ws.state[_END]], until the next next()
                ...
            elif event < 0 or event == _CLOSED:
                return await ws.close()

A message that is too large for the buffer comes as _PIECE after _PIECE, at the same place in the
buffer, and then _SKIPPED; who does not want such messages ignores both.

Events and places in the state are numbers that wsframe.py names; MicroPython folds the names away,
so who uses them has his own constants of the same name and value (`make lint` compares them).
"""

import select
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from borrow import lent
from tlsstream import ConnectError
from wsframe import compact, rx_reset, rx_state, scan
from wsoutbox import Outbox

# As wsframe.py and wsoutbox.py have them.
_NEED_MORE = const(0)
_TEXT = const(1)
_BINARY = const(2)
_SKIPPED = const(3)
_CLOSED = const(8)
_PING = const(9)
_PONG = const(10)
_ERR_TOO_LONG = const(-10)
_ERR_UTF8 = const(-12)
_WR = const(1)
_CAPACITY = const(2)
_START = const(4)
_END = const(5)
_CLOSE_CODE = const(7)
_IN_WORDS = const(16)
_TX_WR = const(1)
_ALIGN = const(256)
# What `fill` returns instead of a number of bytes.
_ENDED = const(-20)  # the peer has ended the connection
_LOST = const(-21)  # the connection broke, or there is none

_TX_BYTES = const(512)
_STEP_MS = const(5)
_NORMAL = const(1000)
_PROTOCOL_ERROR = const(1002)
_NO_CODE = const(1005)
_NOT_UTF8 = const(1007)
_TOO_BIG = const(1009)


class WebSocket:
    """One connection at a time; `buf`, a bytearray of 2 KiB or more, serves every reconnect.

    `wait`, `fill` and `next` allocate nothing. Call `fill` only after `next` said _NEED_MORE: it
    moves what is in the buffer. `await` methods raise ConnectError, with its `why`.
    """

    def __init__(self, buf):
        self.buf = buf
        buffer_bytes = len(buf)
        self.state = rx_state(buffer_bytes)
        self.skipped = 0  # messages too large for the buffer, over all connections
        self.last_pong_ms = 0
        self._outbox = Outbox(_TX_BYTES)
        view = memoryview(self.buf)
        # Every place where `compact` may put the write position, so that reading makes no slice.
        self._views = [view[at:] for at in range(0, buffer_bytes, _ALIGN)]
        self._code = bytearray(2)
        self._poll = select.poll()
        if hasattr(self._poll, "ipoll"):
            self._ipoll = self._poll.ipoll
            # A kernel on the board takes any buffer as words.
            self.words = self.buf
            self.state[_IN_WORDS] = buffer_bytes >> 2
        else:  # CPython: what its poll gives can be iterated, too
            self._ipoll = self._poll.poll  # type: ignore[assignment]
            self.words = self.state
        self._ipoll(0)  # the first call makes the tuple that the later ones reuse
        self._stream = None
        self._over = 0  # _CLOSED or the error that ended the connection
        self._drop()

    async def connect(self, host, port, path, trusted, timeout_ms=20_000):
        """Open wss://host:port/path; the host's certificate must lead to what `tlsconn.trust` was given."""
        # First of all: the board has memory for one TLS session.
        self._drop()
        deadline = ticks_add(ticks_ms(), timeout_ms)
        done = False
        try:
            # Each with code that is gone before the next one's comes.
            key, hello = lent("", "wsrequest").request(host, port, path)
            self.attach(await lent("", "tlsconn").connect(host, port, trusted, hello, timeout_ms))
            self.early = await lent("", "wsanswer").read(self, key, deadline)
            done = True
        finally:
            if not done:
                self._drop()

    def attach(self, stream):
        """Take over a stream (see TlsStream) whose upgrade is done, or, in `connect`, is asked."""
        self._drop()
        rx_reset(self.state)
        self._over = 0
        if stream.sock is not None:
            self._poll.register(stream.sock, select.POLLIN)
        self._readinto = stream.readinto
        self._write = stream.write
        self._stream = stream

    def wait(self, timeout_ms):
        """True as soon as there may be something to read, False after `timeout_ms` without.

        Watch for silence: if the peer ends TLS but not TCP, and says so in one go with its last
        bytes, the C module swallows it.
        """
        if self.early or self._is_full():
            return True
        if self._outbox.state[_TX_WR]:
            self._flush()
        for _ in self._ipoll(timeout_ms):
            return True
        return False

    def fill(self):
        """Read once what is there: bytes read, 0 for nothing now, ENDED or LOST."""
        if self._stream is None:
            return _LOST
        if self._outbox.state[_TX_WR]:
            # If that fails there may still be something to read, their close frame for one.
            self._flush()
        if self.early:
            n = self.early
            self.early = 0
            return n
        # First where to read to, then how much it was: with one local more MicroPython would take
        # heap for this function, at every call.
        n = compact(self.buf, self.state)
        if n < 0:
            # Full of messages that nobody has taken with `next`.
            return 0
        try:
            n = self._readinto(self._views[n])
        except OSError:
            return _LOST
        if not n:
            return 0 if n is None else _ENDED
        self.state[_WR] += n
        return n

    def next(self):
        """The next event: _TEXT, _BINARY, _PIECE, _SKIPPED, _CLOSED, _NEED_MORE or an error < 0.

        Pings are answered on the way. After _CLOSED or an error our close frame is on its way and
        nothing else comes: call `close`.
        """
        if self._over:
            return self._over
        while True:
            event = scan(self.words, self.state, self.buf)
            self.heed(event)
            if event != _PING and event != _PONG:
                return event

    def heed(self, event):
        """Do what `next` does for an event, for those who call `scan` themselves; if it is a ping, answer it."""
        if event == _PING:
            # Without room the pong is left out: RFC 6455 wants only the latest ping answered,
            # and a peer that reads nothing will not miss it.
            self._put(self.buf, self.state[_START], self.state[_END], _PONG)
            self._flush()
        elif event == _PONG:
            self.last_pong_ms = ticks_ms()
        elif event == _SKIPPED:
            self.skipped += 1
        elif event == _CLOSED or event < 0:
            self._over = event
            code = self.state[_CLOSE_CODE]
            if event < 0:
                code = _PROTOCOL_ERROR
                if event == _ERR_TOO_LONG:
                    code = _TOO_BIG
                elif event == _ERR_UTF8:
                    code = _NOT_UTF8
            self._say_close(code)
            self._flush()

    async def send_text(self, text, timeout_ms=5000):
        """Send a text message, at most 504 bytes; returns when TLS has taken it."""
        data = bytearray(text.encode() if isinstance(text, str) else text)
        await self._send(data, _TEXT, timeout_ms)

    def ping(self):
        """Send a ping if there is room for it; `last_pong_ms` will tell when it was answered."""
        return self._put(self._code, 0, 0, _PING) and self._flush()

    async def close(self, code=_NORMAL, timeout_ms=2000):
        """Say goodbye, wait for the peer's goodbye at most `timeout_ms`, then close the socket."""
        deadline = ticks_add(ticks_ms(), timeout_ms)
        try:
            self._say_close(code)
            while self._stream is not None and ticks_diff(deadline, ticks_ms()) > 0:
                if not self._flush():
                    break
                while not self._over and self.next() != _NEED_MORE:
                    pass
                if self._over:
                    if self._outbox.state[_TX_WR] == 0:
                        break
                elif self.fill() < 0:
                    break
                if not self._is_full():
                    await sleep_ms(_STEP_MS)
        finally:
            self._drop()

    async def _send(self, data, opcode, timeout_ms):
        if not self._outbox.holds(len(data)):
            raise ValueError("too long for the transmit buffer")
        deadline = ticks_add(ticks_ms(), timeout_ms)
        queued = False
        while True:
            if self._stream is None or self._closing:
                raise ConnectError("not connected")
            queued = queued or self._put(data, 0, len(data), opcode)
            if not self._flush():
                raise ConnectError("connection lost")
            if queued and self._outbox.state[_TX_WR] == 0:
                return
            if ticks_diff(deadline, ticks_ms()) <= 0:
                raise ConnectError("timed out")
            await sleep_ms(_STEP_MS)

    def _put(self, src, start, end, opcode):
        """Queue a frame; False if it has no room, or if nothing may follow."""
        if self._closing or self._stream is None:
            return False
        return self._outbox.put(src, start, end, opcode)

    def _say_close(self, code):
        """Queue our close frame, once; the peer's 1005 means that it gave no code."""
        self._code[0] = code >> 8
        self._code[1] = code & 255
        if self._put(self._code, 0, 0 if code == _NO_CODE else 2, _CLOSED):
            self._closing = True

    def _is_full(self):
        """Whether TLS may hold the rest of a record that did not fit: the raw socket cannot tell."""
        return self.state[_WR] == self.state[_CAPACITY]

    def _flush(self):
        return self._outbox.flush(self._write)

    def _drop(self):
        """Close the socket and forget what was to be sent; what was received stays readable."""
        stream = self._stream
        # Its methods, too: they would keep the session on the heap that the next one needs.
        self._stream = self._readinto = self._write = None
        self._outbox.clear()
        self.early = 0  # bytes of frames that came with the response head
        self._closing = False  # our close frame is queued: nothing may follow it
        if stream is not None:
            if stream.sock is not None:
                self._poll.unregister(stream.sock)
            stream.close()
