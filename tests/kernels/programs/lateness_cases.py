"""Plays rounds of the second thread through the kernels of lateness.py; on the board, from a file of JSON steps."""

import json
import sys
from array import array

PAIRS = 3
LIVE, STALE = 1, 2
W_MOST_LAG = 13


def play(kernels, steps):
    """What every step returned, with clock and watch behind it.

    `["carry", now]`, `["listen", beats, since, now]`, `["look", pair, count, hi, lo, arrival, state,
    snapshots]`, `["clock", ticks, hi, lo, drift]` and `["most", lag_ms]`, which only set something.
    """
    carry, listen, look = kernels
    clock = array("i", bytes(4 * 8))
    watch = array("i", bytes(4 * (16 + 2 * PAIRS)))
    counters = array("i", bytes(4 * 16))
    pubs = [array("i", bytes(4 * 76)) for _ in range(PAIRS)]
    book = array("i", bytes(4 * 64))
    said = []
    for step in steps:
        what = step[0]
        result = None
        if what == "carry":
            result = carry(clock, step[1])
        elif what == "listen":
            counters[5] = step[1]
            result = listen(watch, counters, step[2], step[3])
        elif what == "clock":
            for place in range(4):
                clock[place] = step[1 + place]
        elif what == "most":
            watch[W_MOST_LAG] = step[1]
        else:
            _, pair, count, hi, lo, arrival, book[0], counters[9] = step
            pub = pubs[pair]
            slot = 4 + (count & 1) * 36
            pub[0], pub[slot], pub[slot + 1], pub[slot + 32] = count, hi, lo, arrival
            result = look(pub, watch, clock, counters, book, pair)
        said.append([result, list(clock), list(watch)])
    return said


if __name__ == "__main__":
    from firmware.kernels.lateness import carry, listen, look

    with open(sys.argv[1]) as file:
        for line in file:
            print(json.dumps(play((carry, listen, look), json.loads(line))))
