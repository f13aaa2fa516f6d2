"""SLIP: packets on a serial line, each between two 0xC0 bytes, as the ESP32's ROM loader frames them."""

END = b"\xc0"
_ESC = b"\xdb"
_ESC_END = b"\xdb\xdc"
_ESC_ESC = b"\xdb\xdd"


def frame(packet: bytes) -> bytes:
    """The packet as it goes over the line."""
    return END + packet.replace(_ESC, _ESC_ESC).replace(END, _ESC_END) + END


class Unframer:
    """Takes bytes as they come and gives the whole packets in them.

        packets = Unframer().feed(data)

    What is outside of a packet is dropped, and so is a packet with a bad escape or without end.
    """

    def __init__(self, longest_bytes: int) -> None:
        self._longest_bytes = longest_bytes
        self._frame: bytearray | None = None  # None: between packets

    def feed(self, data: bytes) -> list[bytes]:
        packets = []
        parts = data.split(END)
        for number, part in enumerate(parts):
            if number:
                # An END that follows one directly is the start of the packet, not an empty one.
                if self._frame:
                    packet = _unescaped(bytes(self._frame))
                    if packet is not None:
                        packets.append(packet)
                    self._frame = None
                else:
                    self._frame = bytearray()
            if self._frame is not None:
                self._frame += part
                if len(self._frame) > self._longest_bytes:
                    self._frame = None
        return packets


def _unescaped(data: bytes) -> bytes | None:
    first, *rest = data.split(_ESC)
    plain = bytearray(first)
    for part in rest:
        if part[:1] == b"\xdc":
            plain += END
        elif part[:1] == b"\xdd":
            plain += _ESC
        else:
            return None
        plain += part[1:]
    return bytes(plain)
