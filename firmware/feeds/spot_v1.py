"""Kraken spot v1: what a frame does (`on_frame`); what is said to the exchange is in the file beside it."""

import micropython
from micropython import const

from firmware.feeds.take_book import take_book
from firmware.kernels.decode_v1 import decode

# What decode_v1 says a frame is.
_KIND_HEARTBEAT = const(1)
_KIND_BOOK = const(2)

_MESSAGES = const(0)
_SKIPPED = const(3)
_HEARTBEATS = const(5)
_OUT = const(7)


@micropython.native
def on_frame(frame, start, end, now_ms, buffers):
    """Take in `frame[start:end]`, received at the board's `now_ms`; see spot_v2.py."""
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
