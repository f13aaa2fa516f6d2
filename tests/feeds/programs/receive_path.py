"""Board only. WebSocket bytes to published features, the heap locked: an allocation is a MemoryError.

Arguments: a file of WebSocket frames to receive over and over, how many messages to take, bytes
of a read (0: as many as fit), the dialect.
"""

import json
import sys

import micropython

import wsclient
from firmware import config
from firmware.feeds import buffers
from tests.lib.programs.loop import Loop

# Returns ever sampled of the first pair, and what comes between two pairs, as series.py has them.
_SEEN = 4 + 17
_SERIES_ROW = 26
_TEXT = 1
_SKIPPED = 3
_PIECE = 4
_START = 4
_END = 5


def receive(ws, dialect, made, wanted):
    buf = ws.buf
    state = ws.state
    on_frame = dialect.on_frame
    in_pieces = hasattr(dialect, "take_piece")  # messages too large for the buffer
    if in_pieces:
        dialect.take_piece(buf, 0, 0, made)
    count = 0
    while count < wanted:
        ws.fill()
        while True:
            event = ws.next()
            if event == _TEXT:
                on_frame(buf, state[_START], state[_END], count, made)
                count += 1
            elif event == _PIECE and in_pieces:
                dialect.take_piece(buf, state[_START], state[_END], made)
            elif event == _SKIPPED and in_pieces:
                dialect.take_end(count, made)
                count += 1
            elif event == 0:
                break
            else:
                return event
    return count


def main(path, wanted, size, name):
    settings = config.check({"dialect": name})
    dialect = __import__("firmware.feeds." + name, None, None, ("on_frame",))
    talk = __import__(dialect.__name__ + "_talk", None, None, ("wire_name",))
    made = buffers.make(settings, [talk.wire_name(pair) for pair in settings["pairs"]])
    with open(path, "rb") as file:
        data = file.read()
    ws = wsclient.WebSocket(bytearray(settings["buffer_bytes"]))
    ws.attach(Loop(data, size))
    micropython.heap_lock()
    try:
        done = receive(ws, dialect, made, wanted)
    finally:
        micropython.heap_unlock()
    published = [pub[0] for pub in made[4]]
    stride = _SERIES_ROW + settings["correlation_window"]
    sampled = [made[16][_SEEN + n * stride] for n in range(len(published))]
    states = [book[0] for book in made[2]]
    print(json.dumps([done, list(made[10][:11]), published, states, sampled]))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
