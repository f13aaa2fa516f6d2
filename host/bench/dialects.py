"""Measures an update's way to the signal on the board model, in each of Kraken's dialects."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from host import captures
from host.bench.table import Figure, Part, Row, Target, compared, undisturbed
from host.boardmodel.model import run_script
from host.exchange.pairs import PAIRS
from host.exchange.recording import record_market

_PROGRAM = Path(__file__).with_name("dialect_program.py")
# All the garbage of a pass fits, so no collection falls into a measured time.
_HEAP_BYTES = 48 * 1024 * 1024
_TIMEOUT_S = 240
_SECONDS = 18.0
_LEVELS = 3

_MOST_OF_JSON = Target(0.15, is_ratio=True)
_MOST_OF_USUAL = Target(1 / 40, is_ratio=True)
_NONE = Target(0)

_US = "us/frame"
_JSON = "json.loads"
_USUAL = "usual program"


@dataclass(frozen=True)
class _Dialect:
    """What is recorded of one, and which of its frames are timed."""

    name: str
    label: str
    pairs: tuple[str, ...]
    wire: tuple[str, ...]
    depth: int
    levels: int


_SPOT = ("BTC/USD", "ETH/USD", "BTC/EUR")
_ALL = (
    _Dialect(captures.SPOT_V2, "v2", _SPOT, _SPOT, 10, _LEVELS),
    _Dialect(captures.SPOT_V1, "v1", _SPOT, ("XBT/USD", "ETH/USD", "XBT/EUR"), 10, _LEVELS),
    _Dialect(
        captures.FUTURES_V1,
        "futures",
        ("PF_XBTUSD", "PF_ETHUSD"),
        ("PF_XBTUSD", "PF_ETHUSD"),
        25,
        1,  # this dialect has a message for every level
    ),
)


def part(rounds: int, scratch: Path) -> Part:
    """Of each dialect: time beside json.loads and the usual program, allocations, proofs."""
    found = Part()
    for dialect in _ALL:
        found.rows += _rows(dialect, *_measure(dialect, rounds, scratch))
    found.notes.append(
        f"update: frames of the local Kraken's three pairs (futures: two) with {_LEVELS} levels (futures: one, "
        "they have no more), depth 10 (futures: 25), in the order of the feed; to the signal: decode, apply, "
        "prove or count, features, order flow, imbalance; on_frame: also counters, the pulse and the records. "
        "The usual program of v1 keeps the texts that checksums need; that of futures, the whole book."
    )
    return found


def _measure(dialect: _Dialect, rounds: int, scratch: Path) -> tuple[list[dict], dict, int]:
    """Each round's microseconds a frame; what was found out; frames."""
    recording = scratch / f"{dialect.name}.jsonl"
    record_market(
        recording,
        seconds=_SECONDS,
        symbols=_SPOT[: len(dialect.pairs)],
        depth=dialect.depth,
        dialect=dialect.name,
    )
    frames = [frame.strip() for _, frame in captures.frames(recording)]
    counted = [_levels(frame) for frame in frames]
    books = [(frame, count) for frame, count in zip(frames, counted, strict=True) if count]
    timed = [int(count == dialect.levels) for _, count in books]
    run = {
        "settings": {"dialect": dialect.name, "pairs": dialect.pairs, "depth": dialect.depth},
        "names": dialect.wire,
        "decimals": {
            pair.symbol: (pair.price_decimals, pair.qty_decimals)
            for pair in map(PAIRS.get, _SPOT)
            if pair
        },
        "timed": timed,
        "rounds": rounds,
    }
    with tempfile.TemporaryDirectory() as folder:
        lines, settings = Path(folder) / "frames", Path(folder) / "run.json"
        lines.write_bytes(b"".join(frame + b"\n" for frame, _ in books))
        settings.write_text(json.dumps(run))
        text = run_script(_PROGRAM, lines, settings, heap_bytes=_HEAP_BYTES, timeout_s=_TIMEOUT_S)
    *lines_said, found = (json.loads(line) for line in text.splitlines())
    series = [
        {name: undisturbed(us) - undisturbed(line["empty"]) for name, us in line.items()}
        for line in lines_said
    ]
    return series, found, len(books)


def _levels(frame: bytes) -> int:
    """How many levels a frame of a book has, 0 for any other frame."""
    message = json.loads(frame)
    if isinstance(message, list):
        sides = [side for part in message[1:-2] for name, side in part.items() if name != "c"]
        return sum(map(len, sides))
    if message.get("channel") == "book":
        return sum(len(each["bids"]) + len(each["asks"]) for each in message["data"])
    if message.get("feed") == "book_snapshot":
        return len(message["bids"]) + len(message["asks"])
    return int(message.get("feed") == "book" and "seq" in message)


def _rows(dialect: _Dialect, series: list[dict], found: dict, frames: int) -> list[Row]:
    def of(name: str) -> list[float]:
        return [times[name] for times in series]

    what = f"{dialect.label}: {dialect.levels}-level update"
    allocated = Figure(found["allocated"] / frames, "B/frame")
    return [
        compared(f"{what}, to the signal", _US, of("signal"), of("json"), _JSON, _MOST_OF_JSON),
        compared(f"{what}, to the signal", _US, of("signal"), of("usual"), _USUAL, _MOST_OF_USUAL),
        compared(f"{what}, on_frame", _US, of("on_frame"), of("json"), _JSON),
        Row(
            f"{dialect.label}: on_frame allocates",
            allocated,
            Figure(found["allocated_json"] / frames, "B/frame", _JSON),
            targets=(_NONE,),
        ),
        Row(
            f"{dialect.label}: frames proved",
            Figure(found["proved"], f"of {frames:,}"),
            Figure(found["proved_usual"], f"of {frames:,}", _USUAL),
            targets=(Target(frames, is_least=True),),
        ),
    ]
