"""Shows what a soak found: checks, a table of faults, curves; on a terminal, in plain text, as a picture."""

import io
import sys
from pathlib import Path

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from host.errors import UserError
from host.soak.verdict import Curve, Report

_BLOCKS = "▁▂▃▄▅▆▇█"
_OK = {True: "yes", False: "NO", None: "-"}
_COLOURS = {True: "green", False: "red", None: "yellow"}
_CHECKS = ("holds", "what", "found")
_FAULTS = ("fault", "times", "LIVE again", "median s", "most s", "of it backoff", "the board says")
_PICTURE_WIDTH = 150


def show(reports: list[Report]) -> None:
    """On standard output."""
    if sys.stdout.isatty():
        console = Console()
        for report in reports:
            console.print(_rich(report))
        return
    for report in reports:
        print("\n".join(_plain(report)))


def write_picture(reports: list[Report], path: Path) -> None:
    """As an SVG; raises UserError if that cannot be written."""
    console = Console(file=io.StringIO(), record=True, width=_PICTURE_WIDTH)
    for report in reports:
        console.print(_rich(report))
    try:
        path.write_text(console.export_svg(title="inkling soak"), encoding="utf-8")
    except OSError as error:
        raise UserError(f"--picture {path}: cannot be written ({error.strerror})") from None


def verdict(report: Report) -> str:
    """One line."""
    if report.interrupted:
        return f"{report.title}: interrupted"
    failed = [check.what for check in report.checks if check.ok is False]
    return f"{report.title}: " + (f"FAILED: {'; '.join(failed)}" if failed else "passed")


def _rich(report: Report) -> Group:
    checks = Table(box=box.SIMPLE_HEAD)
    for heading in _CHECKS:
        checks.add_column(heading)
    for check in report.checks:
        colour = _COLOURS[check.ok]
        checks.add_row(Text(_OK[check.ok], colour), Text(check.what), Text(check.found))
    parts: list = [Text(report.title, "bold"), checks]
    if report.faults:
        faults = Table(box=box.SIMPLE_HEAD)
        for place, heading in enumerate(_FAULTS):
            faults.add_column(heading, justify="right" if 1 <= place <= 5 else "left")
        for cells in _fault_cells(report):
            faults.add_row(*map(Text, cells))
        parts.append(faults)
    parts += [Text(_curve(curve)) for curve in report.curves if curve.values]
    parts += [Text(note) for note in report.notes]
    colour = "red" if not report.passed else "yellow" if report.interrupted else "green"
    return Group(*parts, Text(verdict(report), f"bold {colour}"))


def _plain(report: Report) -> list[str]:
    checks = [(_OK[check.ok], check.what, check.found) for check in report.checks]
    lines = [report.title, "", *_columns([_CHECKS, *checks])]
    if report.faults:
        lines += ["", *_columns([_FAULTS, *_fault_cells(report)])]
    lines += ["", *(_curve(curve) for curve in report.curves if curve.values)]
    return [*lines, *report.notes, verdict(report), ""]


def _fault_cells(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            row.name,
            f"{row.times}" if row.struck == row.times else f"{row.struck} of {row.times}",
            f"{row.recovered}",
            f"{row.median_s:.2f}",
            f"{row.most_s:.2f}",
            f"{row.waited_s:.2f}",
            ", ".join(row.words),
        )
        for row in report.faults
    ]


def _columns(lines: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _curve(curve: Curve) -> str:
    known = [value for value in curve.values if value is not None]
    low, high = min(known), max(known)
    scale = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
    blocks = "".join(
        " " if value is None else _BLOCKS[round((value - low) * scale)] for value in curve.values
    )
    return f"{curve.name:<18}{blocks}  {low:,.4g} to {high:,.4g} {curve.unit}"
