"""`inkling flash`: from a bare chip, or an older state, to a board that runs this checkout."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from host.board import uploader as uploaders
from host.flash.chip import WRITE_BAUD

EXIT_BAD = 1


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling flash\n  inkling flash --port /dev/ttyUSB0 --uploader ampy\n"
        "  inkling flash --firmware ESP32_GENERIC.bin\n\n"
        "Only what differs is sent; the old application stays until the new one is whole. Wi-Fi\n"
        "comes from INKLING_WIFI_SSID and INKLING_WIFI_PASSWORD, or is asked for when the board\n"
        "knows none. Exit status: 0 the board runs and has reached the exchange, 1 it runs but\n"
        "has not, 2 it could not be flashed."
    )
    add = parser.add_argument
    add("--port", metavar="PORT", help="the board's port (default: the only one there is)")
    add("--firmware", metavar="FILE", help="a MicroPython image instead of the pinned release")
    add(
        "--uploader",
        choices=uploaders.NAMES,
        default=uploaders.NAMES[0],
        help="the tool that sends the files (%(default)s)",
    )
    add(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings (default: inkling.toml of the checkout)",
    )
    add(
        "--baud",
        type=int,
        default=WRITE_BAUD,
        metavar="N",
        help="speed while MicroPython is written (%(default)s)",
    )
    add("--yes", action="store_true", help="ask nothing; replace another project's main.py")
    add("--json", action="store_true", help="the outcome as one JSON object")
    add("--verbose", action="store_true", help="also what esptool and the uploader say")


def run(args: argparse.Namespace) -> int:
    """0 when the board has reached the exchange, 1 when it says why it has not; else UserError."""
    from host.board import ports, tool
    from host.board.claim import claim
    from host.flash.flashing import flash

    port = ports.choose(args.port)
    with claim(port):
        transcript = tool.Transcript(echo=args.verbose)
        try:
            outcome = flash(args, port, transcript)
        finally:
            transcript.close()
    if args.json:
        print(json.dumps(asdict(outcome), default=float))
    elif outcome.ok:
        print(f"The board runs and is {outcome.line}. Watch it: inkling monitor --port {port}")
    if not outcome.ok:
        print(f"inkling flash: {port}: {outcome.line}", file=sys.stderr)
    return 0 if outcome.ok else EXIT_BAD
