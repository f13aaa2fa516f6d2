"""Board only. Frames in one buffer to published features, the heap locked: an allocation is a MemoryError.

Arguments: a file with a frame a line, how many to take, over and over; the dialect.
"""

import json
import sys

import micropython

from firmware import config
from firmware.feeds import buffers

# Returns ever sampled of the first pair, and what comes between two pairs, as series.py has them.
_SEEN = 4 + 17
_SERIES_ROW = 26
_OUT = 7
_KIND = 6  # where a record's name is
_C, _N = 99, 110


def receive(on_frame, data, ends, made, wanted, alerts):
    """How many frames it took; `alerts[0]` counts those that began with a record of contagion."""
    counters = made[10]
    out = made[11]
    count = 0
    while count < wanted:
        start = 0
        for end in ends:
            on_frame(data, start, end, count, made)
            start = end
            count += 1
            if (
                counters[_OUT]
                and out[_KIND] == _C
                and out[_KIND + 2] == _N
                and out[_KIND + 3] != _N
            ):
                alerts[0] += 1
    return count


def main(path, wanted, name):
    settings = config.check({"dialect": name})
    dialect = __import__("firmware.feeds." + name, None, None, ("on_frame",))
    talk = __import__(dialect.__name__ + "_talk", None, None, ("wire_name",))
    on_frame = dialect.on_frame
    made = buffers.make(settings, [talk.wire_name(pair) for pair in settings["pairs"]])
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    data = bytearray(b"\n".join(lines))
    ends = []
    end = 0
    for line in lines:
        end += len(line)
        ends.append(end)
        end += 1
    alerts = [0]
    micropython.heap_lock()
    try:
        done = receive(on_frame, data, ends, made, wanted, alerts)
    finally:
        micropython.heap_unlock()
    published = [pub[0] for pub in made[4]]
    stride = _SERIES_ROW + settings["correlation_window"]
    sampled = [made[16][_SEEN + n * stride] for n in range(len(published))]
    states = [book[0] for book in made[2]]
    print(json.dumps([done, list(made[10][:11]), published, states, sampled, alerts[0]]))


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
