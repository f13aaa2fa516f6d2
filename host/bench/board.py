"""Measures on the board model; the program that does so there is board_program.py."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from host.bench.feed import Feed
from host.boardmodel.model import run_script

_PROGRAM = Path(__file__).with_name("board_program.py")
# All the garbage of a round fits, so no collection falls into a measured time.
_HEAP_BYTES = 24 * 1024 * 1024
_TIMEOUT_S = 300

# The stages, each with all before it.
STAGES = ("decode", "apply", "prove", "features")


@dataclass
class Board:
    """Microseconds a frame of every contestant in every round, the empty loop subtracted."""

    rounds: list[dict[str, float]]
    found: dict
    """Bytes allocated a pass, checksums proved a pass, MicroPython's version."""

    def series(self, name: str) -> list[float]:
        return [times[name] for times in self.rounds]

    def stage(self, name: str) -> list[float]:
        """One kernel alone: its stage less the stage before."""
        place = STAGES.index(name)
        if place == 0:
            return self.series(name)
        return [times[name] - times[STAGES[place - 1]] for times in self.rounds]


def measure(feed: Feed, rounds: int) -> Board:
    """Run all contestants in turns on the board model."""
    with tempfile.TemporaryDirectory() as folder:
        frames = Path(folder) / "frames.jsonl"
        settings = Path(folder) / "run.json"
        count = feed.write(frames)
        run = {
            "pairs": list(feed.decimals),
            "depth": feed.depth,
            "decimals": feed.decimals,
            "rounds": rounds,
        }
        settings.write_text(json.dumps(run))
        text = run_script(_PROGRAM, frames, settings, heap_bytes=_HEAP_BYTES, timeout_s=_TIMEOUT_S)
    *lines, found = (json.loads(line) for line in text.splitlines())
    return Board(
        [{name: (us - line["empty"]) / count for name, us in line.items()} for line in lines],
        found,
    )
