"""Measures the replay of a raw file on the host, beside the best short CPython program."""

import time
from dataclasses import dataclass
from pathlib import Path

from host import captures
from host.bench.feed import Feed
from host.errors import UserError
from host.replay.engine import Engine

# Counters of firmware/feeds/spot_v2.py.
_MESSAGES = 0
_PROVED = 1
_RECORDS = 8


@dataclass
class Replay:
    """Messages a second of CPU time in each round, and how many checksums held in one."""

    ours: list[float]
    reference: list[float]
    messages: int
    proved: int
    proved_reference: int
    records: int


def measure(feed: Feed, repeats: int, rounds: int, scratch: Path) -> Replay:
    """Replay a file of `repeats` times the feed by both programs in turns."""
    try:
        from host.bench import cpython_reference
    except ModuleNotFoundError:
        raise UserError("the reference needs msgspec: pip install 'inkling[dev]'") from None

    path = scratch / "long.jsonl"
    count = feed.write(path, repeats)
    _replay(path)  # compiles the kernels, or loads them from the cache
    ours = []
    reference = []
    for _ in range(rounds):
        # CPU time: what others do on a shared machine should not count, and one core is used.
        begin = time.process_time()
        engine = _replay(path)
        ours.append(count / (time.process_time() - begin))
        begin = time.process_time()
        messages, proved = cpython_reference.replay(path, feed.decimals, feed.depth)
        reference.append(count / (time.process_time() - begin))
        if engine.counter(_MESSAGES) != count or messages != count:
            raise UserError(f"{path}: not every frame was replayed")
    return Replay(
        ours, reference, count, engine.counter(_PROVED), proved, engine.counter(_RECORDS)
    )


def _replay(path: Path) -> Engine:
    """From the file's bytes to records, as `inkling replay --records` does."""
    engine = Engine()
    for chunk in captures.open_bytes(path):
        for _records in engine.feed(chunk):
            pass
    return engine
