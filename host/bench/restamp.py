"""Recorded book frames told as if they happened now: the same books and checksums, the time of their sending."""

import json
import tempfile
import time
from pathlib import Path

from host import captures
from host.exchange.recording import record_market
from host.exchange.texts import time_text

HEARTBEAT = b'{"channel":"heartbeat"}'
_SECONDS = 60.0
_TIME = b'"timestamp":"'
_TIME_BYTES = len("2026-01-01T00:00:00.000000Z")

Known = tuple[str, int]
"""A pair, and the exchange's time in ms."""


class Frames:
    """Frames of the local Kraken's three pairs, without end: behind the last one come the snapshots again.

    `greeting` is what the exchange says before them.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "market.jsonl"
            record_market(path, seconds=_SECONDS)
            frames = [frame.strip() for _, frame in captures.frames(path)]
        books = [frame for frame in frames if frame.startswith(b'{"channel":"book"')]
        first = frames.index(books[0])
        self.greeting = [frame for frame in frames[:first] if frame != HEARTBEAT]
        self._parts = [_around_time(frame) for frame in books]
        self._at = 0

    def next(self) -> bytes:
        """The next frame."""
        return self.next_known()[0]

    def next_known(self) -> tuple[bytes, Known]:
        """The next frame, and by what its records are known."""
        head, tail, symbol = self._parts[self._at]
        self._at = (self._at + 1) % len(self._parts)
        now_us = time.time_ns() // 1000
        return head + time_text(now_us).encode() + tail, (symbol, now_us // 1000)


def _around_time(frame: bytes) -> tuple[bytes, bytes, str]:
    at = frame.index(_TIME) + len(_TIME)
    return frame[:at], frame[at + _TIME_BYTES :], json.loads(frame)["data"][0]["symbol"]
