"""Board only. Calls `pick` with the cases of a file, the heap locked, and prints what came of each.

A case is a line of JSON: the plan's text and the pieces, in hexadecimal. See `picking.py`.
"""

import json
import sys
from array import array
from binascii import hexlify, unhexlify

from micropython import heap_lock, heap_unlock

from firmware.feeds.paths import plan
from firmware.kernels.pick import pick


def main(path):
    with open(path) as file:
        for line in file:
            text, words, pieces = json.loads(line)
            spec = plan(unhexlify(text))
            state = array("i", bytes(4 * 48))
            row = array("i", bytes(4 * words))
            calls = []
            for piece in pieces:
                piece = unhexlify(piece)
                i = 0
                while True:
                    heap_lock()
                    i = pick(piece, i, len(piece), state, spec, row)
                    heap_unlock()
                    calls.append([state[0], i, list(row)])
                    if state[0] != 2:
                        break
            print(json.dumps([hexlify(spec).decode(), calls]))


main(sys.argv[1])
