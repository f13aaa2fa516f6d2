"""Compares listings with books, one after another; a JSON line of each: what was said, how many are left.

Argument: a file with a JSON case in each line: dialect, pairs, decimals listed and shown for each.
"""

import asyncio
import json
import sys
from array import array

from firmware.feeds import listing, precision

_L_PAIRS = 2
_L_STRIDE = 6
_B_DECIMALS = 6


class Said(list):
    def say(self, **record):
        self.append(record)


async def run(args, say):
    with open(args[0]) as file:
        for line in file:
            case = json.loads(line)
            said = Said()
            known = listing.make(case)
            books = []
            for n, (listed, shown) in enumerate(case["decimals"]):
                books.append(array("i", bytes(4 * 64)))
                for kind in range(2):
                    known[_L_PAIRS + n * _L_STRIDE + kind] = listed[kind]
                    books[n][_B_DECIMALS + kind] = shown[kind]
            left = precision.check(case, known, books, said)
            again = precision.check(case, known, books, said)
            say(json.dumps([left, again, [record["why"] for record in said]]))


if sys.implementation.name == "micropython":
    asyncio.run(run(sys.argv[1:], print))
