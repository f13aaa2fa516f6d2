"""`inkling model`: builds the board model if need be, and says where it is and what it models."""

import argparse
import json

from host.boardmodel import probe
from host.boardmodel.build import board_model


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "examples:\n  inkling model\n  inkling model --rebuild"
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rebuild", action="store_true", help="build again, cached or not")


def run(args: argparse.Namespace) -> int:
    binary = board_model(rebuild=args.rebuild)
    traits = probe.examine(binary)
    if args.json:
        print(json.dumps({"path": str(binary), **traits}))
    else:
        print(binary)
        print(f"MicroPython {traits['version']} with what the firmware meets on an ESP32:")
        for text in probe.TRAITS.values():
            print(f"  {text}")
    return 0
