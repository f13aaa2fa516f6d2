"""Board only. Feeds the frames of a file to `on_frame` and prints, for each, what it caused.

The file: settings as JSON in the first line, then a frame a line in hexadecimal. Each frame is
given inside a larger buffer, at a position of its own.
"""

import json
import sys
from binascii import hexlify, unhexlify

from look import fingerprint, look

from firmware.feeds import buffers

_OUT = 7


def main(path):
    with open(path) as file:
        settings = json.loads(file.readline())
        before, behind = (part.encode() for part in settings["around"])
        dialect = __import__("firmware.feeds." + settings["dialect"], None, None, ("on_frame",))
        on_frame = dialect.on_frame
        talk = __import__(dialect.__name__ + "_talk", None, None, ("wire_name",))
        made = buffers.make(settings, [talk.wire_name(pair) for pair in settings["pairs"]])
        counters, out = made[10:12]
        last = None
        number = 0
        for line in file:
            data = bytearray(before + unhexlify(line.strip()) + behind)
            whole = bytes(data)
            start, end = len(before), len(data) - len(behind)
            kind = on_frame(data, start, end, number, made)
            records = hexlify(out[: counters[_OUT]]).decode()
            print_now = fingerprint(made)
            seen = look(made) if print_now != last else None
            last = print_now
            print(
                json.dumps([kind, records, last, seen, list(counters[:12]), bytes(data) == whole])
            )
            number += 1


main(sys.argv[1])
