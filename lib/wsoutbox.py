"""WebSocket frames that wait to be sent: TLS may refuse them for a while and none may be lost."""

import random

import wsframe
from wsframe import TX_CAPACITY, TX_KEY, TX_RD, TX_WR


class Outbox:
    """A transmit buffer made once. Bytes are waiting while `outbox.state[TX_WR]` is not 0."""

    def __init__(self, capacity):
        self.buf = bytearray(capacity)
        self.state = wsframe.tx_state(capacity)
        self.clear()

    def clear(self):
        self.state[TX_RD] = self.state[TX_WR] = 0
        self._writing = 0  # end of the write that TLS has begun

    def holds(self, size):
        """Whether a payload of `size` bytes fits when nothing is waiting."""
        return size + wsframe.TX_HEAD_MAX <= self.state[TX_CAPACITY]

    def put(self, src, start, end, opcode):
        """Queue a frame of src[start:end]; False if it has no room now."""
        # Inside TLS the mask hides nothing from anyone; it only has to be there, and to change.
        self.state[TX_KEY] = random.getrandbits(16)
        self.state[TX_KEY + 1] = random.getrandbits(16)
        return wsframe.build(src, self.buf, self.state, start, end - start, opcode) > 0

    def flush(self, write):
        """Hand `write` what it takes now; False if the connection is lost. Allocates nothing."""
        state = self.state
        while state[TX_WR]:
            # A write that TLS did not finish must be repeated with the same bytes, so frames
            # that were queued since wait for the next one.
            if self._writing == 0:
                self._writing = state[TX_WR]
            try:
                n = write(self.buf, state[TX_RD], self._writing - state[TX_RD])
            except OSError:
                return False
            if not n:
                return True
            state[TX_RD] += n
            if state[TX_RD] == self._writing:
                self._writing = 0
                if state[TX_RD] == state[TX_WR]:
                    state[TX_RD] = state[TX_WR] = 0
        return True
