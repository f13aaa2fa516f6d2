"""Connects over TLS: host, port, CA file, timeout; says ok with what came back, or why not."""

import asyncio
import sys
from asyncio import sleep_ms
from time import ticks_diff, ticks_ms

import tlsconn


async def run(args, say):
    host, port, ca_file, timeout_ms = args
    with open(ca_file, "rb") as file:
        ca_der = file.read()
    ticking = [0]

    async def tick():
        while True:
            ticking[0] += 1
            await sleep_ms(10)

    other = asyncio.create_task(tick())
    start = ticks_ms()
    try:
        stream = await tlsconn.connect(
            host, int(port), tlsconn.trust(ca_der), b"hello", int(timeout_ms)
        )
    except tlsconn.ConnectError as error:
        say("why " + error.why)
    else:
        reply = bytearray(64)
        view = memoryview(reply)
        n = stream.readinto(view)
        while n is None and ticks_diff(ticks_ms(), start) < 3000:
            await sleep_ms(5)
            n = stream.readinto(view)
        say("ok " + bytes(view[: n or 0]).decode())
        stream.close()
    other.cancel()
    say(f"ms {ticks_diff(ticks_ms(), start)}")
    say(f"ticks {ticking[0]}")


if sys.implementation.name == "micropython":
    asyncio.run(run(sys.argv[1:], print))
