"""What a soak found: checks that hold or not, a line a fault, curves; all of it as data."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from host.soak.bench import Bench, Outcome
    from host.soak.story import Sample

BLACK_BOX_BYTES = 128 * 1024
"""The default of the setting blackbox_kb."""

# What is free may move by this between the first quarter of a boot and its last.
_SINKING_BYTES = 256
_FEWEST_SAMPLES = 20
_CRASH = "crash"
_STARVED = re.compile("memory|heap|MemoryError")
# Points of a curve.
_POINTS = 60


@dataclass(frozen=True)
class Check:
    """`ok` is None when there was not enough to tell."""

    what: str
    ok: bool | None
    found: str


@dataclass(frozen=True)
class FaultRow:
    """A fault, all times that it struck."""

    name: str
    times: int
    struck: int
    recovered: int
    median_s: float
    most_s: float
    waited_s: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    """A value over the time of the soak; None where there was none."""

    name: str
    values: list[float | None]
    unit: str


@dataclass
class Report:
    title: str
    checks: list[Check]
    faults: list[FaultRow] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    figure: str = ""
    """For the plot (plot.py)."""

    @property
    def passed(self) -> bool:
        return all(check.ok is not False for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        told = {"passed": self.passed, **asdict(self)}
        del told["figure"]
        return told


def common_checks(benches: "Sequence[Bench]") -> list[Check]:
    """What must hold of every soak."""
    stories = [bench.story for bench in benches]
    prices = sum(story.prices for story in stories)
    wrong = sum(story.wrong_count for story in stories)
    restarts = [restart for story in stories for restart in story.restarts]
    causes = Counter(restart.cause or "no cause" for restart in restarts)
    starved = sum(1 for each in restarts if each.cause and _STARVED.search(each.cause))
    bad = [each for each in restarts if not each.cause or each.cause.startswith(_CRASH)]
    lines = [line for story in stories for line in story.other_lines]
    box = max((bench.black_box_bytes for bench in benches), default=0)
    checks = [
        Check(
            "no wrong book called LIVE",
            wrong == 0 if prices else None,
            f"{prices:,} best prices told, {wrong:,} not the market's",
        ),
        Check(
            "no restart without a cause, no crash",
            not bad and not lines,
            (", ".join(f"{cause} {count}" for cause, count in causes.items()) or "no restarts")
            + (f"; not a record: {lines[0]}" if lines else ""),
        ),
        Check("no restart for want of memory", not starved, f"{starved}"),
        _heap_check(stories_samples(benches)),
        Check(
            "the black box stays within its bound",
            box <= BLACK_BOX_BYTES,
            f"{box:,} of {BLACK_BOX_BYTES:,} bytes",
        ),
    ]
    monitors = [bench.monitor for bench in benches if bench.monitor]
    if monitors:
        lines = sum(monitor.lines for monitor in monitors)
        trouble = next((monitor.trouble for monitor in monitors if monitor.trouble), None)
        found = trouble or f"all {lines:,} lines, every signal, the same states"
        checks.append(Check("the monitor lives, and agrees", not trouble, found))
    return checks


def stories_samples(benches: "Sequence[Bench]") -> "list[list[Sample]]":
    """The samples of each boot in which all books were LIVE: only those compare."""
    boots = []
    for bench in benches:
        samples = bench.story.samples
        for boot in sorted({sample.boot for sample in samples}):
            boots.append([each for each in samples if each.boot == boot and each.is_live])
    return boots


def _heap_check(boots: "list[list[Sample]]") -> Check:
    """Whether there is less free in any boot's last quarter than in its first.

    The median, since what a moment takes (a connection, code that is borrowed) is given back.
    """
    sinks = []
    for samples in boots:
        if len(samples) >= _FEWEST_SAMPLES:
            quarter = len(samples) // 4
            first = round(median(each.free for each in samples[:quarter]))
            last = round(median(each.free for each in samples[-quarter:]))
            sinks.append((first - last, first, last))
    what = "no heap sinking"
    if not sinks:
        return Check(what, None, "too short to tell")
    sink, first, last = max(sinks)
    lowest = min(each.low for samples in boots for each in samples)
    return Check(
        what,
        sink <= _SINKING_BYTES,
        f"free in first and last quarter at worst {first:,} and {last:,}, lowest {lowest:,} bytes",
    )


def curves(benches: "Sequence[Bench]", outcomes: "Sequence[Outcome]") -> list[Curve]:
    """Heap, lag and recoveries over time, of all boards together."""
    samples = [sample for bench in benches for sample in bench.story.samples]
    heap = [(each.at_s, each.free) for each in samples]
    lag = [(each.at_s, each.lag_ms) for each in samples if each.lag_ms is not None]
    found = [
        Curve("free heap, least", _binned(heap, min), "bytes"),
        Curve("lag, most", _binned(lag, max), "ms"),
    ]
    if outcomes:
        recoveries = [(each.at_s, each.to_live_s) for each in outcomes]
        found.append(Curve("to LIVE, longest", _binned(recoveries, max), "s"))
    return found


def _binned(points: list[tuple[float, Any]], pick) -> list[float | None]:
    if not points:
        return []
    begin_s, end_s = min(points)[0], max(points)[0]
    width_s = max((end_s - begin_s) / _POINTS, 1e-9)
    bins: list[list[float]] = [[] for _ in range(_POINTS)]
    for at_s, value in points:
        bins[min(int((at_s - begin_s) / width_s), _POINTS - 1)].append(value)
    return [pick(values) if values else None for values in bins]
