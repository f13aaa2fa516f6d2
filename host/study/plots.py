"""The pictures of the page, as inline SVG: decay curves, hit rates, correlations over lags."""

from host.study import words
from host.study.axes import Axes, dot, path
from host.study.lead_lag import LeadLag
from host.study.results import Group, Point

_AXES = Axes(420, 240)

# Of the room between two neighbours on an axis: bars of the same place stand beside each other.
_SPREAD = 0.6


def decay(group: Group, horizons_ms) -> str:
    """The mean move over time, with its band; nothing if there are too few signals."""
    points = group.curve
    if not points:
        return ""
    values = [end for point in points for end in point.mean_bps[1:]] + [0.0]
    x = _AXES.along_log(points[0].after_ms, points[-1].after_ms)
    y, ticks = _AXES.upright(min(values), max(values))
    marks = [each for each in horizons_ms if points[0].after_ms <= each <= points[-1].after_ms]
    parts = _AXES.frame(y, ticks, "bps", [(x(each), words.duration(each)) for each in marks])
    upper = [(x(point.after_ms), y(point.mean_bps.high)) for point in points]
    lower = [(x(point.after_ms), y(point.mean_bps.low)) for point in reversed(points)]
    parts.append(f'<polygon class="band" points="{path(upper + lower)}"/>')
    line = [(x(point.after_ms), y(point.mean_bps.value)) for point in points]
    parts.append(f'<polyline class="line" points="{path(line)}"/>')
    for at, point in zip(line, points, strict=True):
        parts.append(dot(at, "spot", _told(point)))
    half = group.half_after_ms
    if half is not None and half >= points[0].after_ms:
        parts.append(
            _AXES.upward("mark", x(half))
            + f'<text class="note" x="{x(half) - 5:.1f}" y="{_AXES.top + 10}"'
            f' text-anchor="end">half by {words.duration(half)}</text>'
        )
    return _AXES.svg(f"Decay curve of {words.name(group)}", parts)


def hit_rates(groups: list[Group], horizons_ms) -> str:
    """Of each group, a confidence bucket or a reason, at every horizon, with Wilson's intervals."""
    known = [each.hit_rate for group in groups for each in group.outcomes if each.hit_rate]
    if not known:
        return ""
    low = min(*(each.low for each in known), 0.4)
    high = max(*(each.high for each in known), 0.6)
    y, ticks = _AXES.upright(low * 100, high * 100)
    x = _AXES.along(0, len(groups))
    step = x(1) - x(0)
    middles = [x(number + 0.5) for number in range(len(groups))]
    buckets = [group.reason or "{}-{}".format(*group.confidence or ()) for group in groups]
    parts = _AXES.frame(y, ticks, "%", list(zip(middles, buckets, strict=True)), zero=50.0)
    for middle, group in zip(middles, groups, strict=True):
        for number, outcome in enumerate(group.outcomes):
            rate = outcome.hit_rate
            if rate is None:
                continue
            share = (number + 0.5) / len(horizons_ms) - 0.5
            at = middle + share * step * _SPREAD
            told = f"{words.duration(outcome.horizon_ms)}: {words.percent(rate)} %"
            parts.append(
                f'<line class="whisker s{number % 6}" x1="{at:.1f}" x2="{at:.1f}"'
                f' y1="{y(rate.low * 100):.1f}" y2="{y(rate.high * 100):.1f}"/>'
            )
            parts.append(dot((at, y(rate.value * 100)), f"s{number % 6}", told))
    return _AXES.svg("Hit rate by confidence", parts)


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
    y, ticks = _AXES.upright(min(ends), max(ends))
    x = _AXES.along(-0.5, len(found.lags_ms) - 0.5)
    step = x(1) - x(0)
    places = [number for number, lag in enumerate(found.lags_ms) if lag % 1000 == 0]
    marks = [(x(number), _seconds(found.lags_ms[number])) for number in places]
    parts = _AXES.frame(y, ticks, "", marks)
    numbers = range(len(found.band))
    upper = [(x(number), y(found.band[number])) for number in numbers]
    lower = [(x(number), y(-found.band[number])) for number in reversed(numbers)]
    parts.append(f'<polygon class="chance" points="{path(upper + lower)}"/>')
    for number, value in enumerate(found.correlations):
        top, bottom = sorted((y(value), y(0.0)))
        kind = "bar peak" if number == found.peak and found.is_found else "bar"
        told = f"{found.lags_ms[number]:+d} ms: {value:+.3f}"
        parts.append(
            f'<rect class="{kind}" x="{x(number) - step * 0.35:.1f}" y="{top:.1f}"'
            f' width="{step * 0.7:.1f}" height="{max(0.5, bottom - top):.1f}">'
            f"<title>{told}</title></rect>"
        )
    return _AXES.svg(words.lead(found), parts)


def _seconds(lag_ms: int) -> str:
    return f"{lag_ms / 1000:+g} s" if lag_ms else "0"


def _told(point: Point) -> str:
    return f"{words.duration(point.after_ms)}: {words.with_error(point.mean_bps)} bps"
