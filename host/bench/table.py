"""The one table of the bench: figures, what they are compared with, and whether they are good enough; or JSON."""

import json
import statistics
import sys
import textwrap
from dataclasses import dataclass, field

_HEADINGS = ("what", "ours", "reference", "ratio (quartiles)", "target", "ok?")
_WIDEST_WHY = 30
_OK = {True: "yes", False: "NO", None: ""}


@dataclass
class Figure:
    """A measured or counted value with its unit, and what it belongs to if that is not Inkling."""

    value: float
    unit: str
    of: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (shown(self.value), self.unit, self.of) if part)


def shown(value: float) -> str:
    """Three digits, or a whole number."""
    whole = abs(value) >= 100 or value == int(value)
    return f"{value:,.0f}" if whole else f"{value:.3g}"


@dataclass(frozen=True)
class Target:
    """What the project has set itself: a bound of our value, or of its ratio to the reference."""

    bound: float
    is_ratio: bool = False
    is_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.is_least else value <= self.bound

    def __str__(self) -> str:
        what = "ratio " if self.is_ratio else ""
        bound = shown(self.bound)
        return f"{what}{'>=' if self.is_least else '<='} {bound}" if self.bound else bound


@dataclass
class Row:
    """One line; `ratios` are ours by the reference, one for each round. Without `ours`, `why` says why not."""

    what: str
    ours: Figure | None = None
    reference: Figure | None = None
    ratios: list[float] = field(default_factory=list)
    targets: tuple[Target, ...] = ()
    why: str = ""

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

    @property
    def ok(self) -> bool | None:
        """Whether all targets are met; None where there are none, or nothing to hold against one."""
        known = [(target, self._against(target)) for target in self.targets]
        values = [target.holds(value) for target, value in known if value is not None]
        if len(values) < len(known):
            return False if False in values else None
        return all(values) if values else None

    def _against(self, target: Target) -> float | None:
        if target.is_ratio:
            return self.ratio
        return None if self.ours is None else self.ours.value

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else shown(self.ratio)
        if self.spread:
            ratio += " ({}..{})".format(*map(shown, self.spread))
        return (
            self.what,
            "not measured" if self.ours is None else str(self.ours),
            str(self.reference or "")
            or textwrap.shorten(self.why, _WIDEST_WHY, placeholder=" ..."),
            ratio,
            ", ".join(map(str, self.targets)),
            _OK[self.ok],
        )

    def as_dict(self) -> dict:
        return {
            "what": self.what,
            "ours": self.ours and self.ours.value,
            "unit": self.ours and self.ours.unit,
            "reference": self.reference and self.reference.value,
            "reference_is": self.reference and self.reference.of,
            "ratio": self.ratio,
            "ratio_quartiles": self.spread,
            "targets": [vars(target) for target in self.targets],
            "ok": self.ok,
            "why": self.why,
        }


@dataclass
class Part:
    """What one part of the bench found, with what a reader has to know of it."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tables: dict[str, list[dict]] = field(default_factory=dict)
    """Further tables by their titles, a dict for each line."""

    def __iadd__(self, other: "Part") -> "Part":
        self.rows += other.rows
        self.notes += other.notes
        self.tables |= other.tables
        return self


def undisturbed(times: list[int]) -> float:
    """Their mean but for the slowest tenth: a PC that does other things interrupts some."""
    ordered = sorted(times)
    return statistics.fmean(ordered[: len(ordered) - len(ordered) // 10])


def compared(
    what: str, unit: str, ours: list[float], reference: list[float], of: str, *targets: Target
) -> Row:
    """The medians of two series, a value a round of each, and the ratios in the same rounds."""
    return Row(
        what,
        Figure(statistics.median(ours), unit),
        Figure(statistics.median(reference), unit, of),
        [mine / theirs for mine, theirs in zip(ours, reference, strict=True)],
        targets,
    )


def as_dict(part: Part, machine: dict[str, str]) -> dict:
    return {
        "machine": machine,
        "rows": [row.as_dict() for row in part.rows],
        "notes": part.notes,
        **part.tables,
    }


def print_json(part: Part, machine: dict[str, str]) -> None:
    """One object: machine, rows, notes, and each further table."""
    print(json.dumps(as_dict(part, machine), indent=1))


def print_table(part: Part, machine: dict[str, str]) -> None:
    """The table, then the further ones, the machine and the notes."""
    lines = [row.cells() for row in part.rows]
    if sys.stdout.isatty():
        _print_rich(part.rows)
    else:
        _print_plain([_HEADINGS, *lines])
    for title, table in part.tables.items():
        print(f"\n{title}")
        _print_plain([tuple(table[0]), *(tuple(map(_cell, line.values())) for line in table)])
    print()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    why = [f"{row.what}: {row.why}." for row in part.rows if row.why]
    for note in (*part.notes, *dict.fromkeys(why)):
        print(f"- {note}")


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


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


def _print_plain(lines: list[tuple[str, ...]]) -> None:
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())
