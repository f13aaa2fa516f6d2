"""Gets paths from a host in one session and says of each `ok`, size, crc, pieces, bytes allocated; or `why` not.

Arguments: port, CA file, buffer bytes, timeout, paths. Allocations are counted for a path that
ends in `measured`.
"""

import asyncio
import gc
import sys
from binascii import crc32
from time import ticks_diff, ticks_ms

import httpget
import tlsconn

_is_board = sys.implementation.name == "micropython"


class Sum:
    """Counts a body as it goes by."""

    def __init__(self, is_measured):
        self.is_measured = is_measured
        self.size = 0
        self.crc = 0
        self.pieces = 0
        self.before = 0

    def take(self, buf, size):
        if self.is_measured and self.before == 0:
            gc.collect()
            gc.disable()
            self.before = gc.mem_alloc()
        self.size += size
        self.crc = crc32(memoryview(buf)[:size], self.crc)
        self.pieces += 1

    def allocated(self):
        if self.before == 0:
            return 0
        gc.enable()
        return gc.mem_alloc() - self.before


async def run(args, say):
    port, ca_file, buffer_bytes, timeout_ms = args[:4]
    with open(ca_file, "rb") as file:
        trusted = tlsconn.trust(file.read())
    https = httpget.HttpGet(
        "localhost", int(port), trusted, bytearray(int(buffer_bytes)), int(timeout_ms)
    )
    ticking = [0]

    async def tick():
        while True:
            ticking[0] += 1
            await asyncio.sleep(0.01)

    other = asyncio.create_task(tick())
    for path in args[4:]:
        total = Sum(_is_board and path.endswith("measured"))
        start = ticks_ms()
        try:
            await https.get(path, total.take)
        except tlsconn.ConnectError as error:
            total.allocated()
            say("why " + error.why)
        else:
            allocated = total.allocated()
            say(f"ok {total.size} {total.crc} {total.pieces} {allocated}")
        say(f"took {ticks_diff(ticks_ms(), start)} {ticking[0]}")
    https.close()
    other.cancel()


if _is_board:
    asyncio.run(run(sys.argv[1:], print))
