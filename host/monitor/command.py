"""`inkling monitor`: what the board on a serial port says, live, and kept if asked."""

import argparse
import sys
from contextlib import ExitStack, closing
from pathlib import Path

from host.arguments import positive_seconds
from host.errors import UserError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling monitor\n  inkling monitor --port /dev/ttyUSB0 --log logs\n"
        "  inkling monitor --json | jq -c 'select(.k == \"signal\")'\n"
        "  inkling monitor --port rfc2217://127.0.0.1:4000\n\n"
        "keys:\n  r restarts the board, q or Ctrl-] leaves"
    )
    add = parser.add_argument
    add("--port", metavar="PORT", help="device, rfc2217:// or socket:// (default: the one board)")
    add(
        "--log",
        type=Path,
        metavar="DIR",
        help="keep everything received: files of 8 MB, the newest 16",
    )
    add("--plain", action="store_true", help="plain lines also on a terminal")
    add(
        "--json",
        action="store_true",
        help="the records, one JSON object a line; other text: stderr",
    )
    add(
        "--seconds",
        type=positive_seconds,
        metavar="N",
        help="end after so long (default: q, Ctrl-] or Ctrl-C ends it)",
    )
    add("--picture", type=Path, metavar="FILE", help="keep the last view as an SVG picture")


def run(args: argparse.Namespace) -> int:
    """Watch until the user or the time ends it; raises UserError if the port cannot be opened."""
    from host.board import ports
    from host.monitor.log import Log
    from host.monitor.picture import check_picture
    from host.monitor.serial_source import SerialSource
    from host.monitor.show import show

    if args.picture:
        check_picture(args.picture)
    port = ports.choose(args.port)
    with ExitStack() as stack:
        log = stack.enter_context(closing(Log(args.log))) if args.log else None
        source = stack.enter_context(closing(SerialSource(port, log)))
        summary = show(
            source,
            title=port,
            mode="json" if args.json else "plain" if args.plain else "auto",
            seconds=args.seconds,
            picture=args.picture,
        )
    print(summary, file=sys.stderr if args.json else sys.stdout)
    if summary.picture_error:
        raise UserError(summary.picture_error)
    return 0
