"""`inkling replay`: recorded feeds through the firmware's own kernels, and what came of it."""

import argparse
import json
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from firmware import config
from host.captures import SPOT_V2, Capture, dialect, open_bytes
from host.errors import UserError
from host.replay import engine as counters
from host.replay.engine import DEPTHS, MOST_PAIRS, Engine

EXIT_FAILED = 1

# Below this the end comes before a bar could be read.
_PROGRESS_BYTES = 16 << 20


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  inkling replay feed.jsonl\n"
        "  inkling replay monday.feed.zst tuesday.feed.zst --pairs BTC/USD --json\n"
        "  inkling replay feed.jsonl --records | grep signal\n\n"
        "exit status: 0 all was read and proved, 1 a checksum failed, 2 bad input (what could be\n"
        "used of it was)"
    )
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="captures of spot v2, one feed in this order; .gz and .zst too",
    )
    add(
        "--records",
        action="store_true",
        help="print the record lines that the board would have sent",
    )
    add(
        "--pairs", metavar="A,B", help="only these pairs (default: every pair that has a snapshot)"
    )
    add("--depth", type=int, choices=DEPTHS, help="levels a side (default: what the feed says)")
    add(
        "--config",
        metavar="FILE",
        help="thresholds from a board's config.json (default: its defaults)",
    )
    add("--json", action="store_true", help="the summary as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Replay the files; raises UserError for what a person can mend, after all that could be replayed."""
    captures = [open_bytes(path) for path in args.files]
    settings = _settings(args.config)
    wanted = args.pairs.split(",") if args.pairs else None
    engine = Engine(settings, wanted, args.depth)
    complaint = None
    began = time.perf_counter()
    try:
        _replay(engine, captures, sys.stdout.buffer if args.records else None)
    except UserError as error:
        # A damaged file: what stood before the damage has been replayed and is worth showing.
        complaint = error
    seconds = time.perf_counter() - began
    if args.json:
        print(
            json.dumps(_summary(engine, seconds)), file=sys.stderr if args.records else sys.stdout
        )
    elif engine.pairs:
        _print_summary(engine, seconds, sys.stderr if args.records else sys.stdout)
    _hint(engine, args.depth)
    if complaint := complaint or _complaint(engine, args.files, wanted):
        raise complaint
    return EXIT_FAILED if engine.counter(counters.BAD) else 0


def _settings(path: str | None) -> dict:
    if path is None:
        return config.check({})
    try:
        return config.load(path)
    except OSError as error:
        raise UserError(str(error)) from None


def _replay(engine: Engine, captures: list[Capture], sink) -> None:
    raw_size = sum(capture.raw_size for capture in captures)
    with _progress(raw_size, with_records=sink is not None) as bar:
        task = bar.add_task("replaying", total=raw_size) if bar else None
        done = 0
        for capture in captures:
            engine.begin_file(str(capture.path))
            for lines in capture:
                for records in engine.feed(lines):
                    if sink:
                        sink.write(records)
                if bar:
                    bar.update(task, completed=done + capture.raw_bytes)
            done += capture.raw_size
        if sink:
            sink.flush()


def _progress(raw_size: int, with_records: bool):
    if raw_size < _PROGRESS_BYTES or not sys.stderr.isatty():
        return nullcontext()
    if with_records and not stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
        return nullcontext()  # records may come to the same screen, perhaps through a pipe
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _hint(engine: Engine, depth: int | None) -> None:
    """A book of another depth than the recorded one loses its levels and fails."""
    others = [p.symbol for p in engine.pairs if depth and engine.depths[p.symbol] != depth]
    if others:
        said = engine.depths[others[0]]
        print(
            f"inkling replay: --depth {depth}, but the feed of {', '.join(others)} is of depth {said}",
            file=sys.stderr,
        )


def _complaint(engine: Engine, files: list[str], wanted: list[str] | None) -> UserError | None:
    """What of the input could not be used, if anything."""
    names = ", ".join(Path(file).name for file in files)
    if not engine.depths:
        for file in files:
            if (spoken := dialect(file)) != SPOT_V2:
                return UserError(
                    f"{file}: this is Kraken's {spoken} dialect; replay reads {SPOT_V2}"
                )
    if not engine.depths and engine.first_malformed:
        file, line, why = engine.first_malformed
        return UserError(f"{file}: not a {SPOT_V2} feed (line {line}: {why})")
    if wanted and (missing := [pair for pair in wanted if pair not in engine.depths]):
        known = ", ".join(sorted(engine.depths)) or "none"
        return UserError(f"{names}: no snapshot of {', '.join(missing)}; the feed has {known}")
    found = list(_faults(engine))
    if not engine.pairs and not found:
        found.append("no book in it; record the book channel with its snapshot")
    return UserError(f"{names}: {'; '.join(found)}") if found else None


def _faults(engine: Engine) -> Iterator[str]:
    if engine.first_malformed:
        file, line, why = engine.first_malformed
        count = _some(engine.malformed, "malformed frame")
        yield f"{count} skipped, the first in {file} line {line} ({why})"
    if engine.first_garbage:
        file, line = engine.first_garbage
        yield f"{_some(engine.garbage, 'line')} not of a feed, the first in {file} line {line}"
    if engine.unfollowed:
        count = _some(len(engine.unfollowed), "pair")
        full = len(engine.pairs) == MOST_PAIRS
        yield f"{count} not followed: " + (
            f"replay follows {MOST_PAIRS} at a time; choose with --pairs"
            if full
            else "no pair of Kraken has such a name"
        )
    elif engine.early and not engine.pairs:
        yield "starts with updates and has no snapshot, so no book can be built"
    elif engine.early:
        what = "its snapshot and was" if engine.early == 1 else "their snapshot and were"
        yield f"{_some(engine.early, 'update')} came before {what} not used"


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _summary(engine: Engine, seconds: float) -> dict:
    messages = engine.counter(counters.MESSAGES)
    return {
        "messages": messages,
        "seconds": round(seconds, 6),
        "messages_per_s": round(messages / seconds),
        "proved": engine.counter(counters.PROVED),
        "failed": engine.counter(counters.BAD),
        "signals": engine.counter(counters.SIGNALS),
        "records": engine.counter(counters.RECORDS),
        "snapshots": engine.counter(counters.SNAPSHOTS),
        "heartbeats": engine.counter(counters.HEARTBEATS),
        "early": engine.early,
        "unproved": engine.counter(counters.UNPROVED),
        "skipped": engine.counter(counters.SKIPPED),
        "pairs": [vars(pair) for pair in engine.pairs],
    }


def _print_summary(engine: Engine, seconds: float, file) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("pair")
    for title in ("depth", "updates", "proved", "failed"):
        table.add_column(title, justify="right")
    table.add_column("state")
    for pair in engine.pairs:
        table.add_row(
            Text(pair.symbol),
            str(pair.depth),
            f"{pair.updates:,}",
            f"{pair.updates - pair.bad:,}",
            f"[bold red]{pair.bad:,}[/]" if pair.bad else "0",
            f"[green]{pair.state}[/]" if pair.state == "LIVE" else f"[red]{pair.state}[/]",
        )
    console.print(table)
    summary = _summary(engine, seconds)
    console.print(
        f"{summary['messages']:,} messages in {seconds:.3f} s, {summary['messages_per_s']:,} a second: "
        f"{summary['proved']:,} checksums proved, {summary['failed']:,} failed, "
        f"{summary['signals']:,} signals, {summary['heartbeats']:,} heartbeats",
        highlight=False,
        soft_wrap=True,
    )
    if summary["unproved"]:
        console.print(
            f"{summary['unproved']:,} updates waited for a new snapshot after a failed checksum",
            highlight=False,
            soft_wrap=True,
        )
