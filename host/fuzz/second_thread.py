"""What the second thread looks at after a frame, as health.py does it; for CPython and the board model."""

# Where the kernels find what they need, as the firmware has it.
_BOOKS = 2
_PUBS = 4
_COUNTERS = 10
_PICK_WORDS = 13
_MARKET_LAST = 89
_MARKET_LAST_STRIDE = 4
_M_THRESHOLD = 5
_M_COOLDOWN_MS = 6
_M_MARKET = 9
_M_WORDS = 13
_CLOCK_WORDS = 8
_W_MOST_LAG = 13
_W_PAIR = 16
_FLOOR_WORDS = 5

_THRESHOLD = 100  # a thousandth
_COOLDOWN_MS = 300
_MOST_LAG_MS = 5000
_DRIFT = -999
# A second after the samples' 2026-10-03 20:58:30.
_NOW_HI = 1791
_NOW_LO = 61111000
_FREE_BYTES = 20000

# Where they are, in the order that SecondThread takes them.
KERNELS = (
    ("firmware.kernels.watch", "watch"),
    ("firmware.kernels.lateness", "carry"),
    ("firmware.kernels.lateness", "listen"),
    ("firmware.kernels.lateness", "look"),
    ("firmware.kernels.floor", "sink"),
)


class SecondThread:
    """The KERNELS, each with buffers of its own behind those of a feed; `words(count)` makes one."""

    def __init__(self, made, kernels, words):
        self._made = made
        self._kernels = kernels
        pairs = len(made[_BOOKS])
        self._moves = [words(_M_WORDS) for _ in range(pairs)]
        for pair, move in enumerate(self._moves):
            move[_M_THRESHOLD] = _THRESHOLD
            move[_M_COOLDOWN_MS] = _COOLDOWN_MS
            move[_M_MARKET] = _MARKET_LAST + pair * _MARKET_LAST_STRIDE
        self._clock = words(_CLOCK_WORDS)
        self._clock[1] = _NOW_HI
        self._clock[2] = _NOW_LO
        self._clock[3] = _DRIFT
        self._lateness = words(_W_PAIR + 2 * pairs)
        self._lateness[_W_MOST_LAG] = _MOST_LAG_MS
        self._floor = words(_FLOOR_WORDS)

    def look(self, now_ms):
        """Once round, with every kernel for every pair."""
        watch, carry, listen, look, sink = self._kernels
        made = self._made
        counters = made[_COUNTERS]
        listen(self._lateness, counters, 0, now_ms)
        for pair, book in enumerate(made[_BOOKS]):
            pub = made[_PUBS][pair]
            watch(self._moves[pair], pub, book, made[_PICK_WORDS], now_ms)
            look(pub, self._lateness, self._clock, counters, book, pair)
        carry(self._clock, now_ms)
        sink(self._floor, _FREE_BYTES - (now_ms & 0xFFF), now_ms)
