"""Kraken spot v2: what a frame does (`on_frame`); what is said to the exchange is in the file beside it."""

import micropython
from micropython import const

from firmware.feeds.take_book import take_book
from firmware.kernels.decode_v2 import decode

# What decode_v2 says a frame is.
_KIND_HEARTBEAT = const(1)
_KIND_BOOK = const(2)

_MESSAGES = const(0)
_SKIPPED = const(3)
_HEARTBEATS = const(5)
_OUT = const(7)


@micropython.native
def on_frame(frame, start, end, now_ms, buffers):
    """Take in `frame[start:end]`, received at the board's `now_ms`; returns the _KIND_ or an error code.

    `buffers` is what `buffers.make` made. The records the frame causes are in `out`,
    `counters[_OUT]` bytes of them. A conductor: it allocates nothing, and the host compiles it
    whole together with its kernels.
    """
    update, _, _, _, _, _, _, _, _, _, counters, _, wire, _, _ = buffers
    counters[_MESSAGES] += 1
    counters[_OUT] = 0
    kind = decode(frame, start, end, update, wire)
    if kind == _KIND_BOOK:
        take_book(frame, now_ms, buffers)
    elif kind == _KIND_HEARTBEAT:
        counters[_HEARTBEATS] += 1
    elif kind < 0:
        counters[_SKIPPED] += 1
    return kind
