"""Plays the cases of the conformance list to a WebSocket and says what came of each.

Arguments: a file with a case as JSON in each line, a file with the bytes of all cases, a file for all
that the client writes. An event is a line; "END" with what the client has read and written ends a case.
Text that the client can send goes back to the peer, as that list wants it.
"""

import asyncio
import json
import sys
from binascii import crc32

import wsclient

# As wsframe.py has them, whose constants MicroPython folds away.
NEED_MORE = 0
TEXT = 1
BINARY = 2
SKIPPED = 3
PIECE = 4
CLOSED = 8
START = 4
END = 5
LENGTH = 6
CLOSE_CODE = 7

_MOST_SENT = 504
_STEP = 4096


class Canned:
    """A stream of `size` bytes of `file` in reads of these sizes (0: nothing now); what is written goes to `out`."""

    sock = None

    def __init__(self, file, size, reads, out):
        self.file = file
        self.left = size
        self.reads = reads
        self.turn = 0
        self.read = 0
        self.out = out
        self.written = 0

    def readinto(self, view):
        if self.left == 0:
            return 0
        n = self.reads[self.turn % len(self.reads)]
        self.turn += 1
        if n == 0:
            return None
        n = min(n, self.left, len(view), _STEP)
        n = self.file.readinto(view[:n])
        self.left -= n
        self.read += n
        return n

    def write(self, buf, start, size):
        self.out.write(memoryview(buf)[start : start + size])
        self.written += size
        return size

    def close(self):
        pass


async def run(args, say):
    cases, data, out = args
    with open(cases) as lines, open(data, "rb") as file, open(out, "wb") as written:
        for line in lines:
            case = json.loads(line)
            file.seek(case["at"])
            ws = wsclient.WebSocket(bytearray(case["buffer"]))
            stream = Canned(file, case["size"], case["reads"], written)
            ws.attach(stream)
            await listen(ws, say)
            await ws.close(1000, 100)
            say(f"END {stream.read} {stream.written}")


async def listen(ws, say):
    state = ws.state
    pieces = 0
    while True:
        n = ws.fill()
        while True:
            event = ws.next()
            if event == NEED_MORE:
                break
            if event < 0:
                return say(f"ERROR {event}")
            if event == CLOSED:
                return say(f"CLOSED {state[CLOSE_CODE]}")
            data = memoryview(ws.buf)[state[START] : state[END]]
            if event == PIECE:
                pieces = crc32(data, pieces)
            elif event == SKIPPED:
                say(f"PIECES {state[LENGTH]} {pieces:08x}")
                pieces = 0
            else:
                name = "TEXT" if event == TEXT else "BINARY"
                say(f"{name} {len(data)} {crc32(data):08x}")
                if event == TEXT and len(data) <= _MOST_SENT:
                    await ws.send_text(bytes(data))
        if n < 0:
            return


if sys.implementation.name == "micropython":
    asyncio.run(run(sys.argv[1:], print))
