"""Which pair leads which: cross-correlation of the mids' returns on an even grid of time."""

import math
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np

from host.study.gather import Quotes, Recording
from host.study.outcomes import at

GRID_MS = 100
MOST_LAG_MS = 2000
_LAGS = range(-(MOST_LAG_MS // GRID_MS), MOST_LAG_MS // GRID_MS + 1)

# All pairs against all are many: those with the most quotes are looked at.
MOST_PAIRS = 8

# A grid of three days and a half: what goes on for longer, or lies in files that are weeks apart, is
# looked at from its beginning.
_MOST_POINTS = 3_000_000

# Returns that are known at both ends; fewer allow no statement.
_FEWEST = 600

# The chance that any lag of any two pairs goes beyond the bands where nothing is.
_LEVEL = 0.01


@dataclass
class LeadLag:
    """How two pairs move together; at a positive lag the first one is ahead."""

    first: str
    second: str
    lags_ms: list[int]
    correlations: list[float]
    band: list[float]
    """What chance alone hardly ever exceeds, at each lag."""
    count: int
    """Returns that were compared at lag 0."""

    @property
    def peak(self) -> int:
        """The place of the largest correlation, by its absolute value."""
        sizes = [abs(each) for each in self.correlations]
        return sizes.index(max(sizes))

    @property
    def is_found(self) -> bool:
        """Whether they have to do with each other at all."""
        return abs(self.correlations[self.peak]) > self.band[self.peak]

    @property
    def lag_ms(self) -> int:
        return self.lags_ms[self.peak]

    @property
    def leader(self) -> str | None:
        """Who is ahead; None if neither is."""
        if not self.is_found or not self.lag_ms:
            return None
        return self.first if self.lag_ms > 0 else self.second


def lead_lags(recording: Recording) -> list[LeadLag]:
    """Every two pairs of the recording; those with too few returns in common are left out."""
    by_quotes = sorted(
        range(len(recording.pairs)), key=lambda pair: -len(recording.quotes[pair].times_ms)
    )
    chosen = sorted(by_quotes[:MOST_PAIRS])
    end_ms = min(recording.end_ms, recording.begin_ms + _MOST_POINTS * GRID_MS)
    grid = np.arange(recording.begin_ms, end_ms + 1, GRID_MS)
    if len(grid) <= _FEWEST:
        return []
    columns = {pair: _returns(recording.quotes[pair], grid) for pair in chosen}
    several = list(combinations(chosen, 2))
    tests = max(1, len(several)) * len(_LAGS)
    times = NormalDist().inv_cdf(1 - _LEVEL / 2 / tests)
    found = []
    for first, second in several:
        values, errors, count = _correlations(columns[first], columns[second])
        if count >= _FEWEST and all(map(math.isfinite, values)):
            found.append(
                LeadLag(
                    recording.pairs[first],
                    recording.pairs[second],
                    [lag * GRID_MS for lag in _LAGS],
                    values,
                    [times * error for error in errors],
                    count,
                )
            )
    return found


def _returns(quotes: Quotes, grid: np.ndarray) -> np.ndarray:
    """Of the mid from each point of the grid to the next; not a number where a gap lies between."""
    mids, gaps = at(quotes, grid)
    returns = np.diff(np.log(mids))
    return np.where(np.diff(gaps) == 0, returns, np.nan)


def _correlations(first: np.ndarray, second: np.ndarray) -> tuple[list[float], list[float], int]:
    """At each lag, with the error it has where there is none: and how many are known at lag 0.

    The error is White's (Econometrica 48, 1980), which holds for returns that are livelier at some
    times than at others, as those of two pairs of one market are together.
    """
    known_first, known_second = np.isfinite(first), np.isfinite(second)
    x = np.where(known_first, first - np.nanmean(first), 0.0) if known_first.any() else first
    y = np.where(known_second, second - np.nanmean(second), 0.0) if known_second.any() else second
    values, errors = [], []
    for lag in _LAGS:
        a, b = _shifted(x, y, lag)
        has_a, has_b = _shifted(known_first, known_second, lag)
        a, b = a * has_b, b * has_a
        size = math.sqrt(float(a @ a) * float(b @ b))
        products = a * b
        values.append(float(products.sum()) / size if size else math.nan)
        errors.append(math.sqrt(float(products @ products)) / size if size else math.nan)
    return values, errors, int((known_first & known_second).sum())


def _shifted(first: np.ndarray, second: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """The parts of both that lie beside each other when the second comes `lag` later."""
    count = len(first) - abs(lag)
    if lag >= 0:
        return first[:count], second[lag:]
    return first[-lag:], second[:count]
