"""`inkling bench`: measures, and prints the table of ours, the reference and the target."""

import argparse
import statistics
import tempfile
from pathlib import Path

from host.bench import board, feed, machine, monitor, replay, table
from host.bench.board import STAGES, Board
from host.bench.monitor import MonitorLoad
from host.bench.replay import Replay
from host.bench.table import Figure, Row
from host.progress import Progress, Quiet

_BOARD_ROUNDS = 41
_REPLAY_ROUNDS = 9
_REPLAY_REPEATS = 400
_QUICK_BOARD_ROUNDS = 3
_QUICK_REPLAY_ROUNDS = 3
_QUICK_REPLAY_REPEATS = 10
_MONITOR_ROUNDS = 3
_MONITOR_S = 8.0
_QUICK_MONITOR_ROUNDS = 1
_QUICK_MONITOR_S = 1.0

# What the project has set itself: a share of json.loads' time, messages a second, a share of a core.
_MOST_OF_JSON = 0.30
_LEAST_MESSAGES = 700_000
_MOST_OF_A_CORE = 5.0

EXIT_MISSED = 1

_US = "us/frame"
_BYTES = "B/frame"
_PER_S = "msg/s"
_PERCENT = "% of a core"
_JSON = "json.loads"
_USUAL = "usual program"
_SHORT = "short CPython program"
_READER = "bare reader"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling bench\n  inkling bench --quick --json\n\n"
        "exit status: 1 when a target was missed; a --quick run is too noisy to say so"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="few rounds: seconds, and more noise")


def run(args: argparse.Namespace) -> int:
    progress = Quiet() if args.json else Progress()
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as folder:
        frames = feed.real_or_recorded(Path(folder))
        with progress.step(f"board model: {frames.source}"):
            on_board = board.measure(frames, _QUICK_BOARD_ROUNDS if args.quick else _BOARD_ROUNDS)
        repeats, rounds = (
            (_QUICK_REPLAY_REPEATS, _QUICK_REPLAY_ROUNDS)
            if args.quick
            else (_REPLAY_REPEATS, _REPLAY_ROUNDS)
        )
        with progress.step(f"host: the same frames {repeats} times over"):
            on_host = replay.measure(frames, repeats, rounds, Path(folder))
        with progress.step("monitor: records at the full rate of a serial line"):
            watching = (
                monitor.measure(frames, _QUICK_MONITOR_ROUNDS, _QUICK_MONITOR_S)
                if args.quick
                else monitor.measure(frames, _MONITOR_ROUNDS, _MONITOR_S)
            )
    rows = board_rows(on_board, len(frames.frames)) + replay_rows(on_host)
    rows += monitor_rows(watching)
    on = machine.describe(on_board.found["micropython"])
    show = table.print_json if args.json else table.print_table
    show(rows, on, _notes(frames.source, on_board, on_host, repeats))
    missed = any(row.ok is False for row in rows)
    return EXIT_MISSED if missed and not args.quick else 0


def board_rows(measured: Board, frames: int) -> list[Row]:
    """What the board model did."""
    found = measured.found
    rows = [
        _times(
            "board: decode, apply, prove, features", measured, "features", "json", _MOST_OF_JSON
        ),
        _times("board: on_frame (signal, records)", measured, "conductor", "json"),
        _times("board: on_frame", measured, "conductor", "usual"),
    ]
    json_us = measured.series("json")
    for stage in STAGES:
        us = measured.stage(stage)
        rows.append(
            Row(
                f"board: {stage} alone",
                Figure(statistics.median(us), _US),
                Figure(statistics.median(json_us), _US, _JSON),
                _ratios(us, json_us),
            )
        )
    for name, of in (("allocated_json", _JSON), ("allocated_usual", _USUAL)):
        rows.append(
            Row(
                "board: on_frame allocates",
                Figure(found["allocated"] / frames, _BYTES),
                Figure(found[name] / frames, _BYTES, of),
                target="0",
                ok=found["allocated"] == 0,
            )
        )
    rows.append(
        Row(
            "board: checksums proved",
            Figure(found["proved"], f"of {frames}"),
            Figure(found["proved_usual"], f"of {frames}", _USUAL),
            target="all",
            ok=found["proved"] == found["proved_kernels"] == frames,
        )
    )
    return rows


def replay_rows(measured: Replay) -> list[Row]:
    """What the replay engine did on the host."""
    ratios = _ratios(measured.ours, measured.reference)
    ours = statistics.median(measured.ours)
    return [
        Row(
            "host: replay from file to records",
            Figure(ours, _PER_S),
            Figure(statistics.median(measured.reference), _PER_S, _SHORT),
            ratios,
            f">= {_LEAST_MESSAGES:,} msg/s, ratio > 1",
            ours >= _LEAST_MESSAGES and statistics.median(ratios) > 1,
        ),
        Row(
            "host: checksums proved",
            Figure(measured.proved, f"of {measured.messages:,}"),
            Figure(measured.proved_reference, f"of {measured.messages:,}", _SHORT),
            target="all",
            ok=measured.proved == measured.proved_reference == measured.messages,
        ),
    ]


def monitor_rows(measured: MonitorLoad) -> list[Row]:
    """What watching a board costs the PC."""
    rows = []
    for what, ours in (("live view", measured.live), ("plain lines", measured.plain)):
        percent = 100 * statistics.median(ours)
        rows.append(
            Row(
                f"monitor: {what}, 11.5 kB/s of records",
                Figure(percent, _PERCENT),
                Figure(100 * statistics.median(measured.reference), _PERCENT, _READER),
                target=f"<= {_MOST_OF_A_CORE:.0f}",
                ok=percent <= _MOST_OF_A_CORE,
            )
        )
    return rows


def _times(what: str, measured: Board, ours: str, other: str, most: float | None = None) -> Row:
    mine = measured.series(ours)
    theirs = measured.series(other)
    ratios = _ratios(mine, theirs)
    return Row(
        what,
        Figure(statistics.median(mine), _US),
        Figure(statistics.median(theirs), _US, _JSON if other == "json" else _USUAL),
        ratios,
        "" if most is None else f"<= {most:.2f}",
        None if most is None else statistics.median(ratios) <= most,
    )


def _ratios(ours: list[float], reference: list[float]) -> list[float]:
    return [a / b for a, b in zip(ours, reference, strict=True)]


def _notes(source: str, on_board: Board, on_host: Replay, repeats: int) -> list[str]:
    return [
        f"Measured with {source}. A ratio is ours by the reference in the same round; shown are "
        f"the median and the quartiles of {len(on_board.rounds)} rounds on the board model, "
        f"{len(on_host.ours)} on the host.",
        "board: wall time of the 32-bit board model on this PC, the empty loop subtracted, no "
        "garbage collection in any measured time. Ratios carry over to the chip only roughly.",
        "usual program: json.loads, dicts, sort, CRC of strings; single floats have seven "
        "digits, too few for its checksums.",
        f"host: the same frames {repeats} times over in one file, each time from the snapshot "
        f"on; messages a second of CPU time, one core. Ours also makes features, signals and "
        f"{on_host.records:,} records; the reference (msgspec, bisect, cached checksum texts) "
        "decodes, keeps the book and proves it.",
        "monitor: CPU time by wall time of `inkling monitor` on a pseudo-terminal that says as "
        "much as 115200 baud can carry, nothing but records; the bare reader is a pyserial "
        "readline loop.",
    ]
