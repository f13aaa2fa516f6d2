"""Copy a JSON message that comes in pieces without what is too much of its lists."""

import micropython
from micropython import const

# The state between two pieces; all zeros before the first.
_SHORT_BYTES = const(0)  # copied so far
_SHORT_FULL = const(1)  # 1: there was no room for more
_SHORT_DEPTH = const(2)  # open brackets
_SHORT_TEXT = const(3)  # 1 inside quotes, 2 behind a backslash there
_SHORT_LEFT = const(4)  # elements of this list that are still to be copied; 0 in what is no list
_SHORT_DROP = const(5)  # 1: in the elements that are too many


@micropython.viper
def shorten(piece: ptr8, i: int, end: int, out: ptr8, state: ptr32, most: int, room: int) -> int:
    """Append `piece[i:end]` to `out`, which has `room` bytes; returns the bytes there, or -1 without room.

    Of a list that is a member of the message, only the first `most` elements are copied. Whether
    the message is JSON its reader will see, except in what is left out: there only quotes and the
    number of brackets count.
    """
    at = state[_SHORT_BYTES]
    depth = state[_SHORT_DEPTH]
    text = state[_SHORT_TEXT]
    left = state[_SHORT_LEFT]
    drop = state[_SHORT_DROP]
    while i < end:
        c = piece[i]
        i += 1
        if text:
            if text == 2:
                text = 1
            elif c == 92:
                text = 2
            elif c == 34:
                text = 0
        elif c == 34:
            text = 1
        elif c == 123 or c == 91:
            depth += 1
            if depth == 2:
                left = most if c == 91 else 0
        elif c == 125 or c == 93:
            depth -= 1
            if depth < 2:
                drop = 0
        elif c == 44 and depth == 2 and left > 0:
            left -= 1
            if left == 0:
                drop = 1
        if drop == 0:
            if at >= room:
                state[_SHORT_FULL] = 1
                break
            out[at] = c
            at += 1
    state[_SHORT_BYTES] = at
    state[_SHORT_DEPTH] = depth
    state[_SHORT_TEXT] = text
    state[_SHORT_LEFT] = left
    state[_SHORT_DROP] = drop
    if state[_SHORT_FULL]:
        return -1
    return at
