"""Board only. Frames in one buffer to published features, the heap locked: an allocation is a MemoryError.

Arguments: a file with a frame a line, how many to take, over and over; the dialect.
"""

import json
import sys

import micropython

from firmware import config
from firmware.feeds import buffers


def receive(on_frame, data, ends, made, wanted):
    count = 0
    while count < wanted:
        start = 0
        for end in ends:
            on_frame(data, start, end, count, made)
            start = end
            count += 1
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
    micropython.heap_lock()
    try:
        done = receive(on_frame, data, ends, made, wanted)
    finally:
        micropython.heap_unlock()
    published = [pub[0] for pub in made[4]]
    print(json.dumps([done, list(made[10][:11]), published, [book[0] for book in made[2]]]))


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
