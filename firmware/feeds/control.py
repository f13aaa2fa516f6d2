"""Reads a word out of a control frame where it lies: such frames may be larger, as objects, than the heap."""

from micropython import const

_LONGEST_TOLD = const(80)


def text_after(buf, key, start, end):
    """The text in `buf[start:end]` that follows `key` (bytes, with its quotes), shortened; None without one."""
    at = buf.find(key, start, end)
    if at < 0:
        return None
    at += len(key)
    stop = buf.find(b'"', at, end)
    text = bytearray(buf[at : min(stop, at + _LONGEST_TOLD)])
    for n, c in enumerate(text):
        if not 32 <= c <= 126:
            text[n] = 95
    return text.decode()
