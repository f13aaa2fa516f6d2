"""Records on their way to the serial line: queued whole, written as fast as the line takes them, else dropped."""

import json
from array import array
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from firmware.board.device import serial_write
from firmware.kernels.render import render
from ring import Ring, append, first

_FEED_RING = const(896)
_BOARD_RING = const(384)
_LINE_ROOM = const(192)  # nine values, none of more than ten digits, and a template
_LINE_FEED = const(10)
_LONGEST_SAID = const(80)
_V_STRIDE = const(4)
_MOST_VALUES = const(9)
_READ = const(0)  # in the state of a ring, as ring.py has it


class Telemetry:
    """Two rings, one for each thread, and one writer: `drain`, in the main thread.

    `bytes_per_s` is the line's speed, 0 for one that takes everything.
    """

    bytes_per_s = 0
    box = None  # the black box, which hears everything that the main thread says

    def __init__(self):
        self.feed = Ring(_FEED_RING)
        self.board = Ring(_BOARD_RING)
        self.dropped = 0
        self._free_at = ticks_ms()
        self._unfinished = None  # the ring whose record is half written

    def put(self, data, count):
        """Queue `count` bytes of whole records from the main thread, or count them as dropped."""
        if self.box:
            self.box.note(data, count)
        feed = self.feed
        if not append(feed.buf, data, feed.state, count):
            self.drain()
            if not append(feed.buf, data, feed.state, count):
                self._drop(data, count)

    def put_aside(self, data, count):
        """The same from the second thread, which must not write."""
        board = self.board
        if not append(board.buf, data, board.state, count):
            self._drop(data, count)

    def _drop(self, data, count):
        for n in range(count):
            if data[n] == _LINE_FEED:
                self.dropped += 1

    def say(self, **keys):
        """Queue a rare record of the main thread, made the comfortable way; texts become plain and short."""
        for key, value in keys.items():
            if isinstance(value, str):
                plain = bytearray(value[:_LONGEST_SAID].encode())
                for n, c in enumerate(plain):
                    if not 32 <= c <= 126 or c == 34 or c == 92:  # quote, backslash
                        plain[n] = 95
                keys[key] = plain.decode()
        line = (json.dumps(keys, separators=(",", ":")) + "\n").encode()
        self.put(line, len(line))

    def drain(self):
        """Write what the line takes now, a record at a time."""
        while True:
            ring = self._unfinished or self.board
            count = first(ring.buf, ring.state)
            if count == 0:
                ring = self.feed
                count = first(ring.buf, ring.state)
                if count == 0:
                    return
            if self.bytes_per_s and ticks_diff(ticks_ms(), self._free_at) < 0:
                return
            # A record that goes on at the ring's beginning is finished before another one starts.
            self._unfinished = None
            if count < 0:
                self._unfinished = ring
                count = -count
            if self.bytes_per_s:
                self._free_at = ticks_add(ticks_ms(), count * 1000 // self.bytes_per_s)
            serial_write(ring.buf, ring.state[_READ], count)
            ring.state[_READ] += count

    def drain_all(self):
        """Write everything at once, however fast the line is: the last words before an end."""
        if self.box:
            self.box.flush(None)
        self.bytes_per_s = 0
        self.drain()


class Line:
    """A board record made of integers, rendered without allocation: `set` its values, then `send` it."""

    def __init__(self, telemetry, symbols, words):
        self.telemetry = telemetry
        self.symbols = symbols
        self.words = words
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
            self._out, 0, template, self._values, 0, self.symbols, pair, self.words, word
        )
        self.telemetry.put_aside(self._out, count)
