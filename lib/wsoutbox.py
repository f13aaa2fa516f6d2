"""WebSocket frames that wait to be sent: TLS may refuse them for a while and none may be lost."""

import random

from micropython import const

import wsframe

# As wsframe.py has them.
_TX_RD = const(0)
_TX_WR = const(1)
_TX_CAPACITY = const(2)
_TX_KEY = const(3)
_TX_HEAD_MAX = const(8)


class Outbox:
    """A transmit buffer made once. Bytes are waiting while `outbox.state[_TX_WR]` is not 0."""

    def __init__(self, capacity):
        self.buf = bytearray(capacity)
        self.state = wsframe.tx_state(capacity)
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
        return wsframe.build(src, self.buf, self.state, start, end - start, opcode) > 0

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
