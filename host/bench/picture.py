"""Pictures of the bench, as SVG files: every target over the kept runs, and the latencies of one run."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from host.study.style import STYLE

_FONT = 'font-family="system-ui, DejaVu Sans, sans-serif"'

_COLUMNS = 4
_PANEL_WIDTH, _PANEL_HEIGHT = 320, 124
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 12, 36, 14
_DOT = 3.0
_HEAD_ROOM = 1.15

_HIST_WIDTH, _HIST_HEIGHT = 760, 320
_HIST_LEFT, _HIST_TOP, _HIST_BOTTOM = 60, 40, 40
_BINS_A_DECADE = 12


@dataclass(frozen=True)
class Line:
    """One target over the runs; a run that did not measure it has None."""

    title: str
    told: str
    """The last value, its unit and the target."""
    values: Sequence[float | None]
    bound: float
    holds: Sequence[bool | None]


def runs(lines: Sequence[Line], first: str, last: str) -> str:
    """Panels, one a target: the values from the first kept run to the last."""
    rows = -(-len(lines) // _COLUMNS)
    width, height = _COLUMNS * _PANEL_WIDTH, rows * _PANEL_HEIGHT + _TOP
    head = (
        f"{len(lines)} targets, kept runs from {first} to {last}; dashed: the target; red: missed"
    )
    parts = [f'<text class="note" x="{_LEFT}" y="20">{escape(head)}</text>']
    for number, line in enumerate(lines):
        row, column = divmod(number, _COLUMNS)
        parts += _panel(line, column * _PANEL_WIDTH, row * _PANEL_HEIGHT + _TOP)
    return _svg("The bench's targets over its kept runs", width, height, parts)


def _panel(line: Line, left: float, top: float) -> list[str]:
    known = [value for value in line.values if value is not None]
    most = max([line.bound, *known]) * _HEAD_ROOM or 1.0
    x0, x1 = left + _LEFT, left + _PANEL_WIDTH - _RIGHT
    y0, y1 = top + _PANEL_HEIGHT - _BOTTOM, top + _TOP

    def x(number: int) -> float:
        return x0 + (x1 - x0) * (number + 0.5) / len(line.values)

    def y(value: float) -> float:
        return y0 - (y0 - y1) * max(0.0, value) / most

    at = [(x(n), y(value), n) for n, value in enumerate(line.values) if value is not None]
    bound = f"{y(line.bound):.1f}"
    parts = [
        f'<text class="note" x="{x0}" y="{top + 12}">{escape(line.title)}</text>',
        f'<text x="{x0}" y="{top + 26}">{escape(line.told)}</text>',
        f'<line class="grid" x1="{x0}" x2="{x1}" y1="{y0}" y2="{y0}"/>',
        f'<line class="mark" x1="{x0}" x2="{x1}" y1="{bound}" y2="{bound}"/>',
        f'<polyline class="line" points="{_path((a, b) for a, b, _ in at)}"/>',
    ]
    for a, b, n in at:
        colour = "--bad" if line.holds[n] is False else "--good"
        parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{_DOT}" fill="var({colour})"/>')
    return parts


def latencies(
    wall_ms: Sequence[float], marks: Sequence[tuple[str, float]], limit_ms: float, told: str
) -> str:
    """A histogram, both axes logarithmic, so that the few late ones show; `marks` are named places on it."""
    counts: dict[int, int] = {}
    for each in wall_ms:
        place = math.floor(math.log10(max(each, 1e-3)) * _BINS_A_DECADE)
        counts[place] = counts.get(place, 0) + 1
    first, last = min(counts), max(*counts, math.ceil(math.log10(limit_ms) * _BINS_A_DECADE)) + 1
    most = math.log10(max(counts.values())) + 0.3
    base = _HIST_HEIGHT - _HIST_BOTTOM
    room = _HIST_WIDTH - _HIST_LEFT - _RIGHT

    def x(place: float) -> float:
        return _HIST_LEFT + room * (place - first) / (last - first)

    def of(ms: float) -> float:
        return x(math.log10(ms) * _BINS_A_DECADE)

    def y(count: float) -> float:
        return base - (base - _HIST_TOP) * math.log10(count) / most

    parts = [f'<text class="note" x="{_HIST_LEFT}" y="16">{escape(told)}</text>']
    for power in range(math.floor(most) + 1):
        at = y(10**power)
        parts.append(
            f'<line class="grid" x1="{_HIST_LEFT}" x2="{_HIST_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text x="{_HIST_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10**power:,}</text>'
        )
    for place, count in sorted(counts.items()):
        top = min(y(count), base - 2)
        parts.append(
            f'<rect class="s1" x="{x(place) + 0.5:.1f}" y="{top:.1f}" width="{x(place + 1) - x(place) - 1:.1f}"'
            f' height="{base - top:.1f}"/>'
        )
    for power in range(math.ceil(first / _BINS_A_DECADE), last // _BINS_A_DECADE + 1):
        at = of(10.0**power)
        parts.append(
            f'<line class="tick" x1="{at:.1f}" x2="{at:.1f}" y1="{base}" y2="{base + 4}"/>'
            f'<text x="{at:.1f}" y="{base + 17}" text-anchor="middle">{10.0**power:g} ms</text>'
        )
    for number, (name, ms) in enumerate([*marks, (f"{limit_ms:g} ms", limit_ms)]):
        at = of(ms)
        # What would run out of the picture stands before its line.
        place, anchor = (at + 3, "start") if at < _HIST_WIDTH * 0.8 else (at - 3, "end")
        parts.append(
            f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{_HIST_TOP - 10}" y2="{base}"/>'
            f'<text class="note" x="{place:.1f}" y="{_HIST_TOP - 2 + 12 * (number % 3)}"'
            f' text-anchor="{anchor}">{escape(name)}</text>'
        )
    return _svg("Latency from the socket to the serial line", _HIST_WIDTH, _HIST_HEIGHT, parts)


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _svg(title: str, width: float, height: float, parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-label="{escape(title)}" {_FONT} font-size="11">\n<style>{STYLE}</style>\n'
        f'<rect width="100%" height="100%" fill="var(--paper)"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
