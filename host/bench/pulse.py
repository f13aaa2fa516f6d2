"""Measures on the board model what the pulse takes: every slice of its pass over eight pairs."""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from host import captures
from host.bench.table import Part, Target, compared, undisturbed
from host.boardmodel.model import run_script
from host.exchange.pairs import PAIRS
from host.exchange.recording import DEFAULT_START_S, record_market

_PROGRAM = Path(__file__).with_name("pulse_program.py")
_HEAP_BYTES = 24 * 1024 * 1024
_TIMEOUT_S = 120
_SYMBOLS = tuple(PAIRS)[:8]
_DEPTH = 10
_WARM_S = 12  # the window is 100 samples of 100 ms
_RECORDING_S = 42

# What the project has set itself, as shares of json.loads of one frame.
_MOST_OF_JSON_PASS = 5.0
_MOST_OF_JSON_SLICE = 1.0


@dataclass
class Pulse:
    """Microseconds in each round, the empty call subtracted."""

    passes: list[float] = field(default_factory=list)
    """Of a pass, all its slices together."""
    slices: list[float] = field(default_factory=list)
    """Of the slice that takes longest."""
    parsed: list[float] = field(default_factory=list)
    """Of json.loads of one of the frames that came meanwhile."""
    per_pass: int = 0
    """How many slices there are."""


def measure(rounds: int, scratch: Path) -> Pulse:
    """Let the local Kraken's market of eight pairs go on, and time what looks across them."""
    recording = scratch / "eight.jsonl"
    record_market(recording, seconds=_RECORDING_S, symbols=_SYMBOLS, depth=_DEPTH)
    frames = [
        (second, frame) for second, frame in captures.frames(recording) if b'"book"' in frame
    ]
    with tempfile.TemporaryDirectory() as folder:
        lines, settings = Path(folder) / "frames", Path(folder) / "run.json"
        lines.write_bytes(b"".join(frame.strip() + b"\n" for _, frame in frames))
        run = {
            "pairs": _SYMBOLS,
            "depth": _DEPTH,
            "rounds": rounds,
            "warm": sum(second < DEFAULT_START_S + _WARM_S for second, _ in frames),
        }
        settings.write_text(json.dumps(run))
        text = run_script(_PROGRAM, lines, settings, heap_bytes=_HEAP_BYTES, timeout_s=_TIMEOUT_S)
    found = Pulse()
    for line in text.splitlines():
        _take(found, **json.loads(line))
    return found


def _take(found: Pulse, empty: list[int], passes: list[list[int]], json: list[int]) -> None:
    """A round."""
    nothing = undisturbed(empty)
    found.per_pass = len(passes[0])
    by_slice = [undisturbed([each[n] for each in passes]) - nothing for n in range(found.per_pass)]
    found.passes.append(sum(by_slice))
    found.slices.append(max(by_slice))
    found.parsed.append(undisturbed(json) - nothing)


def part(rounds: int, scratch: Path) -> Part:
    """The pass, and its longest slice."""
    found = measure(rounds, scratch)
    whole = Target(_MOST_OF_JSON_PASS, is_ratio=True)
    longest = f"board: the longest of its {found.per_pass} slices"
    return Part(
        [
            compared(
                "board: pulse, a pass over 8 pairs",
                "us",
                found.passes,
                found.parsed,
                "json.loads",
                whole,
            ),
            compared(
                longest,
                "us",
                found.slices,
                found.parsed,
                "json.loads",
                Target(_MOST_OF_JSON_SLICE, is_ratio=True),
            ),
        ],
        [
            "pulse: every 100 ms of exchange time, samples of 8 pairs, 28 correlations at 7 lags, contagion, "
            "adapt and a record, the windows full; json.loads is of one frame of the same feed."
        ],
    )
