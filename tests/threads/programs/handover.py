"""Board only. Two real threads behind the real GIL: one publishes, one reads.

Arguments: publications, a seed, who hands over (`drawn`: both threads, by lot; `free`: MicroPython
alone, after so many branches), and what runs: `native` (kernels as on the chip, which nothing
interrupts; the reader is interrupted between any two words), `bytecode` (the same kernels as bytecode,
both threads interrupted at any access to the published buffer), or the name of a planted defect,
which runs as bytecode. Prints what was found out as JSON; "torn" says what a reader wrongly believed.
"""

import _thread
import json
import random
import sys
import time
from array import array

import handed
import micropython
from micropython import const

from firmware.kernels import features as writing
from firmware.kernels import lateness, watch

_P_COUNT = const(0)
_P_SLOT = const(4)
_SLOT_WORDS = const(36)

_WRITER = const(0)
_READER = const(1)
_BURSTS = bytes((1, 1, 1, 2, 2, 3, 4, 7, 20, 60, 120))  # publications, or accesses, in a row

_DEFECTS = {"count first": handed.COUNT_FIRST, "unchecked": handed.UNCHECKED}


class Turns:
    """Hands over from one thread to the other, by a lock each waits for; so only one runs, and the seed says which."""

    def __init__(self):
        self.locks = (_thread.allocate_lock(), _thread.allocate_lock())
        for lock in self.locks:
            lock.acquire()
        self.handovers = 0
        self.over = False

    def over_to(self, other):
        self.handovers += 1
        self.locks[other].release()
        if not self.over:
            self.locks[1 - other].acquire()

    def end(self, other):
        self.over = True
        self.locks[other].release()


class Free(Turns):
    """Hands over nothing itself: both threads run, and MicroPython hands its lock over where it will."""

    def over_to(self, other):
        if self.handovers == 0:
            self.handovers = 1
            self.locks[other].release()


def drawn():
    return _BURSTS[random.getrandbits(16) % len(_BURSTS)]


@micropython.native
def publish(first, last, pub, settings, book):
    """Publications `first` up to `last`, without one handover; as the conductor calls its kernels."""
    tell = handed.tell
    features = writing.features
    n = first
    while n < last:
        features(pub, settings, book, tell(book, n))
        n += 1


@micropython.viper
def copy(pub: ptr32, at: int, out: ptr32, to: int, n: int) -> int:
    while n > 0:
        n -= 1
        out[to + n] = pub[at + n]
    return 0


@micropython.viper
def differ(a: ptr32, b: ptr32, at: int) -> int:
    """How many words of the slot in `a` are not those of `b` from `at` on."""
    k = 0
    n = 0
    while k < _SLOT_WORDS:
        if a[k] != b[at + k]:
            n += 1
        k += 1
    return n


class Shared:
    """A buffer at each of whose accesses its thread may hand over."""

    def __init__(self, data, turns, other):
        self.data = data
        self.turns = turns
        self.other = other
        self.left = 1

    def pause(self):
        self.left -= 1
        if self.left == 0:
            self.left = drawn()
            if not self.turns.over:
                self.turns.over_to(self.other)

    def __getitem__(self, index):
        self.pause()
        return self.data[index]

    def __setitem__(self, index, value):
        self.pause()
        self.data[index] = value


