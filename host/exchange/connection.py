"""One client of the local Kraken: what is said to it waits here until it reads."""

import asyncio
from collections import deque

from aiohttp import web

from host.exchange.recording import Recording


class Connection:
    """Frames on their way to a client; a slow one is waited for, nothing is dropped."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, name: str):
        self.name = name
        self.socket = socket
        self.transport = request.transport
        self.frames: deque[str] = deque()
        self.sent = 0
        self.recording: Recording | None = None
        self.closing: asyncio.Event | None = None
        """Set when the close handshake that the server began is over."""
        self._has_frames = asyncio.Event()
        self._has_room = asyncio.Event()
        self._is_open = True

    def put(self, time_us: int, frame: str) -> None:
        if self.recording:
            self.recording.write(time_us, frame)
        if self._is_open:
            self.frames.append(frame)
            self._has_frames.set()

    async def write(self) -> None:
        """Send what is put until the client is gone."""
        try:
            while True:
                await self._has_frames.wait()
                while self.frames:
                    await self.socket.send_str(self.frames.popleft())
                    self.sent += 1
                self._has_frames.clear()
                self._has_room.set()
        except ConnectionError:
            self.end()

    async def drained(self, limit: int = 0) -> None:
        """Wait until no more than `limit` frames are left, or the client is gone."""
        while self._is_open and len(self.frames) > limit:
            self._has_room.clear()
            await self._has_room.wait()

    def end(self) -> None:
        self._is_open = False
        self.frames.clear()
        self._has_room.set()
        if self.recording:
            self.recording.close()
