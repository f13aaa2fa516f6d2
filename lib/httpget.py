"""HTTP/1.1 GET over verified TLS: several requests in one session, bodies handed on piece by piece and never held."""

from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

import tlsconn
from tlsstream import ConnectError

# What the next bytes are.
_STATUS_LINE = const(0)
_HEADER_LINE = const(1)
_SIZE = const(2)  # the line before a chunk
_AFTER = const(3)  # the line behind one, which is empty
_TRAILER = const(4)
_BODY = const(5)
_CHUNK = const(6)
_ENDLESS = const(7)  # a body that only the end of the connection ends
_OVER = const(8)

_POLL_MS = const(5)
_TURN_BYTES = const(256)  # after so many the other tasks have a turn
_LINES_MOST = const(8192)  # bytes of lines without a byte of the body between them
_BODY_MOST = const(1 << 20)
_LINE_MOST = const(128)  # what is behind them in a line does not matter
_LINE_FEED = const(10)
_RETURN = const(13)
_PLACE_MOST = const(40)

_MEANINGS = const(
    b"403 forbidden\n404 not found\n429 too many requests\n500 internal server error\n"
    b"502 bad gateway\n503 service unavailable\n504 gateway timeout\n"
)


class HttpGet:
    """Requests to one host, one after another; `buf`, a bytearray of 512 bytes or more, is lent until `close`.

        https = HttpGet("host", 443, tlsconn.trust(ca_der), bytearray(2048))
        await https.get("/path", take)  # calls take(buf, size): the body goes on with buf[:size]
        https.close()

    Nothing is read beyond what must come, lines byte by byte: MicroPython's `readinto` drops what
    it has, or the news of the end, when TLS ends behind the bytes that are asked for.
    """

    def __init__(self, host, port, trusted, buf, timeout_ms=15_000):
        self.host = host
        self.port = port
        self.trusted = trusted
        self.buf = buf
        self.timeout_ms = timeout_ms  # of one `get`, from its beginning to its end
        self._stream = None

    def close(self):
        """End the session; the next `get` begins another."""
        stream = self._stream
        self._stream = None
        if stream is not None:
            stream.close()

    async def get(self, path, take):
        """Hand the body of `path` to `take`; raises ConnectError unless the status is 200 and all of it came.

        What was handed on before an error is of no worth. Of a body that only the end of the
        connection ends nobody can know that it is whole: its content must tell.
        """
        deadline = ticks_add(ticks_ms(), self.timeout_ms)
        question = _question(self.host, self.port, path)
        keep = False
        try:
            while True:
                kept = self._is_up()
                try:
                    if kept:
                        await tlsconn.send(self._stream, question, deadline)
                    else:
                        left_ms = ticks_diff(deadline, ticks_ms())
                        self._stream = await tlsconn.connect(
                            self.host, self.port, self.trusted, question, left_ms
                        )
                    keep = await self._receive(self._stream, take, deadline)
                    return
                except OSError:
                    # A server may end a session that was kept just when it is asked again.
                    if not kept:
                        raise ConnectError("closed by the peer before it answered")
                    self.close()
        finally:
            # Also when the task is cancelled, or `take` raises.
            if not keep:
                self.close()

    def _is_up(self):
        """Whether there is a session, and nothing has been said in it since the last answer."""
        stream = self._stream
        if stream is not None:
            try:
                if stream.readinto(bytearray(1)) is None:
                    return True
            except OSError:
                pass
            self.close()
        return False

    async def _receive(self, stream, take, deadline):
        """Take in one answer; whether the session may be kept. OSError if it ended before the first byte."""
        buf = self.buf
        view = memoryview(buf)
        byte = view[:1]
        readinto = stream.readinto
        what = _STATUS_LINE
        count = 0  # bytes of the line under way, from buf[1] on
        lines = total = turn = left = status = 0
        while what != _OVER:
            part = byte
            if what == _BODY or what == _CHUNK:
                part = view if left >= len(buf) else view[:left]
            try:
                n = readinto(part)
            except OSError:
                n = -1
            if n is None or turn >= _TURN_BYTES:
                if ticks_diff(deadline, ticks_ms()) <= 0:
                    raise ConnectError("timed out")
                turn = 0
                await sleep_ms(0 if n else _POLL_MS)
            if n is None:
                continue
            if n <= 0:
                if what == _ENDLESS and n == 0:
                    break
                if status or lines:
                    raise ConnectError("the answer was cut off")
                raise OSError
            turn += n

            if what >= _BODY:
                lines = 0
                total += n
                if total > _BODY_MOST:
                    raise ConnectError("the answer is too long")
                take(buf, n)
                left -= n
                if left == 0:
                    what = _AFTER if what == _CHUNK else _OVER
                continue

            lines += 1
            if lines > _LINES_MOST:
                raise ConnectError("the answer is too long")
            c = buf[0]
            if c != _LINE_FEED:
                if count < _LINE_MOST:
                    count += 1
                    buf[count] = c
                continue
            if count and buf[count] == _RETURN:
                count -= 1
            # Most headers do not matter and need not become objects.
            line = b""
            if count and (what != _HEADER_LINE or buf[1] in b"CTLctl"):
                line = bytes(view[1 : count + 1])
            empty = count == 0
            count = 0
            if what == _STATUS_LINE:
                code = line[9:13].strip()
                if line[:7] != b"HTTP/1." or len(code) != 3 or not code.isdigit():
                    raise ConnectError("no HTTP/1.1 answer")
                status = int(code)
                keep = True
                place = b""
                left = -1
                chunked = False
                what = _HEADER_LINE
            elif what == _HEADER_LINE and not empty:
                name, _, value = line.partition(b":")
                name = name.lower()
                value = value.strip()
                if name == b"location":
                    place = value
                value = value.lower()
                if name == b"content-length":
                    if not value.isdigit() or len(value) > 9 or left not in (-1, int(value)):
                        raise ConnectError("the answer has no sensible length")
                    left = int(value)
                elif name == b"transfer-encoding":
                    if value != b"chunked":
                        raise ConnectError("the answer is encoded")
                    chunked = True
                elif name == b"content-encoding":
                    if value != b"identity":
                        raise ConnectError("the answer is encoded")
                elif name == b"connection" and b"close" in value:
                    keep = False
            elif what == _HEADER_LINE:
                what = _BODY
                if 100 <= status < 200 and status != 101:
                    what = _STATUS_LINE  # the answer proper is still to come
                elif status != 200:
                    raise ConnectError(_why(code, place))
                elif chunked:
                    what = _SIZE
                elif left < 0:
                    what = _ENDLESS
                    keep = False
                elif left == 0:
                    what = _OVER
                elif left > _BODY_MOST:
                    raise ConnectError("the answer is too long")
            elif what == _SIZE:
                left = _size(line)
                what = _CHUNK if left else _TRAILER
            elif what == _AFTER:
                if not empty:
                    raise ConnectError("the answer has a broken chunk")
                what = _SIZE
            elif empty:
                what = _OVER
        return keep


