"""Faults below the WebSocket library: raw frames, single bytes, resets, on one connection."""

import asyncio
import contextlib
import socket
import struct
import time
from abc import ABC, abstractmethod

CONTINUATION, TEXT, BINARY, PING, PONG = 0x0, 0x1, 0x2, 0x9, 0xA
_FIN = 0x80

# A raw writer waits when the client has more than this before it.
_AHEAD = 65_536
_LOOK_S = 0.005
# How long a client may go on with a connection whose TCP has ended on our side.
_LINGER_S = 2.0


def frame(opcode: int, payload: bytes, is_last: bool = True) -> bytes:
    """A server's WebSocket frame."""
    first = (_FIN if is_last else 0) | opcode
    if len(payload) < 126:
        return bytes((first, len(payload))) + payload
    if len(payload) < 65_536:
        return struct.pack("!BBH", first, 126, len(payload)) + payload
    return struct.pack("!BBQ", first, 127, len(payload)) + payload


async def write(connection, data: bytes) -> None:
    """Write below the library, and wait while the client is slow."""
    transport = connection.transport
    if connection.is_silent:
        return
    if transport.is_closing():
        raise ConnectionResetError("the client has left")
    transport.write(data)
    while transport.get_write_buffer_size() > _AHEAD and not transport.is_closing():
        await asyncio.sleep(_LOOK_S)


async def flushed(transport) -> None:
    """Until all that was written is out, or the client has left."""
    while transport.get_write_buffer_size() and not transport.is_closing():
        await asyncio.sleep(_LOOK_S)


class Manner(ABC):
    """How texts are sent for some time, instead of politely."""

    @abstractmethod
    async def send(self, connection, text: str) -> None:
        """Send `text` and take oneself off the connection when it is time."""


class Drip(Manner):
    """Every byte a TLS record of its own, with a pause after it, until the time is over."""

    def __init__(self, ms: float, pause_ms: float):
        self._until_s = time.monotonic() + ms / 1000
        self._pause_s = pause_ms / 1000

    async def send(self, connection, text: str) -> None:
        data = frame(TEXT, text.encode())
        for index in range(len(data)):
            if time.monotonic() >= self._until_s:
                await write(connection, data[index:])
                break
            await write(connection, data[index : index + 1])
            await asyncio.sleep(self._pause_s)
        if time.monotonic() >= self._until_s:
            connection.behave()


class Fragmented(Manner):
    """Every text in pieces of about the same length, and a ping after each but the last."""

    def __init__(self, frames: int, pieces: int, ping: bool):
        self._left = frames
        self._pieces = pieces
        self._ping = ping

    async def send(self, connection, text: str) -> None:
        payload = text.encode()
        size = -(-len(payload) // self._pieces)
        parts = [payload[at : at + size] for at in range(0, len(payload), size)]
        data = bytearray()
        for index, part in enumerate(parts):
            is_last = index == len(parts) - 1
            data += frame(CONTINUATION if index else TEXT, part, is_last)
            if self._ping and not is_last:
                data += frame(PING, b"%d" % index)
        await write(connection, bytes(data))
        self._left -= 1
        if not self._left:
            connection.behave()


class ResetMidFrame(Manner):
    """Half of the next frame, then a TCP reset."""

    def __init__(self, after_ms: float):
        self._after_s = after_ms / 1000

    async def send(self, connection, text: str) -> None:
        data = frame(TEXT, text.encode())
        await write(connection, data[: len(data) // 2])
        await flushed(connection.transport)
        await asyncio.sleep(self._after_s)
        raw = connection.transport.get_extra_info("socket")
        # To close without lingering is to reset.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.transport.abort()


class Binary(str):
    """A text that goes out in a binary frame."""


async def binary(connection, text: str) -> None:
    await write(connection, frame(BINARY, text.encode()))


async def pings(connection, count: int, size: int) -> None:
    """So many pings, as fast as they go."""
    for number in range(count):
        payload = (b"%d" % number).rjust(size, b"0")[:size]
        await write(connection, frame(PING, payload))


async def huge(connection, size: int) -> None:
    """One text frame of `size` bytes, valid JSON of a channel nobody asked for."""
    head, tail = b'{"channel":"instrument","type":"update","data":{"assets":[', b'],"pairs":[]}}'
    item = b'{"id":"BTC","status":"enabled","precision":10},'
    room = size - len(head) - len(tail)
    body = item * (room // len(item))
    body = body[:-1] + b" " * (room - len(body) + bool(body))
    await write(connection, frame(TEXT, head + body + tail))


async def end_without_notify(connection) -> None:
    """TCP ends after the last frame; TLS is told nothing."""
    transport = connection.transport
    await flushed(transport)
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
    for _ in range(int(_LINGER_S / _LOOK_S)):
        if transport.is_closing():
            break
        await asyncio.sleep(_LOOK_S)
    transport.abort()
