"""Kraken futures v1: what a frame does (`on_frame`); what is said to the exchange is in the file beside it."""

import micropython
from micropython import const

from firmware.feeds.take_book import take_book
from firmware.kernels.decode_futures import decode
from firmware.kernels.shorten import shorten
from firmware.kernels.swift_futures import swift

_KIND_BOOK = const(2)  # what decode_futures says a frame is
_ERR_TRUNCATED = const(-2)

_UPDATE = const(0)
_SHORT = const(3)
_CRC = const(7)
_COUNTERS = const(10)
_WIRE = const(12)
_UPD_MAX_LEVELS = const(2)
_SKIPPED = const(3)
_OUT = const(7)
_SHORT_BYTES = const(0)
_SHORT_FULL = const(1)
_SHORT_WORDS = const(6)


@micropython.native
def on_frame(frame, start, end, now_ms, buffers):
    """Take in `frame[start:end]`, received at the board's `now_ms`; see spot_v2.py."""
    update = buffers[_UPDATE]
    wire = buffers[_WIRE]
    kind = swift(frame, start, end, update, wire)
    if kind == 0:
        kind = decode(frame, start, end, update, wire)
    return take_book(kind, frame, now_ms, buffers)


# A snapshot is the whole book and may be larger than the receive buffer: it is shortened as it
# comes. There are no checksums here, so that their table has room for the state of that.


def take_piece(buf, start, end, buffers):
    """The next bytes of a message that is too large for the receive buffer; none of them: forget what came."""
    state = buffers[_CRC]
    if start == end:
        for n in range(_SHORT_WORDS):
            state[n] = 0
    short = buffers[_SHORT]
    shorten(buf, start, end, short, state, buffers[_UPDATE][_UPD_MAX_LEVELS] >> 1, len(short))


def take_end(now_ms, buffers):
    """That message is complete; returns as `on_frame`, negative if nobody knows what it would have changed."""
    state = buffers[_CRC]
    counters = buffers[_COUNTERS]
    short = buffers[_SHORT]
    if state[_SHORT_FULL]:
        # Of no use, but most likely no book: trades, for one.
        counters[_SKIPPED] += 1
        counters[_OUT] = 0
        short[-1] = 125
        kind = decode(short, 0, len(short), buffers[_UPDATE], buffers[_WIRE])
        if kind == _KIND_BOOK:
            kind = _ERR_TRUNCATED
    else:
        kind = on_frame(short, 0, state[_SHORT_BYTES], now_ms, buffers)
    take_piece(short, 0, 0, buffers)
    return kind
