"""Plays books and trades through the kernels of flow and depth; on the board, from a file of stories.

A story is `[levels, bps, steps]`, one a line as JSON. A step is `["book", decimals, bids, asks,
fresh]`, a level `[price hi, lo, size hi, lo]`; `["deal", [hi, lo, decimals], side]`; or `["tell"]`.
"""

import json
import sys
from array import array

FLOW_WORDS = 20
WORK_WORDS = 60
VALUES = 6
_CAPACITY, _COUNT, _DECIMALS, _ORDER, _SLOT_WORDS = 3, 4, 6, 64, 4


def book_of(decimals, bids, asks):
    """A book buffer with these levels, its slots in no order."""
    capacity = max(len(bids), len(asks), 1) + 1
    book = array("i", bytes(4 * (_ORDER + 2 * capacity * (1 + _SLOT_WORDS))))
    book[_CAPACITY] = capacity
    book[_DECIMALS], book[_DECIMALS + 1] = decimals
    for side, levels in enumerate((bids, asks)):
        book[_COUNT + side] = len(levels)
        for k, level in enumerate(levels):
            slot = 2 * capacity - 1 - side * capacity - k
            book[_ORDER + side * capacity + k] = slot
            at = _ORDER + 2 * capacity + slot * _SLOT_WORDS
            for word, value in enumerate(level):
                book[at + word] = value
    return book


def play(kernels, story):
    """For every step what the kernel returned; for a telling the values `[hi, lo, decimals, sign]`."""
    touch, deal, tell = kernels
    levels, bps, steps = story
    flow = array("i", bytes(4 * FLOW_WORDS))
    work = array("i", bytes(4 * WORK_WORDS))
    book = book_of([0, 0], [], [])
    said = []
    for step in steps:
        if step[0] == "book":
            book = book_of(*step[1:4])
            said.append(int(touch(flow, book, step[4])))
        elif step[0] == "deal":
            values = array("i", [7, 7] + step[1] + [0])
            said.append(int(deal(flow, values, 2, step[2])))
        else:
            tell(work, flow, book, levels, bps)
            said.append([[int(work[4 * n + k]) for k in range(4)] for n in range(VALUES)])
    return said


if __name__ == "__main__":
    from firmware.kernels.depth import tell
    from firmware.kernels.flow import deal, touch

    with open(sys.argv[1]) as file:
        for line in file:
            print(json.dumps(play((touch, deal, tell), json.loads(line))))
