"""A ring of lines between one writer and one reader, in two threads if need be; whole pieces or nothing."""

from array import array

import micropython
from micropython import const

# Offsets in the state.
_READ = const(0)
_WRITE = const(1)
_CAPACITY = const(2)

_LINE_FEED = const(10)


@micropython.viper
def append(ring: ptr8, src: ptr8, state: ptr32, count: int) -> int:
    """Append the first `count` bytes of `src`, whole lines; 0, and nothing is appended, without room."""
    capacity = state[_CAPACITY]
    at = state[_WRITE]
    room = state[_READ] - at - 1  # one byte stays free: full and empty must differ
    if room < 0:
        room += capacity
    if room < count:
        return 0
    n = 0
    while n < count:
        ring[at] = src[n]
        at += 1
        if at == capacity:
            at = 0
        n += 1
    state[_WRITE] = at  # last, so that the reader never sees half a piece
    return 1


@micropython.viper
def first(ring: ptr8, state: ptr32) -> int:
    """How long the first line is, from ring[state[_READ]] on, 0 if there is none; add it when it has been used.

    If the line goes on at the beginning of the ring, the bytes up to the end, as a negative number.
    """
    read = state[_READ]
    end = state[_WRITE]
    if read == state[_CAPACITY]:
        read = 0
        state[_READ] = 0
    if end < read:
        end = state[_CAPACITY]
    at = read
    while at < end:
        at += 1
        if ring[at - 1] == _LINE_FEED:
            return at - read
    return read - at


class Ring:
    """Allocates nothing after it is made. `append` belongs to the writer, `first` and `state[_READ]` to the reader."""

    def __init__(self, capacity):
        self.buf = bytearray(capacity)
        self.state = array("i", (0, 0, capacity))
