"""The second thread: every 50 ms it looks at prices, every 100 ms at books and time; it says how the board is."""

import _thread
import gc
import time
from array import array
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from firmware.board import device
from firmware.kernels.floor import sink
from firmware.kernels.lateness import carry, listen, look
from firmware.kernels.watch import watch
from firmware.telemetry import Line

_PERIOD_MS = const(50)  # of prices; of all else it is twice that
_TURNS = const(10)  # double periods of a second: in each of them another pair speaks
_CARRY_MS = const(30_000)
_FIRST_ASK_MS = const(3_600_000)
_DOUBT_MS = const(15_000)  # RFC 4330: a time server is not asked more often

# The lateness and its verdicts, as kernels/lateness.py has them.
_W_MISSING = const(4)
_W_MOST = const(6)
_W_LAG = const(11)
_W_WORST = const(12)
_W_MOST_LAG = const(13)
_W_PAIR = const(16)
_W_PAIR_WORDS = const(2)
_LAG_ZERO = const(100_000)
_AGREE = const(1)
_DISAGREE = const(2)

# The delta watch, as kernels/watch.py has it; the last price of the first pair, as take_market.py.
_M_THRESHOLD = const(5)
_M_COOLDOWN_MS = const(6)
_M_MARKET = const(9)
_M_WORDS = const(13)
_WHOLE = const(100_000)
_FLOOR_WORDS = const(5)
_MARKET_LAST = const(89)
_MARKET_LAST_STRIDE = const(4)

# As take_book.py has them.
_B_STATE = const(0)
_B_UPDATES = const(60)
_B_BAD = const(61)
_LIVE = const(1)
_MESSAGES = const(0)
_BAD = const(2)
_SKIPPED = const(3)
_RESYNC = const(6)
# Their places among the buffers.
_SYMBOLS = const(1)
_BOOKS = const(2)
_PUBS = const(4)
_WORD_LIST = const(9)
_COUNTERS = const(10)
_PICK_WORDS = const(13)

_PAIR = const(b'{"k":"pair","p":"%p","st":"%w","lag":%0,"n":%1,"bad":%2}%\0')
_HEALTH = const(
    b'{"k":"health","up":%0,"n":%1,"ps":%2,"lag":%3,"hb":%4,"bad":%5,"free":%6,"drop":%7}%\0'
)
_LEAK = const(b'{"k":"leak","lost":%0,"free":%1}%\0')
_LINK = const(b'{"k":"link","re":%0,"skip":%1,"rssi":%2,"off":%3,"ppm":%4,"low":%5,"alloc":%6}%\0')


