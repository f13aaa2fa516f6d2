"""Measures how long one waits: for a command of the host, and for the first LIVE book of a board."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from host.bench.feed import Feed
from host.bench.serial_ear import Ear
from host.bench.table import Figure, Part, Row, Target, compared
from host.boardmodel import flash_folder, model
from host.errors import UserError
from host.exchange.thread import exchange_in_thread

_INKLING = (sys.executable, "-m", "host.cli")
_NOTHING = (sys.executable, "-c", "pass")
_BARE = "python -c pass"

_HELP = Target(0.2)
_REPLAY = Target(1.0)
_LIVE = Target(1.5)


def part(feed: Feed, rounds: int, scratch: Path) -> Part:
    """Seconds to the end of `--help` and of a small replay, and from power-on to LIVE."""
    file = scratch / "small.jsonl"
    feed.write(file)
    commands = {
        "start: inkling --help": ((*_INKLING, "--help"), _HELP),
        "start: inkling replay, small file": ((*_INKLING, "replay", str(file)), _REPLAY),
    }
    rows = []
    for what, (command, target) in commands.items():
        _seconds(command)  # kernels and bytecode into their caches
        ours, bare = [], []
        for _ in range(rounds):
            ours.append(_seconds(command))
            bare.append(_seconds(_NOTHING))
        rows.append(compared(what, "s", ours, bare, _BARE, target))
    times = [_until_live() for _ in range(rounds)]
    wall_s, cpu_s = (statistics.median(each) for each in zip(*times, strict=True))
    rows.append(
        Row(
            "start: board, power-on to LIVE",
            Figure(wall_s, "s"),
            Figure(cpu_s, "s", "own CPU time"),
            targets=(_LIVE,),
        )
    )
    return Part(
        rows,
        [
            f"start: medians of {rounds} rounds, caches filled; the small file has {len(feed.frames)} frames. The "
            "board model with default settings, from power-on over TLS to the first LIVE book; the local Kraken's "
            "own waits are in it, a radio's are not."
        ],
    )


def _seconds(command: tuple[str, ...]) -> float:
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took_s = time.monotonic() - begin
    if done.returncode:
        raise UserError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return took_s


def _until_live() -> tuple[float, float]:
    """Seconds by the clock and of the board model's CPU time."""
    with exchange_in_thread() as exchange, tempfile.TemporaryDirectory() as folder:
        settings = {"host": "localhost", "port": exchange.port}
        flash_folder.write(Path(folder), settings, exchange.ca_der)
        begin_ns = time.monotonic_ns()
        board = model.start(Path(folder))
        try:
            live_ns, cpu_ns = Ear(board).until_live(1)
        finally:
            model.stop(board)
    return (live_ns - begin_ns) / 1e9, cpu_ns / 1e9
