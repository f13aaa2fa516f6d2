"""Board only. Takes in a recording as a board that receives it, and prints the records.

Arguments: a file with the settings, the recording, `<epoch>: <frame>` a line.
"""

import json
import sys

from firmware.feeds import buffers
from firmware.feeds.take_market import take_market

_KIND_MARKET = 3
_OUT = 7


def main(settings_path, path):
    with open(settings_path) as file:
        settings = json.load(file)
    name = "firmware.feeds." + settings["dialect"]
    dialect = __import__(name, None, None, ("on_frame",))
    talk = __import__(name + "_talk", None, None, ("wire_name",))
    made = buffers.make(settings, [talk.wire_name(pair) for pair in settings["pairs"]])
    counters, out = made[10:12]
    with open(path, "rb") as file:
        for line in file:
            start, end = line.find(b": ") + 2, len(line) - 1
            line = bytearray(line)
            if dialect.on_frame(line, start, end, 0, made) == _KIND_MARKET:
                take_market(line, start, end, made)
            sys.stdout.write(bytes(out[: counters[_OUT]]).decode())


main(sys.argv[1], sys.argv[2])
