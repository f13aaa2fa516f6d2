"""WebSocket frames as they come (RFC 6455): finds messages where they lie in the receive buffer.

The receive buffer holds unread bytes from _RD to _WR. `scan` finds the next event there and returns
its code; a fragmented message is joined in place. A message too large for the buffer comes in pieces
of any size, which together are the message, and then _SKIPPED. The bytes of an event, _START to _END,
stay where they are until the next `scan` or `compact`. No memory is allocated.

All of a text is looked at, whether it is UTF-8: of each frame when it is here, of a piece when it is
handed on. ASCII goes by in words, 18 instructions each on the chip; that is 2 % of what a book update
costs between the stream and its record (counted on the board model, without TLS).
"""

from array import array

import micropython
from micropython import const

# Event codes of `scan`. An error is negative.
_NEED_MORE = const(0)
_TEXT = const(1)
_BINARY = const(2)
_SKIPPED = const(3)  # a message too large for the buffer went by; _LENGTH says how large
_PIECE = const(4)  # the next bytes of such a message, before it is _SKIPPED
_CLOSED = const(8)
_PING = const(9)
_PONG = const(10)
_ERR_RESERVED_BITS = const(-1)
_ERR_OPCODE = const(-2)
_ERR_MASKED = const(-3)
_ERR_CONTROL_FRAGMENTED = const(-4)
_ERR_CONTROL_LENGTH = const(-5)
_ERR_CONTINUATION = const(-6)  # a continuation of nothing
_ERR_INTERRUPTED = const(-7)  # a new message inside a fragmented one
_ERR_LENGTH_TOP_BIT = const(-8)
_ERR_LENGTH_FORM = const(-9)  # a length in more bytes than it needs
_ERR_TOO_LONG = const(-10)  # 2**30 bytes or more: no int of ours counts them
_ERR_CLOSE = const(-11)  # a close frame with half a code, or with one that must not be sent
_ERR_UTF8 = const(-12)  # a text, or the reason in a close frame, that is not UTF-8

# Offsets in the state of the receive buffer.
_RD = const(0)
_WR = const(1)
_CAPACITY = const(2)
_LIMIT = const(3)  # the longest message that is kept
_START = const(4)
_END = const(5)
_LENGTH = const(6)  # payload bytes of the last message, also of a skipped one
_CLOSE_CODE = const(7)
_PART = const(8)  # opcode of the fragmented message that is under way, or 0
_PART_START = const(9)
_PART_END = const(10)
_PART_SKIP = const(11)  # 1: that message is too large
_DROP = const(12)  # 1: inside a payload that is handed on in pieces
_DROP_LEFT = const(13)
_DROP_LAST = const(14)  # it belongs to the last frame of its message
_UTF8 = const(15)  # how a text must go on: bytes to come, least and most of the next; or 0
_IN_WORDS = const(16)  # how many words of the buffer can be read as such: on CPython none
_STATE_SIZE = const(17)

_ALIGN = const(256)
_ALIGN_SHIFT = const(8)
# What a message must leave free: the largest control frame (127) and a step of alignment (255).
_RESERVE = const(384)
_NO_CODE = const(1005)

# The bytes that may follow one, as _UTF8 has them: one more, or two, or three.
_ONE_MORE = const(0x180BF)
_TWO_MORE = const(0x280BF)
_THREE_MORE = const(0x380BF)
_ANY = const(0x80BF)
_HIGH_BITS = const(0x20202020)  # of four bytes, moved by 2: as they are they make no small integer


def rx_state(capacity):
    """The state for a receive buffer of `capacity` bytes."""
    if capacity < 2 * _ALIGN:
        raise ValueError("the receive buffer needs at least 512 bytes")
    state = array("i", [0] * _STATE_SIZE)
    state[_CAPACITY] = capacity
    state[_LIMIT] = capacity - _RESERVE
    return state


def rx_reset(state):
    """Forget everything received; what is said of the buffer stays."""
    for i in range(_IN_WORDS):
        if i != _CAPACITY and i != _LIMIT:
            state[i] = 0


