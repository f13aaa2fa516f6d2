"""A client of sockets and ssl alone: sees TLS records, WebSocket frames and how a connection ends."""

import base64
import json
import os
import socket
import ssl
import struct
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

# How a connection ends.
NOTIFIED, CUT, RESET, SILENT = "close_notify", "no close_notify", "reset", "silent"


class Frame(NamedTuple):
    is_last: bool
    opcode: int
    payload: bytes


class EndError(Exception):
    """The connection is over, or nothing comes any more; `how` is one of the four words above."""

    def __init__(self, how):
        super().__init__(how)
        self.how = how


class RawClient:
    """One TLS connection to the exchange, upgraded to a WebSocket unless `upgrade` is false."""

    def __init__(self, exchange, path="/v2", upgrade=True, patience_s=5.0):
        context = ssl.create_default_context(cadata=exchange.ca_der)
        self.tcp = socket.create_connection(("127.0.0.1", exchange.port), timeout=patience_s)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_hostname="localhost")
        self.records = []
        """Lengths of the application data records, as they were on the wire."""
        self._wire = bytearray()
        self._clear = bytearray()
        self._ended = None
        self._do(self.tls.do_handshake)
        self.status = None
        if upgrade:
            self.status, self.head = self._upgrade(path)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.tcp.close()

    @property
    def unread(self):
        """What has come and is not a whole frame."""
        return bytes(self._clear)

    @property
    def certificate(self):
        return self.tls.getpeercert(binary_form=True)

    def _do(self, what, *args):
        while True:
            try:
                done = what(*args)
                self._flush()
                return done
            except ssl.SSLWantReadError:
                self._flush()
                self._take()
            except ssl.SSLCertVerificationError:
                self.tcp.close()
                raise

    def _flush(self):
        if data := self._out.read():
            self.tcp.sendall(data)

    def _take(self):
        try:
            data = self.tcp.recv(65536)
        except ConnectionResetError:
            raise EndError(RESET) from None
        except TimeoutError:
            raise EndError(SILENT) from None
        if not data:
            raise EndError(CUT)
        self._in.write(data)
        self._wire += data
        while len(self._wire) >= 5:
            kind, _, length = struct.unpack("!BHH", self._wire[:5])
            if len(self._wire) < 5 + length:
                break
            if kind == 23:
                self.records.append(length)
            del self._wire[: 5 + length]

    def read(self, count):
        """So many bytes of plain text; EndError when there are no more."""
        while len(self._clear) < count:
            more = self._do(self.tls.read, 65536)
            if not more:
                raise EndError(NOTIFIED)
            self._clear += more
        data = bytes(self._clear[:count])
        del self._clear[:count]
        return data

    def read_to_end(self):
        """All that still comes, and how it ends."""
        data = bytearray()
        try:
            while True:
                data += self.read(1)
        except EndError as end:
            return bytes(data), end.how

    def write(self, data):
        self._do(self.tls.write, data)

    def request(self, head):
        """Send a request's head; return the answer's status and head."""
        self.write(head.encode())
        answer = bytearray()
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.read(1)
        return int(answer.split()[1]), answer.decode()

    def _upgrade(self, path):
        self.key = base64.b64encode(os.urandom(16)).decode()
        return self.request(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {self.key}"
            "\r\n\r\n"
        )

    def send(self, payload, opcode=TEXT):
        """One masked frame; a JSON value unless it is bytes."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        mask = os.urandom(4)
        length = struct.pack("!B", 0x80 | len(data))
        if len(data) > 125:
            length = struct.pack("!BH", 0x80 | 126, len(data))
        body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self.write(bytes([0x80 | opcode]) + length + mask + body)

    def frame(self):
        """The next frame, of whatever kind."""
        first, second = self.read(2)
        assert not second & 0x80, "a server does not mask"
        length = second
        if length == 126:
            (length,) = struct.unpack("!H", self.read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.read(8))
        return Frame(bool(first & 0x80), first & 0x0F, self.read(length))

    def text(self):
        """The next whole text that comes in one piece; pings are passed over."""
        while True:
            frame = self.frame()
            if frame.opcode == TEXT and frame.is_last:
                return frame.payload.decode()
            assert frame.opcode in (PING, PONG), frame

    def subscribe(self, symbols, depth=10):
        params = {"channel": "book", "symbol": symbols, "depth": depth}
        self.send({"method": "subscribe", "params": params})

    def book(self, symbol=None):
        """The next v2 book frame (of `symbol`)."""
        while True:
            text = self.text()
            if '"channel":"book","type"' in text and (not symbol or f'"{symbol}"' in text):
                return text

    def until(self, wanted):
        """The next text that `wanted` is true of."""
        while not wanted(text := self.text()):
            pass
        return text