def _question(host, port, path):
    """The bytes of the request."""
    for part in (host, path):
        if any(not 33 <= c <= 126 for c in part.encode()):
            raise ValueError("host and path must be plain, without spaces")
    if port != 443:
        host = host + ":" + str(port)
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n"
        "User-Agent: inkling\r\n\r\n"
    ).encode()


def _size(data):
    """The size of a chunk; `int` would take signs and underscores, too."""
    data = data.partition(b";")[0].strip()
    if not data or any(c not in b"0123456789abcdefABCDEF" for c in data):
        raise ConnectError("the answer has a broken chunk")
    data = data.lstrip(b"0")
    if len(data) > 6:
        raise ConnectError("the answer is too long")
    return int(data or b"0", 16)


def _why(code, place):
    """What any other status than 200 means to a person; `place` is where a redirection points to."""
    if place and code[0] == 51:
        # Nothing goes to another host than the one that was asked for.
        plain = bytearray(place[:_PLACE_MOST])
        for n, c in enumerate(plain):
            if not 33 <= c <= 126 or c in b"\"'\\":
                plain[n] = 95
        code += b" moved to " + plain
    elif code in _MEANINGS:
        code = code + _MEANINGS.partition(code)[2].partition(b"\n")[0]
    return (b"HTTP " + code).decode()
