"""What contagion came to: how the pair that is led moved after its leader's signals, while an alert lasted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from host.study import estimates
from host.study.estimates import Estimate
from host.study.gather import Alert, Recording
from host.study.outcomes import moves_of


@dataclass
class Move:
    """Of the mid of the pair that is led; the estimate is None where there are too few."""

    horizon_ms: int
    count: int
    """Signals whose outcome is known."""
    mean_bps: Estimate | None


@dataclass
class Contagion:
    """All alerts in which one pair led another."""

    leader: str
    led: str
    alerts: int
    lasted_ms: int
    lag_ms: int
    """The median; 0 where they moved together and neither led."""
    correlation: float
    """When an alert began: the median."""
    signals: int
    """Those of the leader while an alert lasted; none where neither led."""
    moves: list[Move]


def contagions(recording: Recording, horizons_ms: Sequence[int]) -> list[Contagion]:
    """Of every two pairs with an alert, by how long theirs lasted."""
    by_pairs: dict[tuple[int, int, bool], list[Alert]] = defaultdict(list)
    for alert in recording.alerts:
        by_pairs[alert.leader, alert.led, alert.lag_ms > 0].append(alert)
    found = [
        _contagion(recording, horizons_ms, alerts, is_led)
        for (_, _, is_led), alerts in by_pairs.items()
    ]
    return sorted(found, key=lambda each: -each.lasted_ms)


def _contagion(
    recording: Recording, horizons_ms: Sequence[int], alerts: list[Alert], is_led: bool
) -> Contagion:
    leader, led = alerts[0].leader, alerts[0].led
    signals = recording.signals
    # What the leader says the other one will do: the opposite, if they move against each other.
    side = np.zeros(len(signals))
    for alert in alerts if is_led else ():
        during = (signals.times_ms >= alert.begin_ms) & (signals.times_ms < alert.end_ms)
        ours = during & (signals.pair == leader)
        side[ours] = signals.side[ours] * np.sign(alert.correlation)
    chosen = side != 0
    times_ms = signals.times_ms[chosen]
    moves = []
    for horizon_ms in horizons_ms:
        after = moves_of(recording, led, times_ms, horizon_ms) * side[chosen]
        known = np.isfinite(after)
        enough = estimates.are_enough(times_ms[known], horizon_ms)
        reach = estimates.reach_ms(horizon_ms)
        mean = estimates.mean(after[known], times_ms[known], reach) if enough else None
        moves.append(Move(horizon_ms, int(known.sum()), mean))
    return Contagion(
        recording.pairs[leader],
        recording.pairs[led],
        len(alerts),
        sum(alert.end_ms - alert.begin_ms for alert in alerts),
        round(median(alert.lag_ms for alert in alerts)),
        float(median(alert.correlation for alert in alerts)),
        int(chosen.sum()),
        moves,
    )
