"""Board only. Receives 10,000 messages with the heap locked: any allocation is a MemoryError.

Arguments: a file of frames to send over and over, the chunk size.
"""

import sys

import micropython
import wscodes
from loop import Loop

import wsclient

_EVENTS = 10_000


class Reluctant(Loop):
    """Has nothing to read every seventh time, and takes nothing three times before it takes all."""

    def __init__(self, data, size):
        Loop.__init__(self, data, size)
        self.turn = 0
        self.written = 0
        self.refusals = 0

    def readinto(self, view):
        self.turn += 1
        if self.turn % 7 == 0:
            return None
        return Loop.readinto(self, view)

    def write(self, buf, start, size):
        if self.refusals < 3:
            self.refusals += 1
            return None
        self.refusals = 0
        self.written += size
        return size


def receive(ws):
    events = 0
    while events < _EVENTS:
        ws.wait(0)
        ws.fill()
        while True:
            event = ws.next()
            if event == 0:
                break
            if event < 0:
                return event
            if event != wscodes.PIECE:
                events += 1
    return events


def main(path, size):
    with open(path, "rb") as file:
        data = file.read()
    stream = Reluctant(data, size)
    ws = wsclient.WebSocket(bytearray(2048))
    ws.attach(stream)
    micropython.heap_lock()
    try:
        events = receive(ws)
    finally:
        micropython.heap_unlock()
    print(f"events {events} skipped {ws.skipped} pongs {stream.written > 0}")


main(sys.argv[1], int(sys.argv[2]))
