"""Estimates with their 95 % intervals, from outcomes that overlap in time."""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

_Z95 = NormalDist().inv_cdf(0.975)

# Fewer outcomes, or fewer of them that lie a horizon apart, allow no statement.
FEWEST = 30
FEWEST_APART = 15

# Outcomes are taken to have to do with each other when their signals are less than so many horizons
# apart, and at least so long: the Bartlett weights fall with the distance, so that a single horizon
# would count too little of what overlapping outcomes share.
_REACH_HORIZONS = 2.0
_LEAST_REACH_MS = 1000.0

# What a normal quantile grows by, the larger the part of the recording that is within reach: Kiefer
# and Vogelsang (Econometric Theory 21, 2005) for Bartlett weights, in powers of that part.
_WIDENING = (2.9694, 0.4160, -0.5324)


class Estimate(NamedTuple):
    value: float
    low: float
    high: float


def reach_ms(horizon_ms: float) -> float:
    """How far apart outcomes of that horizon may be and still depend on each other."""
    return max(_LEAST_REACH_MS, _REACH_HORIZONS * horizon_ms)


def are_enough(times_ms: np.ndarray, horizon_ms: float) -> bool:
    """Whether outcomes a horizon after those times allow a statement."""
    return len(times_ms) >= FEWEST and apart(times_ms, horizon_ms) >= FEWEST_APART


def apart(times_ms: np.ndarray, horizon_ms: float) -> int:
    """How many outcomes can be picked so that none overlaps another, as far as that matters."""
    count = 0
    at = 0
    while at < len(times_ms) and count < FEWEST_APART:
        count += 1
        at = int(np.searchsorted(times_ms, times_ms[at] + horizon_ms, side="left"))
    return count


def long_run_variance(values: np.ndarray, times_ms: np.ndarray, reach: float) -> float:
    """The variance of the mean of `values`, times their number; they may depend on their neighbours.

    Products of two deviations count by 1 - distance / reach: Newey and West (Econometrica 55, 1987)
    for values at uneven times, as Conley has it (Journal of Econometrics 92, 1999). Those weights
    are the overlap of two boxes of width `reach`, so that the double sum over all pairs is the
    integral of the square of a sum of boxes, which takes one sort.
    """
    deviations = values - values.mean()
    edges = np.concatenate([times_ms, times_ms + reach]).astype(float)
    order = np.argsort(edges, kind="stable")
    sums = np.cumsum(np.concatenate([deviations, -deviations])[order])
    widths = np.diff(edges[order])
    return float((sums[:-1] ** 2 * widths).sum() / reach / len(values))


def half_width(values: np.ndarray, times_ms: np.ndarray, reach: float) -> float:
    """Half of the 95 % interval of the mean of `values`."""
    part = min(1.0, reach / (times_ms[-1] - times_ms[0] + reach))
    times = _Z95 + sum(by * part**power for power, by in enumerate(_WIDENING, 1))
    return times * math.sqrt(long_run_variance(values, times_ms, reach) / len(values))


def mean(values: np.ndarray, times_ms: np.ndarray, reach: float) -> Estimate:
    """The mean, with an interval from the long-run variance."""
    half = half_width(values, times_ms, reach)
    value = float(values.mean())
    return Estimate(value, value - half, value + half)


def share(hits: np.ndarray, times_ms: np.ndarray, reach: float) -> Estimate:
    """How many of `hits` are true, with Wilson's interval (JASA 22, 1927).

    Counted as so many independent ones as have the same variance (Kish's effective sample size).
    """
    value = float(hits.mean())
    count = float(len(hits))
    half = half_width(hits.astype(float), times_ms, reach)
    if half:
        count = min(count, value * (1 - value) * (_Z95 / half) ** 2)
    return wilson(value, count)


def wilson(value: float, count: float) -> Estimate:
    """The score interval of a share seen in `count` independent trials."""
    z2 = _Z95 * _Z95 / count
    middle = (value + z2 / 2) / (1 + z2)
    half = _Z95 / (1 + z2) * math.sqrt(value * (1 - value) / count + z2 / 4 / count)
    return Estimate(value, max(0.0, middle - half), min(1.0, middle + half))


def ranks(values: np.ndarray) -> np.ndarray:
    """1 for the smallest; equal ones share the mean of their ranks."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[which]


def rank_correlation(
    first: np.ndarray, second: np.ndarray, times_ms: np.ndarray, reach: float
) -> Estimate | None:
    """Spearman's correlation, with an interval by Fisher's transform; None if either has one value only.

    The variance is the long-run variance of the correlation's influence function; of ranks taken
    as numbers, which is exact where there is no correlation and nearly so elsewhere.
    """
    x, y = (_standardized(ranks(each)) for each in (first, second))
    if x is None or y is None:
        return None
    products = x * y
    value = float(products.mean())
    influence = products - value * (x * x + y * y) / 2
    spread = 1 - value * value
    if spread <= 0:
        return Estimate(value, value, value)
    half = half_width(influence, times_ms, reach) / spread
    middle = math.atanh(value)
    return Estimate(value, math.tanh(middle - half), math.tanh(middle + half))


def _standardized(values: np.ndarray) -> np.ndarray | None:
    spread = values.std()
    return (values - values.mean()) / spread if spread else None


def chance_of(estimate: Estimate) -> float:
    """How likely a correlation as far from 0 is where there is none, by both tails."""
    if abs(estimate.value) >= 1:
        return 0.0
    low, high = (math.atanh(max(-1 + 1e-15, min(1 - 1e-15, end))) for end in estimate[1:])
    error = (high - low) / 2 / _Z95
    if not error:
        return 0.0
    return math.erfc(abs(math.atanh(estimate.value)) / error / math.sqrt(2))


def holds_among(chances: list[float], level: float) -> list[bool]:
    """Which of several findings hold, if a false one may be among them with the chance `level`.

    Holm's step-down procedure (Scandinavian Journal of Statistics 6, 1979).
    """
    held = [False] * len(chances)
    order = sorted(range(len(chances)), key=lambda at: chances[at])
    for rank, at in enumerate(order):
        if chances[at] > level / (len(chances) - rank):
            break
        held[at] = True
    return held
