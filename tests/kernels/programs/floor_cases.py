"""Plays readings of free memory through the kernel of floor.py; on the board, from a file, a JSON story a line."""

import json
import sys
from array import array

_WORDS = 5


def play(sink, story):
    """What every reading of a story (`[free bytes, ms since the last one]`) is answered."""
    floor = array("i", bytes(4 * _WORDS))
    return [sink(floor, free, ms) for free, ms in story]


if __name__ == "__main__":
    from firmware.kernels.floor import sink

    with open(sys.argv[1]) as file:
        for line in file:
            print(json.dumps(play(sink, json.loads(line))))
