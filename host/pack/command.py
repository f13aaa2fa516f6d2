"""`inkling pack`: recorded feeds into columns, which are replayed without reading a text again."""

import argparse
from pathlib import Path

from host import captures
from host.errors import UserError
from host.progress import Progress
from host.replay import options
from host.replay.dialects import DIALECTS

SUFFIX = ".parquet"

# A part of the bar.


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  inkling pack monday.feed.zst\n"
        "  inkling replay monday.feed.parquet --records\n\n"
        "A pack stands beside its recording, as FILE.parquet without .gz or .zst. A replay of it\n"
        "says the same as one of the recording, byte for byte; docs/packing.md says what is in it.\n\n"
        "exit status: 0 all is packed, 2 bad input (what could be used of it was packed)"
    )
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="recordings of spot v2, spot v1 or futures v1; .gz and .zst too",
    )
    add("--out", type=Path, metavar="FILE.parquet", help="where the pack goes, of a single FILE")
    add(
        "--dialect",
        choices=DIALECTS,
        help="what the feeds speak (default: as their first frames say)",
    )


def run(args: argparse.Namespace) -> int:
    """Pack the files; raises UserError for what a person can mend."""
    if args.out and len(args.files) > 1:
        raise UserError("--out names the pack of one recording; leave it out for several")
    # Its import takes a sixth of a second.
    from host.pack import writer

    for file in args.files:
        source = Path(file)
        path = args.out or _beside(source)
        dialect = args.dialect or captures.dialect(source)
        if dialect is None:
            raise UserError(f"{file}: its first frames do not say what it speaks: name --dialect")
        size = captures.open_bytes(source).raw_size
        with Progress().reading(f"Packing {source.name}", size) as tell:
            written = writer.write(source, DIALECTS[dialect], path, tell)
        lines = written.lines - written.messages
        print(
            f"{path}: {written.messages:,} messages of {options.words(dialect)} with"
            f" {written.levels:,} levels, {lines:,} other lines as they were, {written.bytes:,} bytes"
        )
        if written.damage:
            raise UserError(f"{file}: {written.damage}")
    return 0


def _beside(source: Path) -> Path:
    plain = source.with_suffix("") if source.suffix in (".gz", ".zst") else source
    return plain.with_name(plain.name + SUFFIX)
