"""`inkling study`: recorded feeds, and whether any of the signals in them is true."""

import argparse
import json
import math
import re
import sys
from pathlib import Path

from host import captures
from host.errors import UserError
from host.progress import Progress
from host.replay import engine as counters
from host.replay import options
from host.replay.engine import Engine
from host.study import as_json, page, table
from host.study.gather import Recording, engine_for, gather
from host.study.results import study

EXIT_FAILED = 1

_HORIZONS = "100ms,1s,10s,1m"
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}
_LONGEST_MS = 24 * 3_600_000


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  inkling study monday.feed.zst tuesday.feed.zst --html study.html\n"
        "  inkling study feed.jsonl --fee-bps 26 --pairs BTC/USD,ETH/USD\n"
        "  inkling study feed.jsonl --horizons 50ms,500ms,5s --json\n\n"
        "A fee is what your account pays for a deal, in bps (0.26 % are 26); without one the net\n"
        "move is that before any fee. docs/study.md says what the numbers mean.\n\n"
        "exit status: 0 all was read and proved, 1 a checksum or sequence number failed (what\n"
        "followed it is left out), 2 bad input (what could be used of it was studied)"
    )
    options.add_feed(parser)
    add = parser.add_argument
    add(
        "--horizons",
        type=_horizons,
        default=_HORIZONS,
        metavar="A,B",
        help="when to look at the mid (%(default)s)",
    )
    add(
        "--fee-bps",
        type=_fee,
        default=0.0,
        metavar="N",
        help="of a deal (0: as if there were none)",
    )
    add("--html", type=Path, metavar="FILE", help="write the study as a page with pictures, too")
    add("--json", action="store_true", help="all the numbers as one JSON object, not the table")


def _horizons(text: str) -> list[int]:
    found = set()
    for part in text.split(","):
        told = re.fullmatch(r"(\d+(?:\.\d+)?)([a-z]+)", part.strip())
        ms = float(told[1]) * _UNITS_MS.get(told[2], 0) if told else 0
        if not 1 <= ms <= _LONGEST_MS:
            raise argparse.ArgumentTypeError(f"{part}: times such as 100ms, 1s or 1m, up to 24h")
        found.add(round(ms))
    return sorted(found)


def _fee(text: str) -> float:
    try:
        fee = float(text)
    except ValueError:
        fee = math.nan
    if not math.isfinite(fee):
        raise argparse.ArgumentTypeError(f"{text}: a number of basis points")
    return fee


def run(args: argparse.Namespace) -> int:
    """Study the files; raises UserError for what a person can mend, after all that could be used."""
    feed = [captures.open_feed(path) for path in args.files]
    if args.html:
        page.check(args.html)
    settings = options.settings(args)
    wanted = options.pairs(args.pairs, settings["dialect"])
    engine = engine_for(settings, wanted, args.depth)
    size = sum(capture.raw_size for capture in feed)
    with Progress().reading("Reading the feed", size) as tell:
        recording, damage = gather(engine, feed, tell)
    complaint = damage or _complaint(engine, recording, args.files, wanted)
    if not len(recording.signals):
        raise complaint or UserError(
            f"{_names(args.files)}: no signal in it; docs/study.md says why"
        )
    found = study(recording, args.horizons, args.fee_bps)
    if args.json:
        print(json.dumps(as_json.of(found, engine, args.files)))
    else:
        table.show(found, sys.stdout)
    if args.html:
        page.write(found, args.files, args.html)
        print(f"inkling study: the page is {args.html}", file=sys.stderr)
    elif sys.stdout.isatty() and not args.json:
        print("\n--html study.html makes a page of it, with pictures")
    if complaint:
        raise complaint
    failed = engine.counter(counters.BAD)
    if failed:
        messages = "message was" if failed == 1 else "messages were"
        print(f"inkling study: {failed:,} {messages} not proved", file=sys.stderr)
    return EXIT_FAILED if failed else 0


def _names(files: list[str]) -> str:
    return ", ".join(Path(file).name for file in files)


def _complaint(
    engine: Engine, recording: Recording, files: list[str], wanted: list[str] | None
) -> UserError | None:
    """What of the input could not be used, if anything; `inkling replay` tells it line by line."""
    names = _names(files)
    missing = [pair for pair in wanted or () if pair not in recording.pairs]
    if missing:
        known = ", ".join(sorted(engine.depths)) or "none"
        return UserError(f"{names}: no book of {', '.join(missing)}; the feed has {known}")
    if not recording.pairs:
        return UserError(f"{names}: no book could be built from it; inkling replay says why")
    unread = engine.malformed + engine.garbage
    if unread:
        lines = "line" if unread == 1 else "lines"
        return UserError(
            f"{names}: {unread:,} {lines} could not be read; inkling replay says which"
        )
    return None
