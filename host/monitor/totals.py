"""What the board has counted, also before a reset, where it starts again from zero."""

from collections import Counter
from collections.abc import Iterable

from host.monitor.numbers import whole
from host.monitor.pair import Pair
from host.monitor.records import Record

COUNTS = ("n", "bad", "drop", "re", "skip")  # of the health and link records: they only grow


class Totals:
    """Tell it of a reset with `reset`; ask it with what the board counts now."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._updates: Counter[str] = Counter()  # by pair
        self._bad: Counter[str] = Counter()

    def reset(self, now: Record, pairs: Iterable[Pair]) -> None:
        """The board is about to count from zero; `now` is what it said last."""
        for key in COUNTS:
            self._counts[key] = self.count(key, now)
        for pair in pairs:
            self._updates[pair.name] += pair.updates
            self._bad[pair.name] += pair.bad_checksums

    @property
    def pairs(self) -> list[str]:
        """The pairs that were there before a reset."""
        return list(self._updates)

    def count(self, key: str, now: Record) -> int:
        """One of COUNTS."""
        return self._counts[key] + (whole(now.get(key)) or 0)

    def updates(self, name: str, now: Pair | None) -> int:
        """A pair's updates."""
        return self._updates[name] + (now.updates if now else 0)

    def bad(self, name: str, now: Pair | None) -> int:
        """A pair's failed checksums."""
        return self._bad[name] + (now.bad_checksums if now else 0)
