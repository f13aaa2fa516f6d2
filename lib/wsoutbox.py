"""WebSocket frames that wait to be sent: TLS may refuse them for a while and none may be lost."""

import random
from array import array

import micropython
from micropython import const

# Offsets in the state of the transmit buffer.
_TX_RD = const(0)
_TX_WR = const(1)
_TX_CAPACITY = const(2)
_TX_KEY = const(3)  # two halves of 16 bits: the mask of the next frame
_TX_SIZE = const(5)
_TX_HEAD_MAX = const(8)  # of a frame of ours: nothing longer than 65535 bytes is sent


@micropython.viper
def build(src: ptr8, out: ptr8, tx: ptr32, start: int, size: int, opcode: int) -> int:
    """Append a masked frame of src[start:start + size]; return its length, 0 if it has no room."""
    at = tx[_TX_WR]
    length = size + 6
    if size > 125:
        length += 2
    if size < 0 or size > 0xFFFF or at + length > tx[_TX_CAPACITY]:
        return 0
    out[at] = 0x80 | opcode
    if size > 125:
        out[at + 1] = 0x80 | 126
        out[at + 2] = size >> 8
        out[at + 3] = size & 255
        at += 4
    else:
        out[at + 1] = 0x80 | size
        at += 2
    out[at] = tx[_TX_KEY] >> 8
    out[at + 1] = tx[_TX_KEY] & 255
    out[at + 2] = tx[_TX_KEY + 1] >> 8
    out[at + 3] = tx[_TX_KEY + 1] & 255
    i = 0
    while i < size:
        out[at + 4 + i] = src[start + i] ^ out[at + (i & 3)]
        i += 1
    tx[_TX_WR] = at + 4 + size
    return length


class Outbox:
    """A transmit buffer made once. Bytes are waiting while `outbox.state[_TX_WR]` is not 0."""

    def __init__(self, capacity):
        self.buf = bytearray(capacity)
        self.state = array("i", [0] * _TX_SIZE)
        self.state[_TX_CAPACITY] = capacity
        self.clear()

    def clear(self):
        self.state[_TX_RD] = self.state[_TX_WR] = 0
        self._writing = 0  # end of the write that TLS has begun

    def holds(self, size):
        """Whether a payload of `size` bytes fits when nothing is waiting."""
        return size + _TX_HEAD_MAX <= self.state[_TX_CAPACITY]

    def put(self, src, start, end, opcode):
        """Queue a frame of src[start:end]; False if it has no room now."""
        # Inside TLS the mask hides nothing from anyone; it only has to be there, and to change.
        self.state[_TX_KEY] = random.getrandbits(16)
        self.state[_TX_KEY + 1] = random.getrandbits(16)
        return build(src, self.buf, self.state, start, end - start, opcode) > 0

    def flush(self, write):
        """Hand `write` what it takes now; False if the connection is lost. Allocates nothing."""
        state = self.state
        while state[_TX_WR]:
            # A write that TLS did not finish must be repeated with the same bytes, so frames
            # that were queued since wait for the next one.
            if self._writing == 0:
                self._writing = state[_TX_WR]
            try:
                n = write(self.buf, state[_TX_RD], self._writing - state[_TX_RD])
            except OSError:
                return False
            if not n:
                return True
            state[_TX_RD] += n
            if state[_TX_RD] == self._writing:
                self._writing = 0
                if state[_TX_RD] == state[_TX_WR]:
                    state[_TX_RD] = state[_TX_WR] = 0
        return True
