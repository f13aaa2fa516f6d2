"""Kraken spot v2: what a frame does (`on_frame`); what is said to the exchange is in the file beside it."""

import micropython
from micropython import const

from firmware.feeds.take_book import take_book
from firmware.kernels.decode_v2 import decode

_UPDATE = const(0)
_WIRE = const(12)


@micropython.native
def on_frame(frame, start, end, now_ms, buffers):
    """Take in `frame[start:end]`, received at the board's `now_ms`; returns the _KIND_ or an error code.

    `buffers` is what `buffers.make` made; take_book.py says what becomes of them.
    """
    kind = decode(frame, start, end, buffers[_UPDATE], buffers[_WIRE])
    return take_book(kind, frame, now_ms, buffers)
