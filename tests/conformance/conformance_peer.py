"""The other end, by an independent implementation (wsproto): its frames, and what it makes of the client's."""

from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Peer:
    """Frames as a server sends them; wsproto knows what is begun and not finished."""

    def __init__(self):
        self._out = FrameProtocol(client=False, extensions=[])

    def text(self, data, fin=True):
        return bytes(self._out.send_data(data.decode(), fin))

    def binary(self, data, fin=True):
        return bytes(self._out.send_data(data, fin))

    def ping(self, data=b""):
        return bytes(self._out.ping(data))

    def pong(self, data=b""):
        return bytes(self._out.pong(data))

    def close(self, code=None, reason=None):
        return bytes(self._out.close(code, reason))


def raw(opcode, data=b"", fin=True, reserved=0, length=None):
    """A frame that wsproto refuses to make; `length` has the bytes of its length, if they are to be wrong ones."""
    if length is None:
        length = _length(len(data))
    return bytes((opcode | reserved << 4 | (0x80 if fin else 0),)) + length + data


def _length(size):
    if size < 126:
        return bytes((size,))
    if size < 65536:
        return bytes((126,)) + size.to_bytes(2, "big")
    return bytes((127,)) + size.to_bytes(8, "big")


def heard(data):
    """What a server understands of the client's bytes: (name, payload) for each frame, the last one ("close", code)."""
    # wsproto hears nothing behind a close, so that is cut off: it must be the last frame, and the
    # one before must be whole, or the ping in its place would not be understood.
    cut = len(data) - (8 if data[-8:-6] == b"\x88\x82" else 6)
    ping = FrameProtocol(client=True, extensions=[]).ping(b"end")
    *said, last = _frames(FrameProtocol(client=False, extensions=[]), data[:cut] + ping)
    assert last == ("ping", b"end")
    return [*said, *_frames(FrameProtocol(client=False, extensions=[]), data[cut:])]


def understood(data):
    """The same of a server's bytes, by wsproto as a client: up to the first close, or ("fail", code)."""
    protocol = FrameProtocol(client=True, extensions=[])
    said = []
    try:
        for frame in _frames(protocol, data):
            said.append(frame)
            if frame[0] == "close":
                break
    except ParseFailed as error:
        said.append(("fail", int(error.code)))
    return said


def _frames(protocol, data):
    """Messages and control frames as they are finished."""
    protocol.receive_bytes(data)
    kind, parts = None, []
    for frame in protocol.received_frames():
        payload = frame.payload
        if frame.opcode is Opcode.CLOSE:
            yield "close", int(payload[0])
        elif frame.opcode.iscontrol():
            yield frame.opcode.name.lower(), bytes(payload)
        else:
            kind = kind or frame.opcode.name.lower()
            parts.append(payload.encode() if isinstance(payload, str) else bytes(payload))
            if frame.message_finished:
                yield kind, b"".join(parts)
                kind, parts = None, []
