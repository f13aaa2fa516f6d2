"""A ring of bytes between one writer and one reader, in two threads if need be; whole pieces or nothing."""

from array import array

import micropython
from micropython import const

_READ = const(0)
_WRITE = const(1)


@micropython.viper
def _copy(ring: ptr8, src: ptr8, state: ptr32, capacity: int, count: int) -> int:
    at = state[_WRITE]
    n = 0
    while n < count:
        ring[at] = src[n]
        at += 1
        if at == capacity:
            at = 0
        n += 1
    state[_WRITE] = at  # last, so that the reader never sees half a piece
    return count


class Ring:
    """Allocates nothing after it is made. `put` belongs to the writer, `span` and `take` to the reader."""

    def __init__(self, capacity):
        self.buf = bytearray(capacity)
        self.state = array("i", (0, 0))

    def put(self, data, count):
        """Append the first `count` bytes of `data`; False, and nothing is appended, without room."""
        state = self.state
        capacity = len(self.buf)
        # One byte stays free: full and empty must differ.
        if (state[_READ] - state[_WRITE] - 1) % capacity < count:
            return False
        _copy(self.buf, data, state, capacity, count)
        return True

    def span(self):
        """How many bytes can be read in one piece from `buf[start]` on."""
        read = self.state[_READ]
        write = self.state[_WRITE]
        return (write if write >= read else len(self.buf)) - read

    @property
    def start(self):
        return self.state[_READ]

    def take(self, count):
        """`count` bytes of the span have been used."""
        self.state[_READ] = (self.state[_READ] + count) % len(self.buf)
