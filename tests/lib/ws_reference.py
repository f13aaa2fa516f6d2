"""The independent WebSocket implementation (wsproto): makes frames and says what they mean."""

from wsproto.frame_protocol import FrameProtocol, Opcode


def payload(size, seed, text):
    """`size` bytes that tell one place and one message from another; ASCII for a text message."""
    data = bytes((seed * 31 + i * 7 + (i >> 8)) & 0xFF for i in range(size))
    return bytes(32 + byte % 95 for byte in data) if text else data


class Server:
    """Frames as a server sends them."""

    def __init__(self):
        self._out = FrameProtocol(client=False, extensions=[])

    def message(self, data, text, cuts=(), between=()):
        """A message in len(cuts) + 1 fragments, with the frames `between[i]` after fragment i."""
        edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        sent = b""
        for i in range(len(edges) - 1):
            part = data[edges[i] : edges[i + 1]]
            fin = i == len(edges) - 2
            sent += self._out.send_data(part.decode() if text else part, fin)
            if not fin and i < len(between):
                sent += between[i]
        return sent

    def ping(self, data):
        return self._out.ping(data)

    def pong(self, data):
        return self._out.pong(data)

    def close(self, code=None, reason=None):
        return self._out.close(code, reason)


def meaning(data, client=True):
    """What the bytes say to a client (or a server): (opcode name, payload), fragments joined."""
    protocol = FrameProtocol(client=client, extensions=[])
    protocol.receive_bytes(data)
    found, parts, kind = [], [], None
    for frame in protocol.received_frames():
        if frame.opcode is Opcode.CLOSE:
            found.append(("CLOSED", int(frame.payload[0])))
        elif frame.opcode.iscontrol():
            found.append((frame.opcode.name, bytes(frame.payload)))
        else:
            kind = frame.opcode if frame.opcode is not Opcode.CONTINUATION else kind
            part = frame.payload
            parts.append(part.encode() if isinstance(part, str) else bytes(part))
            if frame.message_finished:
                found.append((kind.name, b"".join(parts)))
                parts = []
    return found
