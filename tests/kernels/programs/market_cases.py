"""Board only. Feeds the messages of a file to `take_market`, the heap locked, and prints what came of each.

The file: settings as JSON in the first line, then a message a line in hexadecimal.
"""

import json
import sys
from binascii import hexlify, unhexlify

from micropython import heap_lock, heap_unlock

from firmware.feeds import buffers
from firmware.feeds.take_market import take_market

_COUNTERS = 10
_WORK = 13
_OUT = 7
_SKIPPED = 3
_RECORDS = 8
_LAST = 89


def main(path):
    with open(path) as file:
        settings = json.loads(file.readline())
        made = buffers.make(settings, settings["names"])
        counters, out = made[_COUNTERS : _COUNTERS + 2]
        for line in file:
            frame = unhexlify(line.strip())
            heap_lock()
            take_market(frame, 0, len(frame), made)
            heap_unlock()
            lines = hexlify(out[: counters[_OUT]]).decode()
            last = list(made[_WORK][_LAST:])
            print(json.dumps([lines, counters[_SKIPPED], last, counters[_RECORDS]]))


main(sys.argv[1])
