"""How the exchange prints JSON and times, in whatever dialect."""

import json
from datetime import UTC, datetime
from functools import lru_cache


def compact(value: object) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def sorted_keys(value: dict) -> str:
    """JSON as spot answers: the keys of every object in order."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


@lru_cache(maxsize=4)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def time_text(time_us: int) -> str:
    """RFC 3339 in UTC with six decimals, of microseconds since 1970."""
    second, micros = divmod(time_us, 1_000_000)
    return f"{_second_text(second)}.{micros:06d}Z"


def time_of(text: str) -> int:
    """Microseconds since 1970 of an RFC 3339 time; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond


def seconds_text(time_us: int) -> str:
    """Seconds since 1970 with six decimals."""
    second, micros = divmod(time_us, 1_000_000)
    return f"{second}.{micros:06d}"
