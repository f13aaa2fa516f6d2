"""Board only. Receives 10,000 messages with the heap locked: any allocation is a MemoryError.

Arguments: a file of frames to send over and over, how many events it holds, the chunk size.
"""

import sys

import micropython
import wscodes

import wsclient

_EVENTS = 10_000


@micropython.viper
def copy(to: ptr8, data: ptr8, at: int, n: int):
    i = 0
    while i < n:
        to[i] = data[at + i]
        i += 1


class Canned:
    sock = None

    def __init__(self, data, size):
        self.data = data
        self.size = size
        self.at = 0
        self.turn = 0
        self.written = 0
        self.refusals = 0

    def readinto(self, view):
        self.turn += 1
        if self.turn % 7 == 0:
            return None
        n = min(len(view), len(self.data) - self.at)
        if self.size:
            n = min(n, self.size)
        copy(view, self.data, self.at, n)
        self.at += n
        if self.at == len(self.data):
            self.at = 0
        return n

    def write(self, buf, start, size):
        if self.refusals < 3:
            self.refusals += 1
            return None
        self.refusals = 0
        self.written += size
        return size

    def close(self):
        pass


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
    stream = Canned(data, size)
    ws = wsclient.WebSocket(bytearray(2048))
    ws.attach(stream)
    micropython.heap_lock()
    try:
        events = receive(ws)
    finally:
        micropython.heap_unlock()
    print(f"events {events} skipped {ws.skipped} pongs {stream.written > 0}")


main(sys.argv[1], int(sys.argv[2]))
