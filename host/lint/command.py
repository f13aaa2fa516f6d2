"""`inkling lint`: checks kernels and conductors against the kernel language; status 1 if a rule is broken."""

import argparse
import json
from pathlib import Path

from host import ROOT
from host.lint.check import FOLDERS, check

EXIT_FINDINGS = 1


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "examples:\n  inkling lint\n  inkling lint firmware/kernels/book.py --json"
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="file or folder (firmware/ and lib/)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    report = check(args.paths or [ROOT / folder for folder in FOLDERS])
    if args.json:
        findings = [finding._asdict() for finding in report.findings]
        print(json.dumps({**report._asdict(), "findings": findings}))
    else:
        for finding in report.findings:
            print(finding)
        print(
            f"kernel language: {report.kernels} kernels, {report.conductors} conductors, "
            f"{len(report.findings)} findings"
        )
    return EXIT_FINDINGS if report.findings else 0
