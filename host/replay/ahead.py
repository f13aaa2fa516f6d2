"""Decodes recordings on other cores while what stands before is replayed, with no change in the result."""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Full, Queue
from typing import TYPE_CHECKING, NamedTuple

from host.captures import Capture
from host.replay.decoded import Decoder
from host.replay.dialects import Dialect
from host.replay.rows import Rows

if TYPE_CHECKING:
    from host.pack.reader import Pack  # whose import takes a sixth of a second

    Feed = Sequence[Capture | Pack]

# Chunks that are decoded or being decoded, for every core.
_AHEAD = 8

# How soon the reading thread sees that nobody takes its chunks any more.
_LOOK_S = 0.1


class Part(NamedTuple):
    """A piece of a feed."""

    capture: "Capture | Pack"
    chunk: bytes | Rows
    raw_bytes: int
    """Of the capture's bytes, those that have been read by then."""


def parts(feed: "Feed", dialect: Dialect, jobs: int) -> Iterator[Part]:
    """All of the feed in its order, on so many cores; raises UserError as the captures do.

    On one core, chunks are as the captures have them. On several, one thread reads and others
    decode: what a message says depends on no other message, so that may be done before its turn
    comes. What it does to a book is left to the caller, in order.
    """
    if jobs > 1:
        yield from _Decoded(feed, dialect, jobs).parts()
        return
    for capture in feed:
        for chunk in capture:
            yield Part(capture, chunk, capture.raw_bytes)


class _Decoded:
    def __init__(self, feed: "Feed", dialect: Dialect, jobs: int) -> None:
        self._feed = feed
        self._dialect = dialect
        self._jobs = jobs
        self._queue: Queue = Queue(_AHEAD * jobs)
        self._stopped = threading.Event()
        self._mine = threading.local()

    def parts(self) -> Iterator[Part]:
        pool = ThreadPoolExecutor(self._jobs - 1)
        reader = threading.Thread(target=self._read, args=(pool,), daemon=True)
        reader.start()
        try:
            while (item := self._queue.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                capture, chunk, raw_bytes = item
                yield Part(
                    capture, chunk.result() if isinstance(chunk, Future) else chunk, raw_bytes
                )
        finally:
            # Also where the caller has had enough, or somebody has pressed Ctrl-C.
            self._stopped.set()
            reader.join()
            pool.shutdown(cancel_futures=True)

    def _read(self, pool: ThreadPoolExecutor) -> None:
        try:
            for capture in self._feed:
                for chunk in capture:
                    work = pool.submit(self._rows, chunk) if isinstance(chunk, bytes) else chunk
                    if not self._put((capture, work, capture.raw_bytes)):
                        return
            self._put(None)
        except Exception as error:  # whatever it is, it is the caller's
            self._put(error)

    def _put(self, item) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_LOOK_S)
                return True
            except Full:
                continue
        return False

    def _rows(self, lines: bytes) -> Rows:
        if not hasattr(self._mine, "decoder"):
            self._mine.decoder = Decoder(self._dialect)
        rows, _ = self._mine.decoder.rows(lines)
        return rows


def cores() -> int:
    """Those that this process may use."""
    return (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
