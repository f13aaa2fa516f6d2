"""Records on their way to the serial line: queued whole, written as fast as the line takes them, else dropped."""

import json

from array import array
from micropython import const

from firmware.board.device import serial_write
from firmware.kernels.render import render
from ring import Ring
from time import ticks_add, ticks_diff, ticks_ms

_FEED_RING = const(1024)
_BOARD_RING = const(384)
_PIECE = const(120)  # bytes at a time, what the chip's transmit FIFO takes
_LINE_ROOM = const(256)
_V_STRIDE = const(4)
_MOST_VALUES = const(9)


class Telemetry:
    """Two rings, one for each thread, and one writer: `drain`, in the main thread.

    `bytes_per_s` is the line's speed, 0 for one that takes everything.
    """

    bytes_per_s = 0

    def __init__(self):
        self.feed = Ring(_FEED_RING)
        self.board = Ring(_BOARD_RING)
        self.dropped = 0
        self._free_at = ticks_ms()

    def put(self, ring, data, count):
        """Queue `count` bytes of whole records, or count them as dropped."""
        if not ring.put(data, count):
            for n in range(count):
                if data[n] == 10:
                    self.dropped += 1

    def say(self, **keys):
        """Queue a rare record of the main thread, made the comfortable way."""
        line = (json.dumps(keys).replace('": ', '":').replace(', "', ',"') + "\n").encode()
        self.put(self.feed, line, len(line))

    def drain(self):
        """Write what the line takes now; True when nothing is left."""
        while True:
            ring = self.board if self.board.span() else self.feed
            count = ring.span()
            if count == 0:
                return True
            if self.bytes_per_s:
                now = ticks_ms()
                if ticks_diff(now, self._free_at) < 0:
                    return False
                count = min(count, _PIECE)
                self._free_at = ticks_add(now, count * 1000 // self.bytes_per_s)
            serial_write(ring.buf, ring.start, count)
            ring.take(count)


class Line:
    """A board record made of integers, rendered without allocation: `set` its values, then `send` it."""

    def __init__(self, telemetry, symbols, words):
        self._telemetry = telemetry
        self._symbols = symbols
        self._words = words
        self._values = array("i", bytes(4 * _V_STRIDE * _MOST_VALUES))
        self._out = bytearray(_LINE_ROOM)

    def set(self, place, value):
        """Value number `place`; None becomes null."""
        at = place * _V_STRIDE
        self._values[at + 2] = -1 if value is None else 0
        if value is not None:
            self._values[at + 3] = 1 if value < 0 else 0
            self._values[at + 1] = abs(value) % 1_000_000_000
            self._values[at] = abs(value) // 1_000_000_000

    def send(self, template, pair, word):
        """Render `template` (see kernels/render.py) and queue it as a record of the second thread."""
        count = render(
            self._out, 0, template, self._values, 0, self._symbols, pair, self._words, word
        )
        self._telemetry.put(self._telemetry.board, self._out, count)
