"""Kraken spot v2: what a frame does (`on_frame`); what is said to the exchange is in the file beside it."""

import micropython
from micropython import const

from firmware.feeds.take_book import take_book
from firmware.kernels.decode_v2 import decode
from firmware.kernels.swift_v2 import swift

_UPDATE = const(0)
_WIRE = const(12)


@micropython.native
def on_frame(frame, start, end, now_ms, buffers):
    """Take in `frame[start:end]`, received at the board's `now_ms`; returns the _KIND_ or an error code.

    `buffers` is what `buffers.make` made; take_book.py says what becomes of them.
    """
    update = buffers[_UPDATE]
    wire = buffers[_WIRE]
    kind = swift(frame, start, end, update, wire)
    if kind == 0:
        kind = decode(frame, start, end, update, wire)
    return take_book(kind, frame, now_ms, buffers)
