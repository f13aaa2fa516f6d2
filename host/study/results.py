"""What a study found: the signals in groups, each with its outcomes at every horizon, and which of them hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from host.study import estimates
from host.study.contagion import Contagion, contagions
from host.study.estimates import Estimate
from host.study.gather import Recording
from host.study.lead_lag import LeadLag, lead_lags
from host.study.outcomes import moves

ALL, PAIR, CONFIDENCE, BOTH = "all", "pair", "confidence", "pair and confidence"
REASON = "reason"
"""How a group is chosen."""

# What a signal's record gives as its `why`.
_REASONS = (("imbalance", False), ("leader", True))

# Confidence is 50 at the threshold with no spread; real signals are mostly around it.
_BUCKETS = ((0, 39), (40, 49), (50, 59), (60, 100))

# The chance that any of the pairs and horizons that are said to hold does not.
_LEVEL = 0.05

# The decay curve: from so many ms to the longest horizon, each point so many times the one before.
_CURVE_FROM_MS = 20
_CURVE_STEP = 1.18


@dataclass
class Outcome:
    """What became of the signals of a group; the estimates are None where there are too few."""

    horizon_ms: int
    count: int
    """Signals whose outcome is known."""
    moved: int
    """Those of them after which the mid had moved at all: what the hit rate is of."""
    hit_rate: Estimate | None = None
    ic: Estimate | None = None
    gross_bps: Estimate | None = None
    net_bps: Estimate | None = None
    chance: float | None = None
    """How likely such an information coefficient is where there is nothing."""
    holds: bool = False
    """Whether it stands among all the pairs and horizons that were looked at."""


@dataclass
class Point:
    """Of the decay curve: the mean move of the mid, in bps."""

    after_ms: int
    mean_bps: Estimate


@dataclass
class Group:
    """Some of the signals."""

    kind: str
    pair: str | None
    confidence: tuple[int, int] | None
    signals: int
    outcomes: list[Outcome]
    reason: str | None = None
    curve: list[Point] = field(default_factory=list)
    """Of all signals, and of each pair's."""

    @property
    def best(self) -> Outcome | None:
        """Of the outcomes that hold, the one that is least likely to be chance."""
        held = [each for each in self.outcomes if each.holds]
        return min(held, key=lambda each: (each.chance, -abs(each.ic.value)), default=None)

    @property
    def tone(self) -> str:
        """Whether to be glad: `yes`, `dear` (it costs more than it brings), `wrong` or `none`."""
        if self.best is None:
            return "none"
        if self.best.ic.value <= 0:
            return "wrong"
        return "yes" if self.best.net_bps.value > 0 else "dear"

    @property
    def half_after_ms(self) -> int | None:
        """When half of the best outcome's move had come, by the decay curve."""
        if self.best is None:
            return None
        half = self.best.gross_bps.value / 2
        before = Point(0, Estimate(0.0, 0.0, 0.0))
        for point in self.curve:
            if abs(point.mean_bps.value) >= abs(half) and point.mean_bps.value * half > 0:
                step = point.mean_bps.value - before.mean_bps.value
                part = (half - before.mean_bps.value) / step
                return round(before.after_ms + part * (point.after_ms - before.after_ms))
            before = point
        return None


@dataclass
class Study:
    """All that is told."""

    recording: Recording
    horizons_ms: Sequence[int]
    fee_bps: float
    groups: list[Group]
    leads: list[LeadLag]
    contagions: list[Contagion]

    def of_kind(self, kind: str) -> list[Group]:
        return [group for group in self.groups if group.kind == kind]


