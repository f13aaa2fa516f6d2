"""Board only. Receives a feed over real TLS until it is closed; says how many bytes it allocated.

Arguments: port, CA file.
"""

import asyncio
import gc
import sys

import wscodes

import tlsconn
import wsclient


def receive(ws):
    messages = 0
    while True:
        if not ws.wait(2000):
            return -1
        if ws.fill() < 0:
            return -2
        while True:
            event = ws.next()
            if event == 0:
                break
            if event == wscodes.CLOSED:
                return messages
            if event < 0:
                return event
            messages += 1


async def main(port, ca_file):
    with open(ca_file, "rb") as file:
        ca_der = file.read()
    ws = wsclient.WebSocket(bytearray(8192))
    gc.collect()
    before = gc.mem_alloc()
    await ws.connect("localhost", port, "/", tlsconn.trust(ca_der))
    gc.collect()
    print("connection", gc.mem_alloc() - before)
    gc.disable()
    before = gc.mem_alloc()
    messages = receive(ws)
    allocated = gc.mem_alloc() - before
    print("messages", messages)
    print("allocated", allocated)
    await ws.close()


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
