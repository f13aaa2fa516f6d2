"""What a study found, in words and numbers: shared by the terminal and the page."""

from datetime import UTC, datetime

from host.study.contagion import Contagion
from host.study.estimates import Estimate
from host.study.lead_lag import LeadLag
from host.study.results import ALL, Group, Study

TOO_FEW = "too few"
EVERYTHING = "all"

_UNITS = ((60_000, "min"), (1000, "s"), (1, "ms"))


def duration(ms: float) -> str:
    """100 ms, 1 s, 1.5 min."""
    for size, unit in _UNITS:
        if ms >= size:
            return f"{ms / size:.3g} {unit}"
    return f"{ms:g} ms"


def bps(value: float) -> str:
    return f"{value:+.3f}" if abs(value) < 10 else f"{value:+.1f}"


def with_error(estimate: Estimate | None) -> str:
    """A mean in bps and half of its interval."""
    if estimate is None:
        return TOO_FEW
    half = (estimate.high - estimate.low) / 2
    return f"{bps(estimate.value)} ±{bps(half)[1:]}"


def percent(estimate: Estimate | None) -> str:
    if estimate is None:
        return TOO_FEW
    value, low, high = (each * 100 for each in estimate)
    return f"{value:.0f} ({low:.0f}-{high:.0f})"


def coefficient(estimate: Estimate | None) -> str:
    if estimate is None:
        return TOO_FEW
    return f"{estimate.value:+.2f} ({estimate.low:+.2f} {estimate.high:+.2f})"


def name(group: Group) -> str:
    bucket = "conf {}-{}".format(*group.confidence) if group.confidence else ""
    reason = f"why {group.reason}" if group.reason else ""
    if group.kind == ALL:
        return EVERYTHING
    return " ".join(filter(None, (group.pair, bucket, reason)))


def heading(study: Study) -> str:
    """How much was studied."""
    recording = study.recording
    begin = datetime.fromtimestamp(recording.begin_ms / 1000, UTC)
    length = duration(recording.end_ms - recording.begin_ms)
    pairs = len(recording.pairs)
    return (
        f"{len(recording.signals):,} signals of {pairs} {'pair' if pairs == 1 else 'pairs'} in "
        f"{length} from {begin:%Y-%m-%d %H:%M:%S} UTC"
    )


def verdict(group: Group) -> str:
    """Whether the signals of a pair are true."""
    best = group.best
    if best is None:
        if all(each.ic is None for each in group.outcomes):
            return f"{TOO_FEW} signals to tell"
        return "no: nothing here that chance would not do"
    half = group.half_after_ms
    by = f" (half by {duration(half)})" if half is not None else ""
    return (
        f"{'yes' if best.ic.value > 0 else 'the wrong way round'},"
        f" {bps(best.gross_bps.value)} bps after {duration(best.horizon_ms)}{by}, {_net(group)}"
    )


def _net(group: Group) -> str:
    """What is left after the costs, then or at the horizon where most is."""
    net = group.best.net_bps
    if net.value > 0:
        return f"net {bps(net.value)}"
    most = max((each for each in group.outcomes if each.holds), key=lambda each: each.net_bps)
    later = f" ({bps(most.net_bps.value)} after {duration(most.horizon_ms)})"
    return f"but net {bps(net.value)}" + (later if most.net_bps.low > 0 else "")


def lead(found: LeadLag) -> str:
    """Who leads whom."""
    size = f"correlation {found.correlations[found.peak]:+.2f}"
    if found.leader:
        other = found.second if found.leader == found.first else found.first
        return f"{found.leader} leads {other} by {abs(found.lag_ms)} ms ({size})"
    if found.is_found:
        return f"{found.first} and {found.second} move together ({size})"
    return f"{found.first} and {found.second}: neither leads"


def contagion(found: Contagion) -> str:
    """How two pairs hung together while they did."""
    times = "once" if found.alerts == 1 else f"{found.alerts:,} times"
    lasted = f"{times}, {duration(found.lasted_ms)} in all (correlation {found.correlation:+.2f})"
    if not found.lag_ms:
        return f"{found.leader} and {found.led} moved together {lasted}"
    return f"{found.leader} led {found.led} by {duration(found.lag_ms)} {lasted}"


def followed(found: Contagion) -> list[str]:
    """How far the one that was led went the way of its leader's signals, after each horizon."""
    return [
        f"{with_error(move.mean_bps)}{' bps' if move.mean_bps else ''} after"
        f" {duration(move.horizon_ms)}"
        for move in found.moves
    ]
