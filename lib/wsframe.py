"""WebSocket frames (RFC 6455): finds messages where they lie in the receive buffer, builds ours.

The receive buffer holds unread bytes from RD to WR. `scan` finds the next event there and returns
its code; a fragmented message is joined in place. The bytes of an event, START to END, stay where
they are until the next `scan` or `compact`. No memory is allocated.
"""

from array import array

import micropython
from micropython import const

# Event codes of `scan`. An error is negative.
NEED_MORE = const(0)
TEXT = const(1)
BINARY = const(2)
SKIPPED = const(3)  # a message too large for the buffer went by; LENGTH says how large
CLOSED = const(8)
PING = const(9)
PONG = const(10)
ERR_RESERVED_BITS = const(-1)
ERR_OPCODE = const(-2)
ERR_MASKED = const(-3)
ERR_CONTROL_FRAGMENTED = const(-4)
ERR_CONTROL_LENGTH = const(-5)
ERR_CONTINUATION = const(-6)  # a continuation of nothing
ERR_INTERRUPTED = const(-7)  # a new message inside a fragmented one
ERR_LENGTH_TOP_BIT = const(-8)
ERR_LENGTH_FORM = const(-9)  # a length in more bytes than it needs
ERR_TOO_LONG = const(-10)  # 2**30 bytes or more: no int of ours counts them
ERR_CLOSE = const(-11)  # a close frame with half a code, or with one that must not be sent

# Offsets in the state of the receive buffer.
RD = const(0)
WR = const(1)
CAPACITY = const(2)
LIMIT = const(3)  # the longest message that is kept
START = const(4)
END = const(5)
LENGTH = const(6)  # payload bytes of the last message, also of a skipped one
CLOSE_CODE = const(7)
_PART = const(8)  # opcode of the fragmented message that is under way, or 0
_PART_START = const(9)
_PART_END = const(10)
_PART_SKIP = const(11)  # 1: that message is too large
_DROP = const(12)  # 1: inside a payload that is thrown away
_DROP_LEFT = const(13)
_DROP_LAST = const(14)  # it belongs to the last frame of its message
_STATE_SIZE = const(15)

# Offsets in the state of the transmit buffer.
TX_RD = const(0)
TX_WR = const(1)
TX_CAPACITY = const(2)
TX_KEY = const(3)  # two halves of 16 bits: the mask of the next frame
_TX_SIZE = const(5)
TX_HEAD_MAX = const(8)  # of a frame of ours: nothing longer than 65535 bytes is sent

ALIGN = const(256)
_ALIGN_SHIFT = const(8)
# What a message must leave free: the largest control frame (127) and a step of alignment (255).
_RESERVE = const(384)
_NO_CODE = const(1005)


def rx_state(capacity):
    """The state for a receive buffer of `capacity` bytes."""
    if capacity < 2 * ALIGN:
        raise ValueError("the receive buffer needs at least 512 bytes")
    state = array("i", [0] * _STATE_SIZE)
    state[CAPACITY] = capacity
    state[LIMIT] = capacity - _RESERVE
    return state


def rx_reset(state):
    """Forget everything received; capacity and limit stay."""
    for i in range(_STATE_SIZE):
        if i != CAPACITY and i != LIMIT:
            state[i] = 0


def tx_state(capacity):
    """The state for a transmit buffer of `capacity` bytes."""
    state = array("i", [0] * _TX_SIZE)
    state[TX_CAPACITY] = capacity
    return state


