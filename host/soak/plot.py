"""A soak over its time, as an SVG picture: free heap, lag, and how long each fault took to be over."""

import os
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import UserError
from host.study.axes import Axes, Scale, dot, path, round_values
from host.study.style import PICTURE

if TYPE_CHECKING:
    from host.soak.bench import Bench, Outcome
    from host.soak.story import Sample

_AXES = Axes(1000, 190)
_HEAD = 34
_PANEL = 24  # what a panel's title takes
_FIGURE = _HEAD + 3 * (_PANEL + _AXES.height)

_MINUTE_S = 60.0
# What is over at once stands at the bottom; what a board is given up after, near the top.
_LEAST_S, _MOST_S = 0.1, 200.0
# Below the least there is no lag to speak of, and a clock that is wrong shows as the most.
_LEAST_MS, _MOST_MS = 1.0, 90_000.0
# Boards in colours of their own, as many as the style sheet has.
_COLOURS = 6

_STYLE = (
    PICTURE
    + """
svg { background: var(--paper); font: 12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
svg .title { fill: var(--ink); font-weight: 600; font-size: 16px; }
svg .panel { fill: var(--ink); font-weight: 600; }
.line { stroke-width: 1.5; } .line.s0, .line.s1, .line.s2, .line.s3, .line.s4, .line.s5 { fill: none; }
.restart { stroke: var(--bad); stroke-dasharray: 4 3; } .lost { fill: var(--bad); }
.nothing { fill: none; stroke: var(--dim); }
"""
)


def check(file: Path) -> None:
    """Raise UserError if no plot can be written there: better said before an hour has gone."""
    if file.is_dir():
        raise UserError(f"--plot {file}: is a folder; name a file")
    if not os.access(file.absolute().parent, os.W_OK | os.X_OK):
        raise UserError(f"--plot {file}: its folder is missing or cannot be written to")


def draw(title: str, benches: "Sequence[Bench]", outcomes: "Sequence[Outcome]") -> str:
    """The three of them below each other; nothing if there is nothing to tell."""
    samples = [bench.story.samples for bench in benches]
    times_s = [each.at_s for one in (*samples, outcomes) for each in one]
    if not times_s:
        return ""
    begin_s, end_s = min(times_s), max(times_s)
    time = _AXES.along(0.0, max(end_s - begin_s, 1.0) / _MINUTE_S)

    def x(at_s: float) -> float:
        return time(max(0.0, at_s - begin_s) / _MINUTE_S)

    minutes = round_values(0.0, max(end_s - begin_s, 1.0) / _MINUTE_S)
    marks = [(time(each), f"{each:g} min") for each in minutes]
    restarts = [each for bench in benches for each in bench.story.restarts]
    ends = "".join(
        f"<g><title>{escape(each.cause or 'no cause')}</title>"
        f"{_AXES.upward('restart', x(each.at_s))}</g>"
        for each in restarts
    )
    panels = (
        ("free heap, after a collection", _heap(samples, x, marks)),
        ("lag behind the exchange, most", _lag(samples, x, marks)),
        ("from each fault until all books are LIVE again", _recoveries(outcomes, x, marks)),
    )
    units = ("bytes", "ms", "s")
    parts = [f'<text class="title" x="{_AXES.left}" y="20">{escape(title)}</text>']
    for number, ((words, inside), unit) in enumerate(zip(panels, units, strict=True)):
        top = _HEAD + number * (_PANEL + _AXES.height)
        parts.append(
            f'<g transform="translate(0 {top + _PANEL})">'
            f'<text class="panel" x="{_AXES.left}" y="-4">{words}, {unit}</text>{inside}{ends}</g>'
        )
    return "".join(parts)


def _heap(samples: "list[list[Sample]]", x: Scale, marks) -> str:
    most = max([1, *(each.free for one in samples for each in one)])
    y, ticks = _AXES.upright(0.0, most)
    lines = _lines(samples, lambda each: each.free, x, y)
    return "".join(_AXES.frame(y, ticks, "", marks)) + lines


def _lag(samples: "list[list[Sample]]", x: Scale, marks) -> str:
    y, ticks = _AXES.upright_log(_LEAST_MS, _MOST_MS)
    lines = _lines(
        samples,
        _shown_lag,
        x,
        y,
    )
    return "".join(_AXES.frame(y, ticks, "", marks, zero=_LEAST_MS)) + lines


def _shown_lag(sample: "Sample") -> float | None:
    return None if sample.lag_ms is None else min(max(sample.lag_ms, _LEAST_MS), _MOST_MS)


def _lines(samples: "list[list[Sample]]", pick, x: Scale, y: Scale) -> str:
    """One line a board; it ends where the board began again, or knew no value."""
    parts = []
    for number, one in enumerate(samples):
        for run in _unbroken(one, pick):
            corners = [(x(each.at_s), y(pick(each))) for each in run]
            kind = f"line s{(number + 1) % _COLOURS}"
            parts.append(f'<polyline class="{kind}" points="{path(corners)}"/>')
    return "".join(parts)


def _unbroken(samples: "list[Sample]", pick) -> "list[list[Sample]]":
    runs: list[list[Sample]] = [[]]
    for before, each in pairwise([None, *samples]):
        if pick(each) is None or (before is not None and before.boot != each.boot):
            runs.append([])
        if pick(each) is not None:
            runs[-1].append(each)
    return [run for run in runs if run]


def _recoveries(outcomes: "Sequence[Outcome]", x: Scale, marks) -> str:
    y, ticks = _AXES.upright_log(_LEAST_S, _MOST_S)
    parts = _AXES.frame(y, ticks, "", marks, zero=_LEAST_S)
    for outcome in outcomes:
        took_s = min(max(outcome.to_live_s, _LEAST_S), _MOST_S)
        kind = "s1" if outcome.recovered else "lost"
        told = f"{outcome.name}: {outcome.to_live_s:.1f} s"
        if not outcome.to_live_s:
            kind, told = "nothing", f"{outcome.name}: no book ceased to be LIVE"
        parts.append(dot((x(outcome.at_s), y(took_s)), kind, told))
    return "".join(parts)


def write(figures: list[str], file: Path) -> None:
    """One below the other; raises UserError if that cannot be written."""
    shown = [figure for figure in figures if figure]
    inside = "".join(
        f'<g transform="translate(0 {number * _FIGURE})">{figure}</g>'
        for number, figure in enumerate(shown)
    )
    width, height = _AXES.width, max(1, len(shown)) * _FIGURE
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}"><style>{_STYLE}</style>{inside}</svg>\n'
    )
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"--plot {file}: cannot be written ({error.strerror})") from None
