"""Keeps runs of the bench: a line of JSON for each in a committed file, and the pictures that are drawn of it."""

import json
import subprocess
import time
from pathlib import Path

import host
from host.bench import picture
from host.bench.table import Part, Target, shown
from host.cache import write_beside
from host.errors import UserError

HISTORY = host.ROOT / "docs" / "bench-history.jsonl"
_RUNS = "bench.svg"
_QUIET_LOAD = 0.5  # others' work, as the load average before the run has it


def keep(path: Path, part: Part, machine: dict[str, str], pictures: dict[str, str]) -> None:
    """Append a run to `path`, and draw all kept runs and `pictures` beside it. Raises UserError."""
    runs = [*kept(path), entry(part, machine)]
    lines = "".join(json.dumps(run, separators=(",", ":")) + "\n" for run in runs)
    drawn = {_RUNS: drawing(runs), **pictures}
    try:
        write_beside(path, lines.encode())
        for name, text in drawn.items():
            write_beside(path.with_name(name), text.encode())
    except OSError as error:
        raise UserError(
            f"{error.filename or path}: cannot be written ({error.strerror})"
        ) from None


def kept(path: Path) -> list[dict]:
    """The runs so far, the oldest first. Raises UserError for a file that is no history."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return []
    try:
        runs = [json.loads(line) for line in text.splitlines()]
        for run in runs:
            run["time"], run["rows"]
    except (ValueError, TypeError, KeyError):
        raise UserError(f"{path}: is not a history of the bench") from None
    return runs


def entry(part: Part, machine: dict[str, str]) -> dict:
    """A run as it is kept: when, of which commit, on what, and every row as in `--json`."""
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": _commit(),
        "quiet": float(machine["load"]) <= _QUIET_LOAD,
        "machine": machine,
        "rows": [row.as_dict() for row in part.rows],
    }


def _commit() -> str:
    """With a plus if the checkout differs from it; nothing where there is no git."""
    try:
        done = subprocess.run(
            ["git", "-C", host.ROOT, "describe", "--always", "--dirty=+"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def drawing(runs: list[dict]) -> str:
    """Every target of the last run, over all of them."""
    known = [{_key(row): row for row in run["rows"]} for run in runs]
    lines = [
        _line(key, Target(**target), known)
        for key, row in known[-1].items()
        for target in row["targets"]
    ]
    return picture.runs(lines, runs[0]["time"][:10], runs[-1]["time"][:10])


def _key(row: dict) -> tuple[str, str]:
    return row["what"], row["reference_is"] or ""


def _line(key: tuple[str, str], target: Target, known: list[dict]) -> picture.Line:
    of = "ratio" if target.is_ratio else "ours"
    values = [run[key][of] if key in run else None for run in known]
    last = values[-1]
    unit = known[-1][key]["unit"] or ""
    ours = (
        "not measured"
        if last is None
        else shown(last)
        if target.is_ratio
        else f"{shown(last)} {unit}"
    )
    return picture.Line(
        key[0],
        f"{ours} (target: {target}{' to ' + key[1] if target.is_ratio else ''})",
        values,
        target.bound,
        [None if value is None else target.holds(value) for value in values],
    )
