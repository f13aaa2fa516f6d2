"""Measures the replay of a raw file on the host, beside cryptofeed and the best short CPython program."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from host import captures
from host.bench.feed import Feed
from host.bench.table import Figure, Part, Row, Target, compared
from host.errors import UserError
from host.pack import writer
from host.pack.reader import Pack
from host.replay.dialects import DIALECTS
from host.replay.engine import Engine

# Counters of firmware/feeds/spot_v2.py.
_MESSAGES = 0
_PROVED = 1
_RECORDS = 8

_CRYPTOFEED_REPEATS = 8  # it takes long, and a rate needs no more

_RATE = Target(2_000_000, is_least=True)
_SHORT_TIMES = Target(3, is_ratio=True, is_least=True)
_CRYPTOFEED_TIMES = Target(15, is_ratio=True, is_least=True)
_PACKED_RATE = Target(8_000_000, is_least=True)

_WHAT = "host: replay from file to records"
_PACKED = "host: replay of a pack"
_PER_S = "msg/s"
_LEVELS_PER_S = "levels/s"
_RAW = "of the raw file"
_SHORT = "short CPython program"
_CRYPTOFEED = "cryptofeed"


@dataclass
class Replay:
    """Messages a second of CPU time in each round (of a pack and beside it: levels), and how many checksums held."""

    ours: list[float] = field(default_factory=list)
    short: list[float] = field(default_factory=list)
    cryptofeed: list[float] = field(default_factory=list)
    """Empty where it is not installed."""
    packed: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    messages: int = 0
    proved: int = 0
    proved_short: int = 0
    records: int = 0


def measure(feed: Feed, repeats: int, rounds: int, scratch: Path) -> Replay:
    """Replay a file of `repeats` times the feed by all programs in turns."""
    try:
        from host.bench import cpython_reference
    except ModuleNotFoundError:
        raise UserError("the reference needs msgspec: pip install 'inkling[dev]'") from None

    path = scratch / "long.jsonl"
    count = feed.write(path, repeats)
    found = Replay(messages=count)
    cryptofeed = _cryptofeed(feed)
    pack = scratch / "long.parquet"
    writer.write(path, DIALECTS[captures.SPOT_V2], pack, lambda _: None)
    _replay(captures.open_bytes(path))  # compiles the kernels, or loads them from the cache
    _replay(Pack(pack))
    for _ in range(rounds):
        # CPU time: what others do on a shared machine should not count, and one core is used.
        begin = time.process_time()
        engine = _replay(captures.open_bytes(path))
        took_s = time.process_time() - begin
        found.ours.append(count / took_s)
        found.raw.append(engine.levels / took_s)
        begin = time.process_time()
        packed = _replay(Pack(pack))
        found.packed.append(packed.levels / (time.process_time() - begin))
        begin = time.process_time()
        messages, found.proved_short = cpython_reference.replay(path, feed.decimals, feed.depth)
        found.short.append(count / (time.process_time() - begin))
        if {engine.counter(_MESSAGES), packed.counter(_MESSAGES), messages} != {count}:
            raise UserError(f"{path}: not every frame was replayed")
        found.proved, found.records = engine.counter(_PROVED), engine.counter(_RECORDS)
        if cryptofeed:
            found.cryptofeed.append(_rate(*cryptofeed))
    return found


def _replay(feed: captures.Capture | Pack) -> Engine:
    """From the file's bytes to records, as `inkling replay --records` does."""
    engine = Engine()
    for chunk in feed:
        for _records in engine.feed(chunk):
            pass
    return engine


def _cryptofeed(feed: Feed):
    """Its books, and the frames it is to play; None where it is not installed."""
    try:
        from host.bench.cryptofeed_reference import Books, in_v1
    except ModuleNotFoundError:
        return None
    frames = [told for frame in feed.frames for told in in_v1(frame)]
    return Books(list(feed.decimals), feed.depth), frames * _CRYPTOFEED_REPEATS


def _rate(books, frames: list[str]) -> float:
    heard = books.heard
    begin = time.process_time()
    books.play(frames)
    took_s = time.process_time() - begin
    if books.heard - heard != len(frames):
        raise UserError("cryptofeed did not tell of every frame")
    return len(frames) / took_s


def part(feed: Feed, repeats: int, rounds: int, scratch: Path) -> Part:
    """Messages a second beside both references, and whether all was proved."""
    measured = measure(feed, repeats, rounds, scratch)
    total = f"of {measured.messages:,}"
    rows = [compared(_WHAT, _PER_S, measured.ours, measured.short, _SHORT, _RATE, _SHORT_TIMES)]
    if measured.cryptofeed:
        rows.append(
            compared(
                _WHAT, _PER_S, measured.ours, measured.cryptofeed, _CRYPTOFEED, _CRYPTOFEED_TIMES
            )
        )
    else:
        why = "cryptofeed is not installed: pip install 'inkling[bench]'"
        rows.append(Row(_WHAT, targets=(_CRYPTOFEED_TIMES,), why=why))
    rows.append(
        compared(_PACKED, _LEVELS_PER_S, measured.packed, measured.raw, _RAW, _PACKED_RATE)
    )
    rows.append(
        Row(
            "host: checksums proved",
            Figure(measured.proved, total),
            Figure(measured.proved_short, "", _SHORT),
            targets=(Target(measured.messages, is_least=True),),
        )
    )
    return Part(rows, [_note(repeats, rounds, measured)])


def _note(repeats: int, rounds: int, measured: Replay) -> str:
    return (
        f"host: the same frames {repeats} times over in one file, each time from the snapshot on; messages "
        f"a second of CPU time, one core, {rounds} rounds. Ours also makes features, signals and "
        f"{measured.records:,} records. The short program (msgspec, bisect, cached checksum texts) decodes, "
        "keeps the book and proves it; so does cryptofeed, which hears the frames in the dialect that it "
        "speaks (spot v1), already read, and validates every checksum."
    )