@micropython.viper
def scan(words: ptr32, state: ptr32, buf: ptr8) -> int:
    """The next event in `buf`. `words` is the same buffer, of which state[_IN_WORDS] words can be read there."""
    rd = state[_RD]
    wr = state[_WR]
    more = state[_UTF8]
    # What is new of a text, whether its message ends there, and what to return then, if anything.
    i = 0
    end = 0
    last = 0
    event = _NEED_MORE
    while True:
        while i < end:
            if more == 0 and i & 3 == 0:
                at = i >> 2
                n = end >> 2
                if n > state[_IN_WORDS]:
                    n = state[_IN_WORDS]
                while at + 4 <= n:
                    four = words[at] | words[at + 1] | words[at + 2] | words[at + 3]
                    if four >> 2 & _HIGH_BITS:
                        break
                    at += 4
                while at < n and words[at] >> 2 & _HIGH_BITS == 0:
                    at += 1
                if i < at << 2:
                    i = at << 2
                    continue
            n = buf[i]
            i += 1
            if more:
                if n < (more >> 8 & 255) or n > (more & 255):
                    return _ERR_UTF8
                more = more >> 16
                if more == 1:
                    more = 0
                else:
                    more = ((more - 1) << 16) | _ANY
            elif n > 0x7F:
                if n < 0xC2 or n > 0xF4:
                    return _ERR_UTF8
                more = _ONE_MORE
                if n > 0xDF:
                    more = _TWO_MORE
                if n > 0xEF:
                    more = _THREE_MORE
                # Nothing in more bytes than it needs, no surrogates, nothing beyond U+10FFFF.
                if n == 0xE0:
                    more += 0x2000
                if n == 0xED:
                    more -= 0x20
                if n == 0xF0:
                    more += 0x1000
                if n == 0xF4:
                    more -= 0x30
        if last and more:
            return _ERR_UTF8
        state[_UTF8] = more
        if event:
            return event
        if state[_DROP]:
            n = state[_DROP_LEFT]
            if n > 0:
                if n > wr - rd:
                    n = wr - rd
                if n == 0:
                    return _NEED_MORE
                state[_DROP_LEFT] -= n
                state[_START] = rd
                state[_END] = rd + n
                state[_RD] = rd + n
                event = _PIECE
                if state[_PART] == _TEXT:
                    i = rd
                    end = rd + n
                continue
            state[_DROP] = 0
            if state[_DROP_LAST]:
                state[_PART] = 0
                event = _SKIPPED
                last = 1
                continue
        if wr - rd < 2:
            return _NEED_MORE
        first = buf[rd]
        n = buf[rd + 1]
        opcode = first & 15
        if first & 0x70:
            return _ERR_RESERVED_BITS
        if n & 0x80:
            return _ERR_MASKED
        if opcode > 10 or (opcode > 2 and opcode < 8):
            return _ERR_OPCODE
        at = rd + 2  # where the payload begins
        if opcode > 7:
            if first < 0x80:
                return _ERR_CONTROL_FRAGMENTED
            if n > 125:
                return _ERR_CONTROL_LENGTH
            if wr - at < n:
                return _NEED_MORE
            state[_START] = at
            state[_END] = at + n
            state[_RD] = at + n
            if opcode != _CLOSED:
                return opcode
            code = _NO_CODE
            if n == 1:
                return _ERR_CLOSE
            if n > 1:
                code = (buf[at] << 8) | buf[at + 1]
                if code < 1000 or code > 4999 or (code > 1014 and code < 3000):
                    return _ERR_CLOSE
                if code > 1003 and code < 1007:
                    return _ERR_CLOSE
                # The reason is a text of its own.
                i = at + 2
                end = at + n
            state[_CLOSE_CODE] = code
            more = 0
            last = 1
            event = _CLOSED
            continue

        part = state[_PART]
        if opcode == 0:
            if part == 0:
                return _ERR_CONTINUATION
        elif part:
            return _ERR_INTERRUPTED
        if n == 126:
            at = rd + 4
            if wr < at:
                return _NEED_MORE
            n = (buf[rd + 2] << 8) | buf[rd + 3]
            if n < 126:
                return _ERR_LENGTH_FORM
        elif n == 127:
            at = rd + 10
            if wr < at:
                return _NEED_MORE
            if buf[rd + 2] & 0x80:
                return _ERR_LENGTH_TOP_BIT
            if buf[rd + 2] | buf[rd + 3] | buf[rd + 4] | buf[rd + 5] | (buf[rd + 6] & 0xC0):
                return _ERR_TOO_LONG
            n = (buf[rd + 6] << 24) | (buf[rd + 7] << 16) | (buf[rd + 8] << 8) | buf[rd + 9]
            if n < 65536:
                return _ERR_LENGTH_FORM
        total = n
        if part:
            total += state[_LENGTH]
            if total > 0x3FFFFFFF:
                return _ERR_TOO_LONG
        if total > state[_LIMIT]:
            # It would never fit: hand it on and forget it as it comes, what is joined of it first.
            state[_LENGTH] = total
            joined = 0
            if part == 0:
                state[_PART] = opcode
            elif state[_PART_SKIP] == 0:
                joined = state[_PART_END] - state[_PART_START]
            state[_PART_SKIP] = 1
            state[_DROP] = 1
            state[_DROP_LEFT] = n
            state[_DROP_LAST] = first & 0x80
            rd = at
            state[_RD] = rd
            if joined:
                state[_START] = state[_PART_START]
                state[_END] = state[_PART_END]
                return _PIECE
            continue
        if wr - at < n:
            return _NEED_MORE

        rd = at + n
        state[_RD] = rd
        state[_LENGTH] = total
        if part == 0:
            part = opcode
            to = at
            state[_PART_START] = at
        else:
            to = state[_PART_END]
            i = 0
            while i < n:
                buf[to + i] = buf[at + i]
                i += 1
        if part == _TEXT:
            i = to
            end = to + n
        to += n
        state[_PART] = part
        state[_PART_SKIP] = 0
        state[_PART_END] = to
        if first & 0x80:
            state[_START] = state[_PART_START]
            state[_END] = to
            state[_PART] = 0
            last = 1
            event = part
    return _NEED_MORE


@micropython.viper
def compact(buf: ptr8, state: ptr32) -> int:
    """Move what is unfinished to the front, so that _WR is a multiple of _ALIGN; return _WR // _ALIGN.

    Returns -1, and moves nothing, when no room would be left behind it.
    """
    rd = state[_RD]
    wr = state[_WR]
    start = rd
    joined = 0
    if state[_PART] and state[_PART_SKIP] == 0:
        joined = state[_PART_END] - state[_PART_START]
        if joined:
            start = state[_PART_START]
    size = joined + wr - rd
    slot = (size + _ALIGN - 1) >> _ALIGN_SHIFT
    if (slot << _ALIGN_SHIFT) >= state[_CAPACITY]:
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
    state[_RD] = to + joined
    state[_WR] = to + size
    return slot
