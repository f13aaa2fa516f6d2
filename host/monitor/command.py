"""`inkling monitor`: what the board on a serial port says, live, and kept if asked."""

import argparse
import sys
from contextlib import ExitStack, closing
from pathlib import Path

from host.arguments import positive_seconds
from host.errors import UserError
from host.monitor.log import FILE_BYTES, FILES_KEPT, Log


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = "Show what the board on a serial port says, live."
    parser.epilog = (
        "examples:\n  inkling monitor\n  inkling monitor --port /dev/ttyUSB0 --log logs\n"
        "  inkling monitor --json | jq -c 'select(.k == \"signal\")'\n"
        "  inkling monitor --port rfc2217://127.0.0.1:4000\n\n"
        "keys:\n  r restarts the board; q or Ctrl-] leaves, and the board goes on"
    )
    add = parser.add_argument
    add(
        "--port",
        metavar="PORT",
        help="a serial device, rfc2217://HOST:PORT or socket://HOST:PORT "
        "(default: the only board that is plugged in)",
    )
    add(
        "--log",
        type=Path,
        metavar="DIR",
        help=f"also keep every byte received, in files of {FILE_BYTES >> 20} MB in DIR; "
        f"the newest {FILES_KEPT} stay",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--plain", action="store_true", help="plain lines, also on a terminal")
    form.add_argument(
        "--json",
        action="store_true",
        help="the records only, one JSON object a line; other text goes to standard error",
    )
    add(
        "--seconds",
        type=positive_seconds,
        metavar="N",
        help="leave after N seconds (default: at q, Ctrl-] or Ctrl-C)",
    )
    add("--picture", type=Path, metavar="FILE", help="save the last view as an SVG picture")


def run(args: argparse.Namespace) -> int:
    """Watch until the user or the time ends it; raises UserError if the port cannot be opened."""
    from host.board import ports
    from host.board.claim import claim
    from host.monitor.picture import check_picture
    from host.monitor.serial_source import SerialSource
    from host.monitor.show import show

    if args.picture:
        check_picture(args.picture)
    port = ports.choose(args.port)
    with ExitStack() as stack:
        log = stack.enter_context(closing(Log(args.log))) if args.log else None
        stack.enter_context(claim(port))  # the port is free for a moment between a flash's tools
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
