"""A published book is handed over whole, and never an older one, wherever the threads take turns.

The kernels run one access to the published buffer at a time, and between any two of them a seeded
scheduler may hand over: far more often than the chip's, which never interrupts a kernel.
"""

import random
from array import array

import handed
import pytest
from interleave import Threads, edited, source, steps

from firmware.kernels.features import features
from firmware.kernels.lateness import look
from firmware.kernels.watch import watch

PUBLICATIONS = 4000
_SLOT = 4
_COUNT = 0


class Torn(AssertionError):
    """A reader believed what no publication said, or one of before."""


class Handover:
    """One published buffer, its writer and a reader of it."""

    def __init__(self, publications, writer_edits=()):
        self.pub, self._settings, self._book = handed.room()
        self._publications = publications
        self._features = steps(features, "pub", edited(source(features), *writer_edits))
        self.believed = self.refused = 0

    def writer(self):
        tell = handed.tell.function
        for n in range(1, self._publications + 1):
            arrival = tell(self._book, n)
            yield from self._features(self.pub, self._settings, self._book, arrival)

    def between(self, first, n):
        """`n` was published when it was believed, and nothing newer was there when the reading began."""
        if not first <= n <= self.pub[_COUNT]:
            raise Torn(f"publication {n} while {first} to {self.pub[_COUNT]} were there")
        self.believed += 1


def slot_reader(handover, edits=()):
    """Reads whole slots as features.py says, and compares them with what one thread alone would publish."""
    take = steps(handed.take, "pub", edited(source(handed.take), *edits))
    alone, settings, book = handed.room()
    out = array("i", [0] * handed.SLOT_WORDS)
    while True:
        first = handover.pub[_COUNT]
        n = yield from take(handover.pub, out)
        if n < 0:
            handover.refused += 1
        elif n > 0:
            alone[_COUNT] = n - 1
            features.function(alone, settings, book, handed.tell.function(book, n))
            at = _SLOT + (n & 1) * handed.SLOT_WORDS
            if out != alone[at : at + handed.SLOT_WORDS]:
                raise Torn(f"publication {n}: {out} is not {alone[at : at + handed.SLOT_WORDS]}")
            handover.between(first, n)


def look_reader(handover, edits=()):
    """The lateness of the feed: a time and its arrival must be of one publication."""
    run = steps(look, "pub", edited(source(look), *edits))
    lateness = array("i", [0] * 18)
    lateness[handed.W_MOST_LAG] = 2000
    clock, counters, book = array("i", handed.clock()), array("i", [0] * 16), array("i", [1])
    at = handed.W_PAIR
    while True:
        first, seen = handover.pub[_COUNT], lateness[at + 1]
        lateness[at] = 0
        verdict = yield from run(handover.pub, lateness, clock, counters, book, 0)
        if lateness[at + 1] == seen:
            handover.refused += handover.pub[_COUNT] != seen
            if verdict or lateness[at]:
                raise Torn("a lag of nothing new")
        elif verdict != handed.AGREE or lateness[at] != handed.LAG_MS + handed.LAG_ZERO:
            raise Torn(f"a lag of {lateness[at] - handed.LAG_ZERO} ms")
        else:
            handover.between(first, lateness[at + 1])


def watch_reader(handover, edits=()):
    """The delta watch: both limbs and the decimals of a price must be of one publication."""
    run = steps(watch, "pub", edited(source(watch), *edits))
    row, market = array("i", [0] * handed.M_WORDS), array("i", [0])
    book = array("i", [1])
    last = 0
    while True:
        first = handover.pub[_COUNT]
        yield from run(row, handover.pub, book, market, 0)
        price = row[handed.M_PRICE]
        among = range(first, handover.pub[_COUNT] + 1)
        n = next((n for n in among if price == handed.eight_digits(n)), None)
        if n is not None:
            handover.between(first, n)
        elif price == last:
            handover.refused += 1  # it keeps the price of its last look
        else:
            raise Torn(f"a price of {price}")
        last = price


READERS = [slot_reader, look_reader, watch_reader]


def play(reader, seed, publications=PUBLICATIONS, writer_edits=(), reader_edits=()):
    handover = Handover(publications, writer_edits)
    threads = Threads(random.Random(seed), handover.writer(), reader(handover, reader_edits))
    threads.run()
    assert handover.pub[_COUNT] == publications
    return handover, threads


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("reader", READERS)
def test_no_reader_believes_a_torn_or_an_older_book(reader, seed):
    handover, threads = play(reader, seed)
    # It did read, it was interrupted, and it noticed.
    assert handover.believed > PUBLICATIONS // 20
    assert handover.refused > PUBLICATIONS // 100
    assert threads.handovers > PUBLICATIONS // 2


_ONE_SLOT = (("((pub[_P_COUNT] + 1) & 1)", "0"),)
_READS_ONE_SLOT = (("(count & 1)", "0"),)
_DEFECTS = {
    "count first": (handed.COUNT_FIRST, ()),
    "one slot": (_ONE_SLOT, _READS_ONE_SLOT),
    "unchecked": ((), handed.UNCHECKED),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("defect", _DEFECTS)
def test_a_planted_defect_is_found(reader, defect):
    writer_edits, reader_edits = _DEFECTS[defect]
    with pytest.raises(Torn):
        play(reader, 1, writer_edits=writer_edits, reader_edits=reader_edits)
