"""The second thread: every 100 ms it looks across books and time, and it says how the board is."""

import _thread
import gc
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

from micropython import const

from firmware.board import device
from firmware.telemetry import Line

_PERIOD_MS = const(100)
_TURNS = const(10)  # periods of a second: in each of them another pair speaks
_ANCHOR_MS = const(60_000)

# As spot_v2.py and features.py have them.
_B_STATE = const(0)
_B_UPDATES = const(60)
_B_BAD = const(61)
_LIVE = const(1)
_MESSAGES = const(0)
_BAD = const(2)
_SKIPPED = const(3)
_P_COUNT = const(0)
_P_SLOT = const(8)
_P_SLOT_STRIDE = const(48)
_F_ARRIVAL = const(32)

_PAIR = const(b'{"k":"pair","p":"%p","st":"%w","lag":%0,"n":%1,"bad":%2}\0')
_HEALTH = const(
    b'{"k":"health","up":%0,"n":%1,"ps":%2,"bad":%3,"free":%4,"alloc":%5,"re":%6,"drop":%7,"skip":%8}\0'
)


class Health:
    """Reads published books and counters, writes to its own ring of the telemetry; never waits for the feed."""

    def __init__(self, buffers, telemetry, clock, interval_ms):
        self.reconnects = 0
        _, symbols, self._books, _, self._pubs, _, _, _, _, words, self._counters, _ = buffers
        self.telemetry = telemetry
        self._line = Line(telemetry, symbols, words)
        self.clock = clock
        self.interval_ms = interval_ms
        self._lags = [None] * len(self._books)
        self._seen = [0] * len(self._books)
        self._up_s = 0
        self._up_ms = 0
        self._last_messages = 0
        self._last_used = -1

    def start(self):
        """Begin the thread; it ends with the program."""
        _thread.stack_size(device.THREAD_STACK_BYTES)
        _thread.start_new_thread(self._run, ())

    def _run(self):
        last = ticks_ms()
        health_at = ticks_add(last, self.interval_ms)
        anchor_at = ticks_add(last, _ANCHOR_MS)
        turn = 0
        while True:
            sleep_ms(_PERIOD_MS)
            now = ticks_ms()
            self._up_ms += ticks_diff(now, last)
            last = now
            self._look()
            # A pair every 100 ms, each once a second: the line is never asked for all at once.
            if turn < len(self._books):
                self._say_pair(turn)
            turn = turn + 1 if turn < _TURNS - 1 else 0
            if ticks_diff(now, health_at) >= 0:
                self._say_health(self.interval_ms + ticks_diff(now, health_at))
                health_at = ticks_add(now, self.interval_ms)
            if ticks_diff(now, anchor_at) >= 0:
                anchor_at = ticks_add(now, _ANCHOR_MS)
                self.clock.set()

    def _look(self):
        """Keep each pair's largest lag of the second."""
        for pair in range(len(self._lags)):
            pub = self._pubs[pair]
            count = pub[_P_COUNT]
            if count == self._seen[pair]:
                continue
            slot = _P_SLOT + (count & 1) * _P_SLOT_STRIDE
            hi = pub[slot]
            lo = pub[slot + 1]
            arrival = pub[slot + _F_ARRIVAL]
            if pub[_P_COUNT] != count:
                continue  # published again meanwhile: the next look will have it
            self._seen[pair] = count
            lag = self.clock.lag_ms(arrival, hi, lo)
            if lag is not None and (self._lags[pair] is None or lag > self._lags[pair]):
                self._lags[pair] = lag

    def _say_pair(self, pair):
        line = self._line
        book = self._books[pair]
        line.set(0, self._lags[pair] if book[_B_STATE] == _LIVE else None)
        line.set(1, book[_B_UPDATES])
        line.set(2, book[_B_BAD])
        self._lags[pair] = None
        line.send(_PAIR, pair, book[_B_STATE])

    def _say_health(self, since_ms):
        counters = self._counters
        messages = counters[_MESSAGES]
        while self._up_ms >= 1000:
            self._up_ms -= 1000
            self._up_s += 1
        allocated = device.heap_used() - self._last_used
        # What rare events left behind is swept up here, so that `free` says what there really is.
        gc.collect()
        free = device.heap_free()
        line = self._line
        line.set(0, self._up_s)
        line.set(1, messages)
        line.set(2, (messages - self._last_messages) * 1000 // since_ms)
        line.set(3, counters[_BAD])
        line.set(4, free if free >= 0 else None)
        line.set(5, allocated if allocated >= 0 and self._last_used >= 0 else None)
        line.set(6, self.reconnects)
        line.set(7, self.telemetry.dropped)
        line.set(8, counters[_SKIPPED])
        self._last_messages = messages
        self._last_used = device.heap_used()
        line.send(_HEALTH, 0, 0)
