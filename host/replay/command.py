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
from typing import TYPE_CHECKING

from host import captures
from host.captures import Capture
from host.errors import UserError
from host.replay import ahead, options, summary
from host.replay import engine as counters
from host.replay.engine import MOST_PAIRS, Engine

if TYPE_CHECKING:
    from host.pack.reader import Pack  # whose import takes a sixth of a second

EXIT_FAILED = 1

_MOST_JOBS = 64
# Below this, starting the others takes longer than they save.
_JOBS_BYTES = 16 << 20

# Below this the end comes before a bar could be read.
_PROGRESS_BYTES = 16 << 20


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  inkling replay feed.jsonl\n"
        "  inkling pack feed.jsonl; inkling replay feed.jsonl.parquet\n"
        "  inkling replay monday.feed.zst tuesday.feed.zst --pairs BTC/USD --json\n"
        "  inkling replay feed.jsonl --records | grep signal\n"
        "  inkling replay futures.feed --records --channels ticker,trade --depth 10\n\n"
        "exit status: 0 all was read and proved, 1 a checksum or sequence number failed, or a book\n"
        "ran out of levels, 2 bad input (what could be used of it was)"
    )
    options.add_feed(parser)
    add = parser.add_argument
    add(
        "--records",
        action="store_true",
        help="print the record lines that the board would have sent",
    )
    add(
        "--channels",
        metavar="A,B",
        help="records of these too: ticker, trade, ohlc, spread (default: those of the settings, none)",
    )
    add("--json", action="store_true", help="the summary as one JSON object")
    add(
        "--jobs",
        type=_jobs,
        metavar="N",
        help="cores to use (default: all of them, for a small feed one); nothing else depends on it",
    )


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_JOBS:
        raise argparse.ArgumentTypeError(f"{text}: a number from 1 to {_MOST_JOBS}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Replay the files; raises UserError for what a person can mend, after all that could be replayed."""
    feed = [captures.open_feed(path) for path in args.files]
    settings = options.settings(args)
    if args.channels is not None:
        given = {"dialect": settings["dialect"], "channels": args.channels.split(",")}
        settings["channels"] = options.checked(given)["channels"]
    wanted = options.pairs(args.pairs, settings["dialect"])
    engine = Engine(settings, wanted, args.depth)
    jobs = args.jobs or (ahead.cores() if _size(feed) >= _JOBS_BYTES else 1)
    for decoded in {jobs > 1 or not isinstance(capture, Capture) for capture in feed}:
        engine.load(decoded)
    complaint = None
    began = time.perf_counter()
    try:
        _replay(engine, feed, jobs, sys.stdout.buffer if args.records else None)
    except UserError as error:
        # A damaged file: what stood before the damage has been replayed and is worth showing.
        complaint = error
    seconds = time.perf_counter() - began
    to = sys.stderr if args.records else sys.stdout
    if args.json:
        print(json.dumps(summary.of(engine, seconds)), file=to)
    elif engine.pairs or engine.market:
        summary.show(engine, seconds, to)
    _hint(engine, args.depth)
    if complaint := complaint or _complaint(engine, args.files, wanted):
        raise complaint
    return EXIT_FAILED if engine.counter(counters.BAD) else 0


def _replay(engine: Engine, feed: "list[Capture | Pack]", jobs: int, sink) -> None:
    with _progress(_size(feed), with_records=sink is not None) as bar:
        task = bar.add_task("replaying", total=_size(feed)) if bar else None
        before = 0
        now = None
        for part in ahead.parts(feed, engine.dialect, jobs):
            if part.capture is not now:
                before += now.raw_size if now else 0
                now = part.capture
                engine.begin_file(str(now.path))
            for records in engine.feed(part.chunk):
                if sink:
                    sink.write(records)
            if bar:
                bar.update(task, completed=before + part.raw_bytes)
        if sink:
            sink.flush()


def _size(feed: "list[Capture | Pack]") -> int:
    return sum(capture.raw_size for capture in feed)


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
    """What a book of another depth than the recorded one comes to."""
    others = [p.symbol for p in engine.pairs if depth and engine.depths[p.symbol] != depth]
    if others:
        # It loses its levels and fails.
        said = engine.depths[others[0]]
        _say(f"--depth {depth}, but the feed of {', '.join(others)} is of depth {said}")
    if thin := [pair.symbol for pair in engine.pairs if pair.why == "thin"]:
        _say(
            f"{', '.join(thin)} ran out of levels: a board would ask for a new snapshot,"
            " a recording of whole books has none; try a greater --depth"
        )


def _say(text: str) -> None:
    print(f"inkling replay: {text}", file=sys.stderr)


def _complaint(engine: Engine, files: list[str], wanted: list[str] | None) -> UserError | None:
    """What of the input could not be used, if anything."""
    names = ", ".join(Path(file).name for file in files)
    if not engine.depths and not engine.market:
        for file in files:
            if (spoken := captures.dialect(file)) not in (None, engine.dialect.name):
                told, read = options.words(spoken), options.words(engine.dialect.name)
                return UserError(f"{file}: this is {told}; it was read as {read}")
        if engine.first_malformed:
            file, line, why = engine.first_malformed
            return UserError(
                f"{file}: not a feed of {options.words(engine.dialect.name)} (line {line}: {why})"
            )
    if wanted and (missing := [pair for pair in wanted if pair not in engine.depths]):
        known = ", ".join(sorted(engine.depths)) or "none"
        return UserError(f"{names}: no snapshot of {', '.join(missing)}; the feed has {known}")
    found = list(_faults(engine))
    if not engine.pairs and not engine.market and not found:
        found.append("no book in it; record the book channel with its snapshot")
    return UserError(f"{names}: {'; '.join(found)}") if found else None


def _faults(engine: Engine) -> Iterator[str]:
    if engine.first_malformed:
        file, line, why = engine.first_malformed
        count = summary.some(engine.malformed, "malformed frame")
        yield f"{count} skipped, the first in {file} line {line} ({why})"
    if engine.first_garbage:
        file, line = engine.first_garbage
        yield f"{summary.some(engine.garbage, 'line')} not of a feed, the first in {file} line {line}"
    if engine.unfollowed:
        count = summary.some(len(engine.unfollowed), "pair")
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
        yield f"{summary.some(engine.early, 'update')} came before {what} not used"
