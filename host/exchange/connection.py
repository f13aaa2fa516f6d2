"""One client of the local Kraken: what is said to it waits here until it reads."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from aiohttp import web

from host.exchange.faults import wire
from host.exchange.faults.tamper import Tamper
from host.exchange.recording import Recording

# How long a client may take over its half of the close handshake.
CLOSE_S = 2.0

# Something to do on the connection between two frames.
Act = Callable[["Connection"], Awaitable[None]]


class Connection:
    """Frames on their way to a client; a slow one is waited for, nothing is dropped.

    Nothing but by `tamper`, that is: what is to be said may become something else on its way.
    """

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, number: int):
        self.number = number
        self.name = f"client {number}"
        self.socket = socket
        self.transport = request.transport
        self.frames: deque[str | Act] = deque()
        self.sent = 0
        self.recording: Recording | None = None
        self.tamper: Tamper | None = None
        self.closing: asyncio.Event | None = None
        """Set when the close handshake that the server began is over."""
        self.is_silent = False
        self._manner: wire.Manner | None = None
        self._is_sending = False
        self._has_frames = asyncio.Event()
        self._has_room = asyncio.Event()
        self._is_open = True

    def put(self, time_us: int, frame: str) -> None:
        """Say `frame`, or what a fault makes of it."""
        if self.tamper is None:
            self.put_as_it_is(time_us, frame)
            return
        for each in self.tamper.changed(time_us, frame):
            self.put_as_it_is(time_us, each)

    def put_as_it_is(self, time_us: int, frame: str) -> None:
        if self.recording:
            self.recording.write(time_us, frame)
        if self._is_open and not self.is_silent:
            self.frames.append(frame)
            self._has_frames.set()

    def do_next(self, act: Act) -> None:
        """Do something before the frames that wait, as soon as the one under way is out."""
        if self._is_open and not self.is_silent:
            self.frames.appendleft(act)
            self._has_frames.set()

    def behave(self, manner: wire.Manner | None = None) -> None:
        """Send the next frames in this manner; without one, politely."""
        self._manner = manner

    def fall_silent(self) -> None:
        """Say nothing and read nothing any more, and keep the connection."""
        self.is_silent = True
        self.frames.clear()
        self._has_room.set()
        self.transport.pause_reading()

    async def write(self) -> None:
        """Send what is put until the client is gone."""
        try:
            while True:
                await self._has_frames.wait()
                self._is_sending = True
                while self.frames:
                    await self._send(self.frames.popleft())
                self._is_sending = False
                self._has_frames.clear()
                self._has_room.set()
        except ConnectionError:
            self.end()

    async def _send(self, frame: str | Act) -> None:
        if not isinstance(frame, str):
            await frame(self)
            return
        if isinstance(frame, wire.Binary):
            await wire.binary(self, frame)
        elif self._manner:
            await self._manner.send(self, frame)
        else:
            await self.socket.send_str(frame)
        self.sent += 1

    async def drained(self, limit: int = 0) -> None:
        """Wait until no more than `limit` frames are left (0: all are out), or the client is gone."""
        while self._is_open and len(self.frames) + self._is_sending > limit:
            self._has_room.clear()
            await self._has_room.wait()

    async def close(self, code: int, reason: str = "") -> None:
        """Close with a WebSocket close code, once all frames have been sent."""
        if self.is_silent:
            self.transport.abort()
            return
        self.closing = asyncio.Event()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.drained()
                await self.socket.close(code=code, message=reason.encode())
        except (TimeoutError, ConnectionError):
            pass
        finally:
            self.closing.set()

    def end(self) -> None:
        self._is_open = False
        self.frames.clear()
        self._has_room.set()
        if self.recording:
            self.recording.close()
