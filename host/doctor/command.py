"""`inkling doctor`: one page of truth about this PC and the board on it, each line with its remedy."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from host.doctor.finding import Finding
from host.monitor.safe_text import safe_text

EXIT_BAD = 1
_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_WHAT_WIDTH = 14


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = "Print one page of truth about this PC and the board plugged into it."
    parser.epilog = (
        "examples:\n  inkling doctor\n  inkling doctor --port /dev/ttyUSB0 --json\n\n"
        "The application is stopped while the board is examined, and the board is restarted at the\n"
        "end. Nothing is written to it. Every line says ok, warn or fail; warn and fail end with what\n"
        "to do. Exit status: 0 if nothing failed, 1 if something did, 2 for unusable arguments."
    )
    parser.add_argument(
        "--port",
        metavar="PORT",
        help="the board's port (default: the only board that is plugged in)",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="compare with these settings (default: the checkout's inkling.toml)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the findings as one JSON object"
    )


def run(args: argparse.Namespace) -> int:
    """0 if nothing failed, else 1."""
    from host.board import ports
    from host.doctor import board_checkup, pc_checkup

    if args.port:
        ports.choose(args.port)  # an address that is none is bad input, not a finding
    found: list[Finding] = []
    page = _Page(args.json)
    for finding in pc_checkup.findings(args.config):
        found.append(finding)
        page.add(finding)
    with page.waiting() as wait:
        for finding in board_checkup.findings(args.port, args.config, wait):
            found.append(finding)
            page.add(finding)
    bad = any(each.state == "fail" for each in found)
    if args.json:
        print(json.dumps({"ok": not bad, "findings": [asdict(each) for each in found]}))
    else:
        page.end(found)
    return EXIT_BAD if bad else 0


class _Page:
    """Prints each finding as it is made."""

    def __init__(self, quiet: bool) -> None:
        from rich.console import Console

        self._quiet = quiet
        self._console = Console(highlight=False, soft_wrap=True)
        # One console for both where both are the same terminal: it moves the spinner aside.
        self._status: Console | None = None
        if sys.stdout.isatty() and not quiet:
            self._status = self._console
        elif sys.stderr.isatty():
            self._status = Console(stderr=True)

    @contextmanager
    def waiting(self) -> Iterator:
        """What is waited for, on a terminal, until the next finding."""
        if self._status is None:
            yield lambda text: None
            return
        with self._status.status("") as status:
            yield lambda text: status.update(f"{text} ...")

    def add(self, finding: Finding) -> None:
        from rich.text import Text

        if self._quiet:
            return
        line = Text.assemble(
            (f"{finding.state:<5}", _STYLES[finding.state]),
            (f"{finding.what:<{_WHAT_WIDTH}} ", "bold"),
            safe_text(finding.said),  # a board may say anything
        )
        if finding.remedy:
            line.append(f"; {finding.remedy}", _STYLES["warn"])
        self._console.print(line)

    def end(self, found: list[Finding]) -> None:
        counts = {state: sum(each.state == state for each in found) for state in _STYLES}
        said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        self._console.print(f"\n{said}")
