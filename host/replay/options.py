"""What a command that replays recorded feeds is told: files, dialect, pairs, depth, a board's settings."""

import argparse

from firmware import config
from host import captures
from host.errors import UserError
from host.replay.dialects import DIALECTS
from host.replay.engine import DEPTHS


def add_feed(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which feeds are replayed, and how."""
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="captures of spot v2, spot v1 or futures v1, one feed in this order; .gz and .zst too",
    )
    add(
        "--dialect",
        choices=DIALECTS,
        help="what the feed speaks (default: as its first frames say)",
    )
    add(
        "--pairs", metavar="A,B", help="only these pairs (default: every pair that has a snapshot)"
    )
    add(
        "--depth",
        type=int,
        choices=DEPTHS,
        help="levels a side (default: what the feed says; futures have whole books: 1000)",
    )
    add(
        "--config",
        metavar="FILE",
        help="thresholds and channels from a board's config.json (default: its defaults)",
    )


def settings(args: argparse.Namespace) -> dict:
    """A board's settings for these feeds; raises UserError."""
    try:
        found = config.load(args.config) if args.config else config.check({})
    except OSError as error:
        raise UserError(str(error)) from None
    found["dialect"] = args.dialect or _dialect(args.files) or found["dialect"]
    return found


def checked(given: dict) -> dict:
    """Settings as a board would take them; raises UserError."""
    try:
        return config.check(given)
    except config.ConfigError as error:
        raise UserError(str(error)) from None


def pairs(names: str | None, dialect: str) -> list[str] | None:
    """The pairs by the names that are shown, however they were spelled; raises UserError."""
    if names is None:
        return None
    return [
        checked({"dialect": dialect, "pairs": [name]})["pairs"][0] for name in names.split(",")
    ]


def _dialect(files: list[str]) -> str | None:
    """What all the files speak, as far as they tell; raises UserError where they do not agree."""
    told = {file: spoken for file in files if (spoken := captures.dialect(file))}
    for file, spoken in told.items():
        first = next(iter(told))
        if spoken != told[first]:
            raise UserError(
                f"{file} is of {words(spoken)}, but {first} of {words(told[first])}:"
                " replay one dialect at a time"
            )
    return next(iter(told.values()), None)


def words(dialect: str) -> str:
    """A dialect as people call it."""
    return f"Kraken's {dialect.replace('_', ' ')}"
