"""How two pairs go together: their correlation, who leads whom, and the contagion that the board tells of."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from host.monitor.movement import Heard
from host.monitor.numbers import number, whole
from host.monitor.records import Record
from host.monitor.safe_text import safe_text

# Among seven lags noise has a largest one, too. So a lead is told where it is strong and stays.
_LEAST_LED = Decimal("0.5")
_HELD_RECORDS = 5


@dataclass
class Lead:
    """`leader` moved `lag_ms` before `follower`; 0: both at once."""

    leader: str
    follower: str
    lag_ms: int
    correlation: Decimal

    def __str__(self) -> str:
        if not self.lag_ms:
            return f"{self.leader} and {self.follower} move as one"
        return f"{self.leader} leads {self.follower} by {self.lag_ms} ms"


@dataclass
class Link(Heard):
    """What the board last told of two pairs."""

    correlation: Decimal | None = None  # at lag 0
    lead: Lead | None = None
    held: int = 0  # records in a row, by the last of which the same one leads clearly
    contagion_ms: int | None = None  # exchange time when it began, while there is one

    @property
    def clear_lead(self) -> Lead | None:
        """Who leads, where that is no accident of the last records."""
        return self.lead if self.held >= _HELD_RECORDS else None

    def take(self, record: Record, now_s: float) -> None:
        """Learn from a `corr` record."""
        before = self.lead.leader if self.lead else ""
        self.heard_s = now_s
        self.correlation = number(record.get("c"))
        self.lead = lead(record, "l")
        if self.lead is None or not self.lead.lag_ms or abs(self.lead.correlation) < _LEAST_LED:
            self.held = 0
        else:
            self.held = self.held + 1 if self.lead.leader == before else 1
        if not number(record.get("l")):
            self.contagion_ms = None  # one of the two has a gap: its end may have been missed


class Links:
    """Feed it `corr` and `contagion` records; `of` has what is known of two pairs."""

    def __init__(self) -> None:
        self._links: dict[frozenset[str], Link] = {}

    def of(self, one: str, other: str) -> Link | None:
        """What is known of these two, whichever comes first."""
        return self._links.get(frozenset((one, other)))

    def leads(self, now_s: float) -> list[Lead]:
        """Who clearly leads whom, the strongest first."""
        leads = [link.clear_lead for link in self._links.values() if not link.old(now_s)]
        return sorted(filter(None, leads), key=lambda lead: -abs(lead.correlation))

    @property
    def contagions(self) -> list[Link]:
        """The links that are in contagion, the oldest first."""
        found = [link for link in self._links.values() if link.lead and link.contagion_ms]
        return sorted(found, key=lambda link: link.contagion_ms or 0)

    def take_correlation(self, record: Record, known: Collection[str], now_s: float) -> None:
        """Learn from a `corr` record, of pairs that are known."""
        if link := self._named(record, known):
            link.take(record, now_s)

    def take_contagion(self, record: Record, known: Collection[str], now_s: float) -> None:
        """Learn that one begins or ends."""
        link = self._named(record, known)
        if link is None:
            return
        link.heard_s, link.lead = now_s, lead(record)
        begins = whole(record.get("on")) == 1
        link.contagion_ms = whole(record.get("t")) if begins else None
        # The board says so once it is clear; later it has to show again.
        link.held = _HELD_RECORDS if begins and link.lead and link.lead.lag_ms else 0

    def no_contagion(self, name: str) -> None:
        """Whatever was said of this pair, it is in none: the record of an end may get lost."""
        for pair, link in self._links.items():
            if name in pair:
                link.contagion_ms = None

    def forget(self, name: str) -> None:
        """Nothing is known any more of this pair's links: its book is not proved."""
        self._links = {pair: link for pair, link in self._links.items() if name not in pair}

    def clear(self) -> None:
        """The board has started anew."""
        self._links.clear()

    def _named(self, record: Record, known: Collection[str]) -> Link | None:
        first, second = safe_text(record.get("p")), safe_text(record.get("q"))
        if first == second or first not in known or second not in known:
            return None
        return self._links.setdefault(frozenset((first, second)), Link())


def lead(record: Record, key: str = "c") -> Lead | None:
    """Who leads whom by a `corr` or `contagion` record; `key` is the correlation at the lag."""
    first, second = safe_text(record.get("p")), safe_text(record.get("q"))
    correlation, lag_ms = number(record.get(key)), whole(record.get("lag"))
    if not first or not second or correlation is None or lag_ms is None:
        return None
    leader, follower = (second, first) if lag_ms < 0 else (first, second)
    return Lead(leader, follower, abs(lag_ms), correlation)