class Reader:
    """Reads slots as features.py says, and as the second thread's kernels do; `torn` is what nobody published."""

    def __init__(self, pub, turns):
        self.pub = pub
        self.turns = turns
        self.believed = self.refused = self.caught = 0
        self.torn = None
        self.ended = False
        self.alone, self.settings, self.book = handed.room()
        self.out = array("i", bytes(4 * _SLOT_WORDS))
        self.lateness = array("i", bytes(4 * (handed.W_PAIR + 2)))
        self.lateness[handed.W_MOST_LAG] = handed.MOST_LAG_MS
        self.clock = array("i", handed.clock())
        self.counters = array("i", bytes(64))
        self.row = array("i", bytes(4 * handed.M_WORDS))
        self.market = array("i", (0,))
        self.live = array("i", (1,))

    def slot(self, shared, take):
        """One reading of a whole slot."""
        if take:
            first = self.pub[_P_COUNT]
            n = take(shared, self.out)
            if n < 0:
                self.refused += 1
                return
        else:
            first = n = self.pub[_P_COUNT]
            at = _P_SLOT + (n & 1) * _SLOT_WORDS
            k = 0
            while k < _SLOT_WORDS:
                words = min(drawn(), _SLOT_WORDS - k)
                copy(self.pub, at + k, self.out, k, words)
                k += words
                if random.getrandbits(1) and not self.turns.over:
                    self.turns.over_to(_WRITER)
        if n == 0:
            return
        wrong = self.wrong(n)
        if not take and n != self.pub[_P_COUNT]:
            self.refused += 1
            self.caught += wrong > 0
            return
        if wrong:
            self.torn = f"publication {n}: {wrong} words of another one"
        self.believe(first, n)

    def wrong(self, n):
        """Words of `out` that one thread alone would not publish as publication n."""
        self.alone[_P_COUNT] = n - 1
        arrival = handed.tell(self.book, n)
        writing.features(self.alone, self.settings, self.book, arrival)
        return differ(self.out, self.alone, _P_SLOT + (n & 1) * _SLOT_WORDS)

    def look(self, shared, look):
        at = handed.W_PAIR
        first = self.pub[_P_COUNT]
        seen = self.lateness[at + 1]
        self.lateness[at] = 0
        verdict = look(shared, self.lateness, self.clock, self.counters, self.live, 0)
        n = self.lateness[at + 1]
        if n == seen:
            if verdict or self.lateness[at]:
                self.torn = "a lag of nothing new"
        elif verdict != handed.AGREE or self.lateness[at] != handed.LAG_ZERO + handed.LAG_MS:
            self.torn = f"a lag of {self.lateness[at] - handed.LAG_ZERO} ms"
        else:
            self.believe(first, n)

    def price(self, shared, watch):
        first = self.pub[_P_COUNT]
        before = self.row[handed.M_PRICE]
        watch(self.row, shared, self.live, self.market, 0)
        price = self.row[handed.M_PRICE]
        n = self.pub[_P_COUNT]
        while n >= first:
            if n == 0 or price == handed.eight_digits(n):
                return self.believe(first, n)
            n -= 1
        if price != before:
            self.torn = f"a price of {price}"

    def believe(self, first, n):
        if not first <= n <= self.pub[_P_COUNT]:
            self.torn = f"publication {n} while {first} to {self.pub[_P_COUNT]} were there"
        self.believed += n > 0

    def run(self, shared, kernels):
        take, look, price = kernels
        self.turns.locks[_READER].acquire()
        while not self.turns.over and not self.torn:
            which = random.getrandbits(3)
            if which < 2:
                self.look(shared, look)
            elif which < 4:
                self.price(shared, price)
            else:
                self.slot(shared, take)
            if shared is self.pub and not self.turns.over:
                self.turns.over_to(_WRITER)
        self.ended = True
        if not self.turns.over:
            self.turns.end(_WRITER)


def bytecode(module, name, defect):
    """The kernel `name` as bytecode, from its own source, with a defect in it or none."""
    with open(module.__file__) as file:
        text = file.read()
    for old, new in _DEFECTS.get(defect, ()):
        text = text.replace(old, new)
    scope = {}
    exec(text.replace("@micropython.viper\n", ""), scope)
    return scope[name]


def main(publications, seed, hands, what):
    random.seed(seed)
    turns = Free() if hands == "free" else Turns()
    pub, settings, book = handed.room()
    reader = Reader(pub, turns)
    seen = pub
    kernels = (None, lateness.look, watch.watch)
    if what != "native":
        seen = Shared(pub, turns, _WRITER)
        kernels = (
            bytecode(handed, "take", what),
            bytecode(lateness, "look", what),
            bytecode(watch, "watch", what),
        )
        features = bytecode(writing, "features", what)
        written = Shared(pub, turns, _READER)
    _thread.stack_size(16384)
    begin = time.ticks_ms()
    _thread.start_new_thread(reader.run, (seen, kernels))
    n = 1
    while n <= publications and not turns.over:
        if what == "native":
            last = min(n + drawn(), publications + 1)
            publish(n, last, pub, settings, book)
            n = last
            turns.over_to(_READER)
        else:
            features(written, settings, book, handed.tell(book, n))
            n += 1
    if not turns.over:
        turns.end(_READER)
    while not reader.ended:
        time.sleep_ms(1)
    found = {
        "publications": pub[_P_COUNT],
        "handovers": turns.handovers,
        "believed": reader.believed,
        "refused": reader.refused,
        "caught": reader.caught,
        "torn": reader.torn,
        "ms": time.ticks_diff(time.ticks_ms(), begin),
    }
    print(json.dumps(found))


main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
