"""The pictures of the page, as inline SVG: decay curves, hit rates, correlations over lags."""

import math
from collections.abc import Callable
from html import escape

from host.study import words
from host.study.lead_lag import LeadLag
from host.study.results import Group, Point

_WIDTH, _HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 20, 20, 34

_DOT = 3.5
# Of the room between two neighbours on an axis: bars of the same place stand beside each other.
_SPREAD = 0.6

Scale = Callable[[float], float]


def decay(group: Group, horizons_ms) -> str:
    """The mean move over time, with its band; nothing if there are too few signals."""
    points = group.curve
    if not points:
        return ""
    values = [end for point in points for end in point.mean_bps[1:]] + [0.0]
    x = _log(points[0].after_ms, points[-1].after_ms)
    y, ticks = _upright(min(values), max(values))
    marks = [each for each in horizons_ms if points[0].after_ms <= each <= points[-1].after_ms]
    parts = _frame(y, ticks, "bps", [(x(each), words.duration(each)) for each in marks])
    upper = [(x(point.after_ms), y(point.mean_bps.high)) for point in points]
    lower = [(x(point.after_ms), y(point.mean_bps.low)) for point in reversed(points)]
    parts.append(f'<polygon class="band" points="{_path(upper + lower)}"/>')
    line = [(x(point.after_ms), y(point.mean_bps.value)) for point in points]
    parts.append(f'<polyline class="line" points="{_path(line)}"/>')
    for at, point in zip(line, points, strict=True):
        parts.append(_dot(at, "spot", _told(point)))
    half = group.half_after_ms
    if half is not None and half >= points[0].after_ms:
        parts.append(
            f'<line class="mark" x1="{x(half):.1f}" x2="{x(half):.1f}" y1="{_TOP}"'
            f' y2="{_HEIGHT - _BOTTOM}"/><text class="note" x="{x(half) - 5:.1f}" y="{_TOP + 10}"'
            f' text-anchor="end">half by {words.duration(half)}</text>'
        )
    return _svg(f"Decay curve of {words.name(group)}", parts)


def hit_rates(groups: list[Group], horizons_ms) -> str:
    """Of each group, a confidence bucket, at every horizon, with Wilson's intervals."""
    known = [each.hit_rate for group in groups for each in group.outcomes if each.hit_rate]
    if not known:
        return ""
    low = min(*(each.low for each in known), 0.4)
    high = max(*(each.high for each in known), 0.6)
    y, ticks = _upright(low * 100, high * 100)
    step = (_WIDTH - _LEFT - _RIGHT) / len(groups)
    middles = [_LEFT + step * (number + 0.5) for number in range(len(groups))]
    buckets = ["{}-{}".format(*group.confidence) for group in groups]
    parts = _frame(y, ticks, "%", list(zip(middles, buckets, strict=True)), zero=50.0)
    for middle, group in zip(middles, groups, strict=True):
        for number, outcome in enumerate(group.outcomes):
            rate = outcome.hit_rate
            if rate is None:
                continue
            share = (number + 0.5) / len(horizons_ms) - 0.5
            x = middle + share * step * _SPREAD
            told = f"{words.duration(outcome.horizon_ms)}: {words.percent(rate)} %"
            parts.append(
                f'<line class="whisker s{number % 6}" x1="{x:.1f}" x2="{x:.1f}"'
                f' y1="{y(rate.low * 100):.1f}" y2="{y(rate.high * 100):.1f}"/>'
            )
            parts.append(_dot((x, y(rate.value * 100)), f"s{number % 6}", told))
    return _svg("Hit rate by confidence", parts)


def legend(horizons_ms) -> str:
    """The colours of the hit rates' horizons."""
    keys = "".join(
        f'<span><i class="s{number % 6}"></i>{words.duration(each)}</span>'
        for number, each in enumerate(horizons_ms)
    )
    return f'<p class="legend">{keys}</p>'


def lags(found: LeadLag) -> str:
    """The correlation at each lag, and what chance alone would do."""
    ends = [*found.correlations, *found.band, *(-each for each in found.band)]
    y, ticks = _upright(min(ends), max(ends))
    room = _WIDTH - _LEFT - _RIGHT
    step = room / len(found.lags_ms)

    def x(number: float) -> float:
        return _LEFT + step * (number + 0.5)

    places = [number for number, lag in enumerate(found.lags_ms) if lag % 1000 == 0]
    marks = [(x(number), _seconds(found.lags_ms[number])) for number in places]
    parts = _frame(y, ticks, "", marks)
    numbers = range(len(found.band))
    upper = [(x(number), y(found.band[number])) for number in numbers]
    lower = [(x(number), y(-found.band[number])) for number in reversed(numbers)]
    parts.append(f'<polygon class="chance" points="{_path(upper + lower)}"/>')
    for number, value in enumerate(found.correlations):
        top, bottom = sorted((y(value), y(0.0)))
        kind = "bar peak" if number == found.peak and found.is_found else "bar"
        told = f"{found.lags_ms[number]:+d} ms: {value:+.3f}"
        parts.append(
            f'<rect class="{kind}" x="{x(number) - step * 0.35:.1f}" y="{top:.1f}"'
            f' width="{step * 0.7:.1f}" height="{max(0.5, bottom - top):.1f}">'
            f"<title>{told}</title></rect>"
        )
    return _svg(words.lead(found), parts)


def _seconds(lag_ms: int) -> str:
    return f"{lag_ms / 1000:+g} s" if lag_ms else "0"


def _told(point: Point) -> str:
    return f"{words.duration(point.after_ms)}: {words.with_error(point.mean_bps)} bps"


def _log(first: float, last: float) -> Scale:
    span = math.log(last / first) or 1.0
    room = _WIDTH - _LEFT - _RIGHT
    return lambda value: _LEFT + room * math.log(value / first) / span


def _upright(low: float, high: float) -> tuple[Scale, list[float]]:
    """A scale for those values, and round ones among them."""
    span = (high - low) or 1.0
    low, high = low - span * 0.05, high + span * 0.05
    rough = (high - low) / 6
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= rough)
    first = math.ceil(low / step)
    ticks = [number * step for number in range(first, math.floor(high / step) + 1)]
    room = _HEIGHT - _TOP - _BOTTOM
    return lambda value: _TOP + room * (high - value) / (high - low), ticks


def _frame(
    y: Scale, ticks: list[float], unit: str, marks: list[tuple[float, str]], zero: float = 0.0
) -> list[str]:
    """Grid lines and what stands at them; the line of nothing is a stronger one."""
    right = _WIDTH - _RIGHT
    parts = [
        f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{y(tick) + 3.5:.1f}" text-anchor="end">{tick:.4g}</text>'
        for tick in ticks
    ]
    nothing = f"{y(zero):.1f}"
    parts.append(f'<line class="zero" x1="{_LEFT}" x2="{right}" y1="{nothing}" y2="{nothing}"/>')
    base = _HEIGHT - _BOTTOM
    for at, text in marks:
        parts.append(
            f'<line class="tick" x1="{at:.1f}" x2="{at:.1f}" y1="{base}" y2="{base + 4}"/>'
            f'<text x="{at:.1f}" y="{base + 17}" text-anchor="middle">{escape(text)}</text>'
        )
    parts.append(f'<text class="unit" x="2" y="10">{unit}</text>')
    return parts


def _dot(at: tuple[float, float], kind: str, told: str) -> str:
    x, y = at
    return (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{_DOT}">'
        f"<title>{escape(told)}</title></circle>"
    )


def _path(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _svg(title: str, parts: list[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )
