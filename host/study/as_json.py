"""The study as one object of numbers, for programs."""

from host.replay import engine as counters
from host.replay.engine import Engine
from host.study import words
from host.study.contagion import Contagion
from host.study.estimates import Estimate
from host.study.lead_lag import LeadLag
from host.study.results import PAIR, Group, Outcome, Study


def of(study: Study, engine: Engine, files: list[str]) -> dict:
    """What is too few for a number is null."""
    recording = study.recording
    return {
        "files": files,
        "dialect": engine.dialect.name,
        "messages": engine.counter(counters.MESSAGES),
        "failed": engine.counter(counters.BAD),
        "pairs": recording.pairs,
        "begin_ms": recording.begin_ms,
        "end_ms": recording.end_ms,
        "signals": len(recording.signals),
        "horizons_ms": list(study.horizons_ms),
        "fee_bps": study.fee_bps,
        "groups": [_group(group) for group in study.groups],
        "leads": [_lead(lead) for lead in study.leads],
        "contagions": [_contagion(each) for each in study.contagions],
    }


def _group(group: Group) -> dict:
    told: dict = {
        "by": group.kind,
        "pair": group.pair,
        "confidence": group.confidence,
        "why": group.reason,
        "signals": group.signals,
        "after": [_outcome(outcome) for outcome in group.outcomes],
        "curve": [
            {"ms": point.after_ms, "bps": _estimate(point.mean_bps)} for point in group.curve
        ],
    }
    if group.kind == PAIR:
        told |= {"half_after_ms": group.half_after_ms, "verdict": words.verdict(group)}
    return told


def _outcome(outcome: Outcome) -> dict:
    return {
        "ms": outcome.horizon_ms,
        "known": outcome.count,
        "moved": outcome.moved,
        "hit_rate": _estimate(outcome.hit_rate),
        "ic": _estimate(outcome.ic),
        "gross_bps": _estimate(outcome.gross_bps),
        "net_bps": _estimate(outcome.net_bps),
        "chance": outcome.chance,
        "holds": outcome.holds,
    }


def _estimate(estimate: Estimate | None) -> dict | None:
    return estimate and {name: round(value, 6) for name, value in estimate._asdict().items()}


def _lead(found: LeadLag) -> dict:
    return {
        "pairs": [found.first, found.second],
        "leader": found.leader,
        "lag_ms": found.lag_ms,
        "correlation": round(found.correlations[found.peak], 6),
        "holds": found.is_found,
        "lags_ms": found.lags_ms,
        "correlations": [round(value, 6) for value in found.correlations],
        "band": [round(value, 6) for value in found.band],
    }


def _contagion(found: Contagion) -> dict:
    return {
        "leader": found.leader if found.lag_ms else None,
        "pairs": [found.leader, found.led],
        "alerts": found.alerts,
        "lasted_ms": found.lasted_ms,
        "lag_ms": found.lag_ms,
        "correlation": round(found.correlation, 6),
        "signals": found.signals,
        "after": [
            {"ms": move.horizon_ms, "known": move.count, "bps": _estimate(move.mean_bps)}
            for move in found.moves
        ],
    }