@micropython.viper
def scan(buf: ptr8, state: ptr32) -> int:
    rd = state[RD]
    wr = state[WR]
    while True:
        if state[_DROP]:
            n = state[_DROP_LEFT]
            if n > wr - rd:
                state[_DROP_LEFT] = n - (wr - rd)
                state[RD] = wr
                return NEED_MORE
            rd += n
            state[RD] = rd
            state[_DROP] = 0
            if state[_DROP_LAST]:
                state[_PART] = 0
                return SKIPPED
        if wr - rd < 2:
            return NEED_MORE
        first = buf[rd]
        n = buf[rd + 1]
        opcode = first & 15
        if first & 0x70:
            return ERR_RESERVED_BITS
        if n & 0x80:
            return ERR_MASKED
        if opcode > 10 or (opcode > 2 and opcode < 8):
            return ERR_OPCODE
        at = rd + 2  # where the payload begins
        if opcode > 7:
            if first < 0x80:
                return ERR_CONTROL_FRAGMENTED
            if n > 125:
                return ERR_CONTROL_LENGTH
            if wr - at < n:
                return NEED_MORE
            state[START] = at
            state[END] = at + n
            if opcode == CLOSED:
                code = _NO_CODE
                if n == 1:
                    return ERR_CLOSE
                if n > 1:
                    code = (buf[at] << 8) | buf[at + 1]
                    if code < 1000 or code > 4999 or (code > 1014 and code < 3000):
                        return ERR_CLOSE
                    if code > 1003 and code < 1007:
                        return ERR_CLOSE
                state[CLOSE_CODE] = code
            state[RD] = at + n
            return opcode

        part = state[_PART]
        if opcode == 0:
            if part == 0:
                return ERR_CONTINUATION
        elif part:
            return ERR_INTERRUPTED
        if n == 126:
            at = rd + 4
            if wr < at:
                return NEED_MORE
            n = (buf[rd + 2] << 8) | buf[rd + 3]
            if n < 126:
                return ERR_LENGTH_FORM
        elif n == 127:
            at = rd + 10
            if wr < at:
                return NEED_MORE
            if buf[rd + 2] & 0x80:
                return ERR_LENGTH_TOP_BIT
            if buf[rd + 2] | buf[rd + 3] | buf[rd + 4] | buf[rd + 5] | (buf[rd + 6] & 0xC0):
                return ERR_TOO_LONG
            n = (buf[rd + 6] << 24) | (buf[rd + 7] << 16) | (buf[rd + 8] << 8) | buf[rd + 9]
            if n < 65536:
                return ERR_LENGTH_FORM
        total = n
        if part:
            total += state[LENGTH]
            if total > 0x3FFFFFFF:
                return ERR_TOO_LONG
        if total > state[LIMIT]:
            # It would never fit: throw it away as it comes, what is here of it first.
            state[LENGTH] = total
            if part == 0:
                state[_PART] = opcode
            state[_PART_SKIP] = 1
            state[_DROP] = 1
            state[_DROP_LEFT] = n
            state[_DROP_LAST] = first & 0x80
            rd = at
            state[RD] = rd
            continue
        if wr - at < n:
            return NEED_MORE

        rd = at + n
        state[RD] = rd
        state[LENGTH] = total
        if part == 0:
            if first & 0x80:
                state[START] = at
                state[END] = rd
                return opcode
            state[_PART] = opcode
            state[_PART_SKIP] = 0
            state[_PART_START] = at
            state[_PART_END] = rd
        else:
            to = state[_PART_END]
            i = 0
            while i < n:
                buf[to + i] = buf[at + i]
                i += 1
            state[_PART_END] = to + n
            if first & 0x80:
                state[START] = state[_PART_START]
                state[END] = to + n
                state[_PART] = 0
                return part
    return NEED_MORE


@micropython.viper
def compact(buf: ptr8, state: ptr32) -> int:
    """Move what is unfinished to the front, so that WR is a multiple of ALIGN; return WR // ALIGN.

    Returns -1, and moves nothing, when no room would be left behind it.
    """
    rd = state[RD]
    wr = state[WR]
    start = rd
    joined = 0
    if state[_PART] and state[_PART_SKIP] == 0:
        joined = state[_PART_END] - state[_PART_START]
        if joined:
            start = state[_PART_START]
    size = joined + wr - rd
    slot = (size + ALIGN - 1) >> _ALIGN_SHIFT
    if (slot << _ALIGN_SHIFT) >= state[CAPACITY]:
        return -1
    if joined and start + joined != rd:
        # Close the gap that headers and control frames left behind the joined part.
        to = start + joined
        i = rd
        while i < wr:
            buf[to] = buf[i]
            to += 1
            i += 1
    to = (slot << _ALIGN_SHIFT) - size
    if to < start:
        i = 0
        while i < size:
            buf[to + i] = buf[start + i]
            i += 1
    elif to > start:
        i = size
        while i > 0:
            i -= 1
            buf[to + i] = buf[start + i]
    state[_PART_START] = to
    state[_PART_END] = to + joined
    state[RD] = to + joined
    state[WR] = to + size
    return slot


@micropython.viper
def build(src: ptr8, out: ptr8, tx: ptr32, start: int, size: int, opcode: int) -> int:
    """Append a masked frame of src[start:start + size]; return its length, 0 if it has no room."""
    at = tx[TX_WR]
    length = size + 6
    if size > 125:
        length += 2
    if size < 0 or size > 0xFFFF or at + length > tx[TX_CAPACITY]:
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
    out[at] = tx[TX_KEY] >> 8
    out[at + 1] = tx[TX_KEY] & 255
    out[at + 2] = tx[TX_KEY + 1] >> 8
    out[at + 3] = tx[TX_KEY + 1] & 255
    i = 0
    while i < size:
        out[at + 4 + i] = src[start + i] ^ out[at + (i & 3)]
        i += 1
    tx[TX_WR] = at + 4 + size
    return length
