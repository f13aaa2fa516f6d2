"""Feeds canned bytes to a WebSocket and says its events: a JSON case in each line of the file."""

import asyncio
import gc
import json
import sys
from binascii import crc32, hexlify, unhexlify

import wscodes

import wsclient


class Canned:
    """A stream that gives `data` in chunks of these sizes and takes what `takes` lists."""

    sock = None

    def __init__(self, data, sizes, takes):
        self.data = data
        self.sizes = sizes
        self.takes = takes
        self.turn = 0
        self.at = 0
        self.written = b""
        self.refused = None

    def readinto(self, view):
        size = self.sizes[self.turn % len(self.sizes)]
        self.turn += 1
        if self.at == len(self.data):
            return 0
        if size == 0:
            return None
        part = self.data[self.at : self.at + min(size, len(view))]
        view[: len(part)] = part
        self.at += len(part)
        return len(part)

    def write(self, buf, start, size):
        offered = bytes(memoryview(buf)[start : start + size])
        # What TLS has refused must come again unchanged.
        assert self.refused in (None, offered), (self.refused, offered)
        take = self.takes.pop(0) if self.takes else size
        self.refused = offered if not take else None
        if not take:
            return None
        self.written += offered[:take]
        return min(take, size)

    def close(self):
        pass


async def run(args, say):
    with open(args[0]) as file:
        for line in file:
            if sys.implementation.name == "micropython":
                gc.collect()
            say(json.dumps(play(json.loads(line))))


def play(case):
    stream = Canned(unhexlify(case["data"]), case["sizes"], case["takes"])
    ws = wsclient.WebSocket(bytearray(case["capacity"]))
    ws.attach(stream)
    found = []
    pieces = 0
    more = True
    while more:
        n = ws.fill()
        more = n >= 0
        while True:
            event = ws.next()
            if event == wscodes.NEED_MORE:
                break
            state = ws.state
            if event < 0:
                found.append(["ERROR", event])
                more = False
                break
            if event == wscodes.PIECE:
                pieces = crc32(ws.buf[state[wscodes.START] : state[wscodes.END]], pieces)
                continue
            if event == wscodes.SKIPPED:
                found.append(["SKIPPED", state[wscodes.LENGTH], pieces])
                pieces = 0
                continue
            if event == wscodes.CLOSED:
                found.append(["CLOSED", state[wscodes.CLOSE_CODE]])
                more = False
                break
            name = "TEXT" if event == wscodes.TEXT else "BINARY"
            data = memoryview(ws.buf)[state[wscodes.START] : state[wscodes.END]]
            found.append([name, len(data), crc32(data)])
    for _ in range(20):
        ws.wait(0)
    return [found, hexlify(stream.written).decode()]


if sys.implementation.name == "micropython":
    asyncio.run(run(sys.argv[1:], print))