class Health:
    """Reads published books and counters, writes to its own ring of the telemetry; never waits for the feed.

    For whoever keeps the connection: `since` is to hold the ticks at which it went up, None while
    it is down. `lag_ms` is the largest lag of LIVE books in the last second, None if nothing tells;
    `clock.trusted` says whether to believe it. `low` is the least free heap that was seen, -1 where
    nobody knows. `unheard_s` is for others to count up; the thread sets it to 0 while it runs.
    `moves` has a buffer for each pair that kernels/watch.py looks at, none at all without a
    `delta_threshold`.
    """

    def __init__(self, buffers, telemetry, clock, settings):
        self.buffers = buffers
        self.telemetry = telemetry
        self.clock = clock
        self.settings = settings
        self.since = self.lag_ms = None
        self.reconnects = self.unheard_s = 0
        self.low = self._used = -1
        pairs = len(buffers[_BOOKS])
        self._watch = array("i", bytes(4 * (_W_PAIR + pairs * _W_PAIR_WORDS)))
        self._floor = array("i", bytes(4 * _FLOOR_WORDS))
        self._line = Line(telemetry, buffers[_SYMBOLS], buffers[_WORD_LIST])
        self.moves = []
        if settings["delta_threshold"]:
            for pair in range(pairs):
                move = array("i", memoryview(bytes(_M_WORDS)))  # as in buffers.py
                move[_M_THRESHOLD] = round(settings["delta_threshold"] * _WHOLE) or 1
                move[_M_COOLDOWN_MS] = settings["resync_cooldown_ms"]
                if settings["channels"]:
                    move[_M_MARKET] = _MARKET_LAST + pair * _MARKET_LAST_STRIDE
                self.moves.append(move)

    def start(self):
        """Begin the thread; it ends with the program."""
        _thread.stack_size(device.THREAD_STACK_BYTES)
        _thread.start_new_thread(self._run, ())

    def _run(self):
        lateness = self._watch
        moves = self.moves
        market = self.buffers[_PICK_WORDS]
        clock = self.clock
        anchor = clock.anchor
        counters = self.buffers[_COUNTERS]
        books = self.buffers[_BOOKS]
        pubs = self.buffers[_PUBS]
        settings = self.settings
        last = said_at = asked_at = carry_at = ticks_ms()
        ask_at = ticks_add(last, _FIRST_ASK_MS if clock.trusted else _DOUBT_MS)
        turn = up_s = up_ms = messages = half = 0
        while True:
            time.sleep_ms(_PERIOD_MS)
            self.unheard_s = 0
            now = ticks_ms()
            for pair in range(len(moves)):
                if watch(moves[pair], pubs[pair], books[pair], market, now):
                    counters[_RESYNC] = 1
            half = 1 - half
            if half:
                continue
            up_ms += ticks_diff(now, last)
            last = now
            since = self.since
            if since is None:
                self.lag_ms = None
            lateness[_W_MOST_LAG] = settings["max_lag_ms"]  # live.py may have changed it
            listen(lateness, counters, -1 if since is None else since, now)
            for pair in range(len(books)):
                verdict = look(pubs[pair], lateness, anchor, counters, books[pair], pair)
                if verdict == _AGREE:
                    clock.trusted = True
                elif verdict == _DISAGREE and clock.trusted:
                    clock.trusted = False
                    ask_at = ticks_add(asked_at, _DOUBT_MS)
            # A pair every 100 ms, each once a second: the line is never asked for all at once.
            if turn < len(books):
                self._say_pair(turn)
            turn += 1
            if turn == _TURNS:
                turn = 0
                while up_ms >= 1000:
                    up_ms -= 1000
                    up_s += 1
                self.lag_ms = _lag_ms(lateness[_W_LAG])
                lateness[_W_LAG] = 0
            since_ms = ticks_diff(now, said_at)
            if since_ms >= settings["health_interval_ms"]:
                said_at = now
                self._say_health(up_s, (counters[_MESSAGES] - messages) * 1000 // since_ms)
                free = device.heap_free()
                lost = sink(self._floor, free, since_ms) if free > 0 else 0
                if lost:
                    self._say(_LEAK, (lost, free))
                messages = counters[_MESSAGES]
            if ticks_diff(now, carry_at) >= 0:
                carry_at = ticks_add(now, _CARRY_MS)
                carry(anchor, now)
            if ticks_diff(now, ask_at) >= 0 and not clock.kept:
                gc.collect()
                asked_at = now
                lateness[_W_LAG] = 0  # by a clock that may be wrong
                self.lag_ms = None
                ask_at = ticks_add(now, clock.ask(settings)[1] * 1000)

    def _say_pair(self, pair):
        line = self._line
        book = self.buffers[_BOOKS][pair]
        lateness = self._watch
        at = _W_PAIR + pair * _W_PAIR_WORDS
        line.set(0, _lag_ms(lateness[at]) if book[_B_STATE] == _LIVE else None)
        line.set(1, book[_B_UPDATES])
        line.set(2, book[_B_BAD])
        lateness[at] = 0
        line.send(_PAIR, pair, book[_B_STATE])

    def _say_health(self, up_s, messages_per_s):
        lateness = self._watch
        counters = self.buffers[_COUNTERS]
        clock = self.clock
        used = device.heap_used()
        # What rare events left behind is swept up here, so that `free` says what there really is.
        gc.collect()
        free = device.heap_free()
        if not 0 <= self.low <= free:
            self.low = free
        self._say(
            _LINK,
            (
                self.reconnects,
                counters[_SKIPPED],
                device.rssi_dbm(),
                clock.offset_ms if clock.trusted else None,
                clock.ppm,
                self.low if free >= 0 else None,
                used - self._used if used >= self._used >= 0 else None,
            ),
        )
        self._say(
            _HEALTH,
            (
                up_s,
                counters[_MESSAGES],
                messages_per_s,
                _lag_ms(lateness[_W_WORST]),
                lateness[_W_MOST],
                counters[_BAD],
                free if free >= 0 else None,
                self.telemetry.dropped,
            ),
        )
        lateness[_W_WORST] = 0
        lateness[_W_MOST] = lateness[_W_MISSING]
        self._used = device.heap_used()

    def _say(self, template, values):
        for place, value in enumerate(values):
            self._line.set(place, value)
        self._line.send(template, 0, 0)


def _lag_ms(kept):
    return kept - _LAG_ZERO if kept else None
