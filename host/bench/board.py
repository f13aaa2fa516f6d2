"""Measures the kernels of spot v2 on the board model, one after the other; board_program.py does so there."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from host.bench.feed import Feed
from host.bench.table import Figure, Part, Row, Target, compared, undisturbed
from host.boardmodel.model import run_script

_PROGRAM = Path(__file__).with_name("board_program.py")
# All the garbage of a pass fits, so no collection falls into a measured time.
_HEAP_BYTES = 24 * 1024 * 1024
_TIMEOUT_S = 300

# The stages, each with all before it.
STAGES = ("decode", "apply", "prove", "features", "flow")

_PIECE = 10  # frames, as in the program
_LABELS = {"flow": "order flow"}

# Shares of the time of json.loads.
_KERNELS = Target(0.30, is_ratio=True)
_MEANING = Target(0.50, is_ratio=True)
_NOTHING = Target(0)

_US = "us/frame"
_BYTES = "B/frame"
_JSON = "json.loads"
_USUAL = "usual program"


@dataclass
class Board:
    """Microseconds a frame of every contestant in every round, the empty loop subtracted."""

    rounds: list[dict[str, float]]
    found: dict
    """Bytes allocated a pass, checksums proved a pass, MicroPython's version."""

    def series(self, name: str) -> list[float]:
        return [times[name] for times in self.rounds]

    def stages(self, *names: str) -> list[float]:
        """Some kernels alone, together."""
        return [sum(parts) for parts in zip(*map(self.stage, names), strict=True)]

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
        feed.write(frames)
        run = {
            "pairs": list(feed.decimals),
            "depth": feed.depth,
            "decimals": feed.decimals,
            "rounds": rounds,
        }
        settings.write_text(json.dumps(run))
        text = run_script(_PROGRAM, frames, settings, heap_bytes=_HEAP_BYTES, timeout_s=_TIMEOUT_S)
    *lines, found = (json.loads(line) for line in text.splitlines())
    return Board([_a_frame(line) for line in lines], found)


def _a_frame(times: dict[str, list[int]]) -> dict[str, float]:
    """Of the microseconds of every contestant for each piece."""
    empty = undisturbed(times["empty"])
    return {name: (undisturbed(us) - empty) / _PIECE for name, us in times.items()}


def part(feed: Feed, rounds: int) -> Part:
    """What the kernels take, alone and together, and what the conductor does that calls them."""
    measured = measure(feed, rounds)
    count = len(feed.frames)
    json_us = measured.series("json")
    conductor = measured.series("conductor")
    rows = [
        compared(
            "board: decode, apply, prove, features",
            _US,
            measured.series("features"),
            json_us,
            _JSON,
            _KERNELS,
        ),
        compared(
            "board: features with order flow",
            _US,
            measured.stages("features", "flow"),
            json_us,
            _JSON,
            _MEANING,
        ),
        compared("board: on_frame (pulse, signal, records)", _US, conductor, json_us, _JSON),
        compared("board: on_frame", _US, conductor, measured.series("usual"), _USUAL),
    ]
    for stage in STAGES:
        what = f"board: {_LABELS.get(stage, stage)} alone"
        rows.append(compared(what, _US, measured.stage(stage), json_us, _JSON))
    found = measured.found
    for name, of in (("allocated_json", _JSON), ("allocated_usual", _USUAL)):
        ours = Figure(found["allocated"] / count, _BYTES)
        rows.append(
            Row(
                "board: on_frame allocates",
                ours,
                Figure(found[name] / count, _BYTES, of),
                targets=(_NOTHING,),
            )
        )
    rows.append(
        Row(
            "board: checksums proved",
            Figure(min(found["proved"], found["proved_kernels"]), f"of {count:,}"),
            Figure(found["proved_usual"], f"of {count:,}", _USUAL),
            targets=(Target(count, is_least=True),),
        )
    )
    return Part(rows, _notes(feed, rounds))


def _notes(feed: Feed, rounds: int) -> list[str]:
    return [
        f"board: {feed.source}; wall time of the 32-bit board model on this PC, {rounds} rounds, the "
        "empty loop subtracted, no garbage collection in any measured time. Ratios carry over to the "
        "chip only roughly.",
        "usual program: json.loads, dicts, sort, CRC of strings; single floats have seven digits, too "
        "few for the checksums of v2.",
    ]
