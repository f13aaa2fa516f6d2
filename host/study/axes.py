"""Axes of a picture, as SVG: scales, round numbers on them, grid lines, dots."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

_DOT = 3.5
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 20, 20, 34

Scale = Callable[[float], float]


@dataclass(frozen=True)
class Axes:
    """A picture of that size, with its room inside."""

    width: int
    height: int

    left = _LEFT
    top = _TOP

    @property
    def right(self) -> int:
        return self.width - _RIGHT

    @property
    def base(self) -> int:
        return self.height - _BOTTOM

    def along(self, first: float, last: float) -> Scale:
        """From left to right."""
        return _between(first, last, self.left, self.right)

    def along_log(self, first: float, last: float) -> Scale:
        scale = self.along(math.log(first), math.log(last))
        return lambda value: scale(math.log(value))

    def upright(self, low: float, high: float) -> tuple[Scale, list[float]]:
        """A scale for those values, with a little room, and round ones among them."""
        span = (high - low) or 1.0
        low, high = low - span * 0.05, high + span * 0.05
        return _between(low, high, self.base, self.top), round_values(low, high)

    def upright_log(self, low: float, high: float) -> tuple[Scale, list[float]]:
        """The same by powers of ten, which are the round ones."""
        scale = _between(math.log(low), math.log(high), self.base, self.top)
        powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
        return lambda value: scale(math.log(value)), [10.0**power for power in powers]

    def frame(
        self,
        y: Scale,
        ticks: list[float],
        unit: str,
        marks: list[tuple[float, str]],
        zero: float = 0.0,
    ) -> list[str]:
        """Grid lines and what stands at them; the line of nothing is a stronger one."""
        parts = [
            self._across("grid", y(tick)) + f'<text x="{self.left - 6}" y="{y(tick) + 3.5:.1f}"'
            f' text-anchor="end">{tick:,.6g}</text>'
            for tick in ticks
        ]
        parts.append(self._across("zero", y(zero)))
        for at, text in marks:
            parts.append(
                f'<line class="tick" x1="{at:.1f}" x2="{at:.1f}" y1="{self.base}"'
                f' y2="{self.base + 4}"/><text x="{at:.1f}" y="{self.base + 17}"'
                f' text-anchor="middle">{escape(text)}</text>'
            )
        parts.append(f'<text class="unit" x="2" y="10">{escape(unit)}</text>')
        return parts

    def _across(self, kind: str, at: float) -> str:
        return f'<line class="{kind}" x1="{self.left}" x2="{self.right}" y1="{at:.1f}" y2="{at:.1f}"/>'

    def upward(self, kind: str, at: float) -> str:
        """A line from the base to the top."""
        return (
            f'<line class="{kind}" x1="{at:.1f}" x2="{at:.1f}" y1="{self.top}" y2="{self.base}"/>'
        )

    def svg(self, title: str, parts: list[str]) -> str:
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img"'
            f' aria-label="{escape(title)}">{"".join(parts)}</svg>'
        )


def _between(low: float, high: float, first: float, last: float) -> Scale:
    span = (high - low) or 1.0
    return lambda value: first + (last - first) * (value - low) / span


def round_values(low: float, high: float) -> list[float]:
    """About six of them, a round step apart."""
    rough = (high - low) / 6
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= rough)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def dot(at: tuple[float, float], kind: str, told: str) -> str:
    """One that says what it is when it is pointed at."""
    x, y = at
    return (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{_DOT}">'
        f"<title>{escape(told)}</title></circle>"
    )


def path(points: list[tuple[float, float]]) -> str:
    """The corners of a line or a surface."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
