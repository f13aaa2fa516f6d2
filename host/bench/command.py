"""`inkling bench`: measures, and prints the table of ours, the reference and the target."""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from host.bench import (
    board,
    dialects,
    feed,
    history,
    latency,
    machine,
    monitor,
    operations,
    pulse,
    replay,
    sizes,
    start,
    table,
)
from host.bench.feed import Feed
from host.bench.table import Part
from host.errors import UserError
from host.progress import Progress, Quiet

EXIT_MISSED = 1


@dataclass(frozen=True)
class _Effort:
    """How long each part takes, in rounds, repeats, updates or seconds."""

    board: int
    dialects: int
    pulse: int
    bursts: int
    may_build: bool
    updates: int
    start: int
    looks: int
    repeats: int
    replay: int
    monitor: int
    monitor_s: float


_WHOLE = _Effort(
    board=41,
    dialects=11,
    pulse=9,
    bursts=40,
    may_build=True,
    updates=100_000,
    start=5,
    looks=6,
    repeats=400,
    replay=9,
    monitor=2,
    monitor_s=6.0,
)
_QUICK = _Effort(
    board=3,
    dialects=2,
    pulse=3,
    bursts=8,
    may_build=False,
    updates=2_000,
    start=1,
    looks=2,
    repeats=10,
    replay=3,
    monitor=1,
    monitor_s=1.0,
)


class _Bench:
    """One run: what its parts share, and what they found."""

    def __init__(self, effort: _Effort, scratch: Path, progress: Progress) -> None:
        self.effort = effort
        self.scratch = scratch
        self.progress = progress
        self.pictures: dict[str, str] = {}

    @cached_property
    def feed(self) -> Feed:
        return feed.real_or_recorded(self.scratch)

    def kernels(self) -> Part:
        return board.part(self.feed, self.effort.board)

    def dialects(self) -> Part:
        return dialects.part(self.effort.dialects, self.scratch)

    def pulse(self) -> Part:
        return pulse.part(self.effort.pulse, self.scratch)

    def operations(self) -> Part:
        return operations.part(self.effort.bursts, self.effort.may_build, self.progress)

    def latency(self) -> Part:
        part, found = latency.part(self.effort.updates)
        self.pictures[latency.PICTURE] = latency.drawing(found)
        return part

    def start(self) -> Part:
        return start.part(self.feed, self.effort.start, self.scratch)

    def sizes(self) -> Part:
        return sizes.part(self.effort.looks)

    def replay(self) -> Part:
        return replay.part(self.feed, self.effort.repeats, self.effort.replay, self.scratch)

    def monitor(self) -> Part:
        return monitor.part(self.feed, self.effort.monitor, self.effort.monitor_s)


# In the order of the table, each with what it is doing.
_PARTS: dict[str, tuple[Callable[[_Bench], Part], str]] = {
    "kernels": (_Bench.kernels, "board model: kernels of spot v2"),
    "dialects": (_Bench.dialects, "board model: an update in each dialect"),
    "pulse": (_Bench.pulse, "board model: the pulse over 8 pairs"),
    "operations": (_Bench.operations, "board model over TLS: bytecode operations"),
    "latency": (_Bench.latency, "board model over TLS: latency"),
    "start": (_Bench.start, "start of commands and of the board model"),
    "sizes": (_Bench.sizes, "sizes of modules and heap"),
    "replay": (_Bench.replay, "host: replay"),
    "monitor": (_Bench.monitor, "monitor: records at the full rate of a serial line"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling bench\n  inkling bench --quick --json\n  inkling bench sizes start\n"
        "  inkling bench --keep\n\n"
        "exit status: 1 when a target was missed; a --quick run is too noisy to say so"
    )
    add = parser.add_argument
    add("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(_PARTS)}")
    add("--json", action="store_true", help="print one JSON object")
    add("--quick", action="store_true", help="few rounds: under a minute, and more noise")
    add(
        "--keep",
        action="store_true",
        help="add the run to docs/bench-history.jsonl, and draw docs/bench.svg and latency.svg anew",
    )


def run(args: argparse.Namespace) -> int:
    for name in args.parts:
        if name not in _PARTS:
            raise UserError(f"{name} is no part of the bench; there are {', '.join(_PARTS)}")
    if args.keep and (args.quick or args.parts):
        raise UserError("--keep keeps whole runs: without --quick, and without parts")
    if args.keep:
        history.kept(history.HISTORY)  # or it would be told after five minutes
    progress = Quiet() if args.json else Progress()
    on = machine.describe()
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as folder:
        bench = _Bench(_QUICK if args.quick else _WHOLE, Path(folder), progress)
        part = Part()
        for name, (measure, title) in _PARTS.items():
            if not args.parts or name in args.parts:
                with progress.step(title):
                    part += measure(bench)
    show = table.print_json if args.json else table.print_table
    show(part, on)
    if args.keep:
        history.keep(history.HISTORY, part, on, bench.pictures)
    missed = any(row.ok is False for row in part.rows)
    return EXIT_MISSED if missed and not args.quick else 0
