"""A WebSocket client that does what the server tells it and says what it saw.

Arguments: port, CA file, buffer bytes, timeout, number of connections to make one after another.
Text messages that are commands: `say X`, `ping`, `close CODE`.
"""

import asyncio
import sys
from asyncio import sleep_ms
from binascii import crc32
from time import ticks_diff, ticks_ms

import wscodes

import tlsconn
import wsclient

_NAMES = {-20: "ENDED", -21: "LOST"}


async def run(args, say):
    port, ca_file, buffer_bytes, timeout_ms, rounds = args
    with open(ca_file, "rb") as file:
        ca_der = file.read()
    ws = wsclient.WebSocket(bytearray(int(buffer_bytes)))
    for _ in range(int(rounds)):
        try:
            await ws.connect(
                "localhost", int(port), "/feed?a=1", tlsconn.trust(ca_der), int(timeout_ms)
            )
        except wsclient.ConnectError as error:
            say("why " + error.why)
            continue
        say("open")
        await listen(ws, say)
        await ws.close(1000, 500)
        say(f"skipped {ws.skipped}")


async def listen(ws, say):
    start = ticks_ms()
    pong_ms = ws.last_pong_ms
    pieces = 0
    while ticks_diff(ticks_ms(), start) < 8000:
        if not ws.wait(0):
            await sleep_ms(1)
            continue
        n = ws.fill()
        if n < 0:
            return say(_NAMES[n])
        while True:
            event = ws.next()
            if ws.last_pong_ms != pong_ms:
                pong_ms = ws.last_pong_ms
                say("pong")
            if event == wscodes.NEED_MORE:
                break
            state = ws.state
            if event == wscodes.PIECE:
                pieces = crc32(ws.buf[state[wscodes.START] : state[wscodes.END]], pieces)
                continue
            if event == wscodes.SKIPPED:
                say(f"SKIPPED {state[wscodes.LENGTH]} {pieces:08x}")
                pieces = 0
                continue
            if event == wscodes.CLOSED:
                return say(f"CLOSED {state[wscodes.CLOSE_CODE]}")
            if event < 0:
                return say(f"ERROR {event}")
            text = bytes(ws.buf[state[wscodes.START] : state[wscodes.END]])
            if event == wscodes.BINARY:
                say(f"BINARY {len(text)}")
                continue
            text = text.decode()
            say("TEXT " + text if len(text) < 40 else f"TEXT {len(text)} {text[:3]}..{text[-3:]}")
            word, _, rest = text.partition(" ")
            if word == "say":
                await ws.send_text(rest)
            elif word == "ping":
                ws.ping()
            elif word == "close":
                return await ws.close(int(rest))
    say("silence")


if sys.implementation.name == "micropython":
    asyncio.run(run(sys.argv[1:], print))
