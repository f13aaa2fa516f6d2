"""The one table of the bench: rows with a ratio and its spread; rich on a terminal, plain elsewhere, or JSON."""

import json
import statistics
import sys
from dataclasses import dataclass, field

_HEADINGS = ("what", "ours", "reference", "ratio (quartiles)", "target", "ok?")
_OK = {True: "yes", False: "NO", None: ""}


@dataclass
class Figure:
    """A measured or counted value with its unit, and what it belongs to if that is not Inkling."""

    value: float
    unit: str
    of: str = ""

    def __str__(self) -> str:
        whole = self.value >= 100 or self.value == 0
        number = f"{self.value:,.0f}" if whole else f"{self.value:.3g}"
        return " ".join(part for part in (number, self.unit, self.of) if part)


@dataclass
class Row:
    """One comparison; `ratios` are ours by the reference, one for each round."""

    what: str
    ours: Figure
    reference: Figure | None = None
    ratios: list[float] = field(default_factory=list)
    target: str = ""
    ok: bool | None = None

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """The quartiles: half of all rounds lie between them."""
        if len(self.ratios) < 2:
            return None
        low, _, high = statistics.quantiles(self.ratios, n=4, method="inclusive")
        return low, high

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.3f}"
        if self.spread:
            ratio += " ({:.3f} to {:.3f})".format(*self.spread)
        return (
            self.what,
            str(self.ours),
            str(self.reference or ""),
            ratio,
            self.target,
            _OK[self.ok],
        )

    def as_dict(self) -> dict:
        return {
            "what": self.what,
            "ours": self.ours.value,
            "unit": self.ours.unit,
            "reference": self.reference and self.reference.value,
            "reference_is": self.reference and self.reference.of,
            "ratio": self.ratio,
            "ratio_quartiles": self.spread,
            "target": self.target,
            "ok": self.ok,
        }


def print_json(rows: list[Row], machine: dict[str, str], notes: list[str]) -> None:
    """One object: machine, rows, notes."""
    print(
        json.dumps(
            {"machine": machine, "rows": [row.as_dict() for row in rows], "notes": notes},
            indent=1,
        )
    )


def print_table(rows: list[Row], machine: dict[str, str], notes: list[str]) -> None:
    """The table, then the machine and the notes."""
    if sys.stdout.isatty():
        _print_rich(rows)
    else:
        _print_plain(rows)
    print()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    for note in notes:
        print(f"- {note}")


def _print_rich(rows: list[Row]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for place, heading in enumerate(_HEADINGS):
        table.add_column(heading, overflow="fold", no_wrap=place in (3, 5))
    for row in rows:
        *cells, ok = row.cells()
        table.add_row(*cells, f"[{'red' if row.ok is False else 'green'}]{ok}[/]")
    Console().print(table)


def _print_plain(rows: list[Row]) -> None:
    lines = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEADINGS))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())
