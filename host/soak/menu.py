"""Which faults a dialect can be struck with in a soak, in seeded random order, with options that keep it short."""

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from host.errors import UserError
from host.exchange.faults import catalogue
from host.exchange.faults.kinds import REST, Kind
from host.exchange.source import FUTURES_V1, SPOT_V1, SPOT_V2

DIALECTS = (SPOT_V2, SPOT_V1, FUTURES_V1)

# Faults that make no sense there: futures have no checksum, the board asks REST for spot only.
_NOT_IN = {
    SPOT_V2: {"without-checksum", "sequence-gap"},
    SPOT_V1: {"sequence-gap"},
    FUTURES_V1: {"wrong-checksum", "without-checksum"}
    | {kind.name for kind in catalogue.KINDS.values() if kind.when == REST},
}
# Instead of the catalogue's, whose faults last longer than a hundred of each leave time for.
_SHORT: dict[str, dict[str, tuple]] = {
    "half-open": {"seconds": (6.0,)},
    "upgrade-silent": {"seconds": (30.0,), "times": (1,)},
    "late-snapshot": {"seconds": (2.0, 5.0)},
    "late-ack": {"seconds": (1.0, 3.0)},
    "empty-side": {"seconds": (0.0, 2.0)},
    "crossed-book": {"seconds": (0.0, 2.0)},
    "quiet-pair": {"seconds": (5.0,)},
    "status": {"seconds": (2.0,), "announced_s": (1.0,)},
    "missing-heartbeats": {"seconds": (2.0, 5.0)},
    "lag": {"lag_s": (1.0, 3.0), "seconds": (6.0,)},
    "clock-jump": {"seconds": (3.0,)},
    # A start asks once; what is left over would strike at the next one.
    **{name: {"times": (1,)} for name, kind in catalogue.KINDS.items() if kind.when == REST},
}
# Until the board must have noticed; everything else it notices at once.
# What is left out shows with the pair's next message.
_NOTICE_S = {"half-open": 4.5, "missing-update": 2.0, "reordered-updates": 2.0}
_DEFAULT_NOTICE_S = 0.5
# By these a fault's options say how long it lasts, in seconds and ms; what waits at the door for
# somebody lasts as long as they let it.
_LASTS_S = "seconds"
_LASTS_MS = "ms"
_ENDS_WITH_THE_CLIENT = ("half-open", "upgrade-silent", "rest-silent")


class Blow(NamedTuple):
    """A fault to come."""

    kind: Kind
    options: dict[str, Any]

    @property
    def lasts_s(self) -> float:
        """For how long it goes on after it has struck."""
        if self.kind.name in _ENDS_WITH_THE_CLIENT:
            return 0.0
        return self.options.get(_LASTS_S, 0.0) + self.options.get(_LASTS_MS, 0.0) / 1000

    @property
    def shows_s(self) -> float:
        """After so long the board has noticed it, if there is anything to notice."""
        return self.lasts_s + _NOTICE_S.get(self.kind.name, _DEFAULT_NOTICE_S)


def kinds(dialect: str, only: Sequence[str] = ()) -> list[Kind]:
    """The faults of that dialect, or `only` some; raises UserError for one that it has not."""
    for name in only:
        if catalogue.find(name).name in _NOT_IN[dialect]:
            raise UserError(f"--only {name}: makes no sense for {dialect}")
    return [
        kind
        for name, kind in catalogue.KINDS.items()
        if (name in only if only else name not in _NOT_IN[dialect])
    ]


def blows(chosen: list[Kind], times: int, seed: int, pairs: Sequence[str]) -> list[Blow]:
    """Each of them so many times, shuffled; those of REST come last, since they need a start."""
    random = Random(f"{seed}/blows")
    shuffled = [kind for kind in chosen for _ in range(times)]
    random.shuffle(shuffled)
    shuffled.sort(key=lambda kind: kind.when == REST)
    return [Blow(kind, _options(kind, random, pairs)) for kind in shuffled]


def _options(kind: Kind, random: Random, pairs: Sequence[str]) -> dict[str, Any]:
    drawn = kind.drawn(random)
    for name, values in _SHORT.get(kind.name, {}).items():
        drawn[name] = random.choice(values)
    options = kind.checked(drawn)
    if "symbol" in options:
        # Any of them, and each of them.
        options["symbol"] = random.choice((None, *pairs))
    return {name: value for name, value in options.items() if value is not None}