def study(recording: Recording, horizons_ms: Sequence[int], fee_bps: float) -> Study:
    """Look at every signal; `fee_bps` is paid once, to enter."""
    signals = recording.signals
    after = {each: moves(recording, each) for each in {*horizons_ms, *_curve_ms(horizons_ms)}}
    everyone = np.ones(len(signals), bool)
    groups = [_group(recording, horizons_ms, fee_bps, after, ALL, everyone)]
    for number, pair in enumerate(recording.pairs):
        ours = signals.pair == number
        groups.append(_group(recording, horizons_ms, fee_bps, after, PAIR, ours, pair))
        for bucket in _BUCKETS:
            chosen = ours & _within(signals.confidence, bucket)
            if chosen.any():
                groups.append(
                    _group(recording, horizons_ms, fee_bps, after, BOTH, chosen, pair, bucket)
                )
    for bucket in _BUCKETS:
        chosen = _within(signals.confidence, bucket)
        groups.append(
            _group(recording, horizons_ms, fee_bps, after, CONFIDENCE, chosen, None, bucket)
        )
    for reason, is_led in _REASONS:
        chosen = signals.is_led == is_led
        if chosen.any():
            group = _group(recording, horizons_ms, fee_bps, after, REASON, chosen)
            group.reason = reason
            groups.append(group)
    tested = [
        each
        for group in groups
        if group.kind == PAIR
        for each in group.outcomes
        if each.chance is not None
    ]
    held = estimates.holds_among([each.chance for each in tested], _LEVEL)
    for outcome, holds in zip(tested, held, strict=True):
        outcome.holds = holds
    return Study(
        recording,
        horizons_ms,
        fee_bps,
        groups,
        lead_lags(recording),
        contagions(recording, horizons_ms),
    )


def _within(confidence: np.ndarray, bucket: tuple[int, int]) -> np.ndarray:
    return (confidence >= bucket[0]) & (confidence <= bucket[1])


def _curve_ms(horizons_ms: Sequence[int]) -> list[int]:
    points = [float(_CURVE_FROM_MS)]
    while points[-1] < max(horizons_ms):
        points.append(points[-1] * _CURVE_STEP)
    return [round(each) for each in points[:-1]] + [max(horizons_ms)]


def _group(
    recording: Recording,
    horizons_ms: Sequence[int],
    fee_bps: float,
    after: dict[int, np.ndarray],
    kind: str,
    chosen: np.ndarray,
    pair: str | None = None,
    confidence: tuple[int, int] | None = None,
) -> Group:
    group = Group(kind, pair, confidence, int(chosen.sum()), [])
    for horizon_ms in horizons_ms:
        group.outcomes.append(_outcome(recording, horizon_ms, fee_bps, after[horizon_ms], chosen))
    if kind in (ALL, PAIR):
        for after_ms in _curve_ms(horizons_ms):
            known = chosen & np.isfinite(after[after_ms])
            times_ms = recording.signals.times_ms[known]
            if estimates.are_enough(times_ms, after_ms):
                reach = estimates.reach_ms(after_ms)
                mean = estimates.mean(after[after_ms][known], times_ms, reach)
                group.curve.append(Point(after_ms, mean))
    return group


def _outcome(
    recording: Recording, horizon_ms: int, fee_bps: float, after: np.ndarray, chosen: np.ndarray
) -> Outcome:
    signals = recording.signals
    known = chosen & np.isfinite(after)
    gross, times_ms = after[known], signals.times_ms[known]
    has_moved = gross != 0
    found = Outcome(horizon_ms, len(gross), int(has_moved.sum()))
    if not estimates.are_enough(times_ms, horizon_ms):
        return found
    reach = estimates.reach_ms(horizon_ms)
    found.gross_bps = estimates.mean(gross, times_ms, reach)
    net = gross - signals.half_spread_bps[known] - fee_bps
    found.net_bps = estimates.mean(net, times_ms, reach)
    if found.moved >= estimates.FEWEST:
        found.hit_rate = estimates.share(gross[has_moved] > 0, times_ms[has_moved], reach)
        # The strength has the side's sign, and the move its own.
        move = gross * signals.side[known]
        found.ic = estimates.rank_correlation(signals.imbalance[known], move, times_ms, reach)
    if found.ic:
        found.chance = estimates.chance_of(found.ic)
    return found
