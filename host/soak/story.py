"""What a board has said while it was soaked: states, heap, lag, restarts, prices that were wrong."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from host.monitor.records import Record, decode

_LIVE, _STALE, _SYNCING = "LIVE", "STALE", "SYNCING"
# Wrong prices that are kept to be shown, and lines that are no records.
_MOST_SHOWN = 20


@dataclass
class Spell:
    """A time in which not all books were LIVE, in monotonic seconds."""

    began_s: float
    ended_s: float | None = None


@dataclass(frozen=True)
class Sample:
    """A `link` and `health` record: how the board was."""

    at_s: float
    boot: int
    free: int
    low: int
    lag_ms: int | None
    is_live: bool
    """Whether all books were LIVE then, so that it compares with others."""


@dataclass(frozen=True)
class Restart:
    """The board began again by itself; without a `cause` nobody knows why."""

    at_s: float
    cause: str | None


@dataclass
class Totals:
    """Counters of one boot, as the last health record has them."""

    messages: int = 0
    bad: int = 0
    skipped: int = 0
    dropped: int = 0
    reconnects: int = 0


@dataclass
class Story:
    """Taken line by line.

    `is_right` judges each `book` record of a LIVE book, and is told whether it is the first of it.
    """

    pairs: list[str]
    is_right: Callable[[Record, bool], bool]
    states: dict[str, str] = field(default_factory=dict)
    spells: list[Spell] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    restarts: list[Restart] = field(default_factory=list)
    boots: list[Totals] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    """Of each boot: why the firmware had restarted the board, or how the chip was reset."""
    waits: list[tuple[float, float]] = field(default_factory=list)
    """(when, for how many seconds) the board said it would wait before the next try."""
    said: list[tuple[float, str]] = field(default_factory=list)
    """What a person sees of troubles: (when, in words)."""
    prices: int = 0
    wrong: list[Record] = field(default_factory=list)
    wrong_count: int = 0
    other_lines: list[str] = field(default_factory=list)
    book_s: float = 0.0
    """When the last `book` record came."""

    def __post_init__(self):
        self._link: Record = {}
        self._fresh: set[str] = set()
        self._changed = threading.Condition()

    @property
    def is_live(self) -> bool:
        """Whether all books are."""
        return bool(self.spells) and self.spells[-1].ended_s is not None

    def power_on(self, at_s: float) -> None:
        """The board begins, again: nothing is known of its books."""
        self.states = dict.fromkeys(self.pairs, _SYNCING)
        self.boots.append(Totals())
        self._link = {}
        if not self.spells or self.spells[-1].ended_s is not None:
            self.spells.append(Spell(at_s))

    def take(self, raw: bytes, at_s: float) -> None:
        """The next line."""
        line = raw.rstrip(b"\r\n")
        record = decode(line)
        if record is None:
            if len(self.other_lines) < _MOST_SHOWN:
                self.other_lines.append(line.decode(errors="replace"))
            return
        kind = record["k"]
        if kind == "book":
            self.book_s = at_s
            self.prices += 1
            is_first = record["p"] in self._fresh
            self._fresh.discard(record["p"])
            if not self.is_right(record, is_first):
                self.wrong_count += 1
                self.wrong.append(record) if len(self.wrong) < _MOST_SHOWN else None
        elif kind == "state":
            self._state(record, at_s)
        elif kind == "link":
            self._link = record
        elif kind == "health":
            self._health(record, at_s)
        elif kind == "net":
            self._net(record, at_s)
        elif kind == "boot":
            self.causes.append(record.get("why", record["cause"]))
        elif kind in ("error", "restart"):
            self.said.append((at_s, f"{kind} {record['why']}"))
        elif kind == "status":
            self.said.append((at_s, f"status {record['st']}"))

    def last_error(self) -> str | None:
        """The last words of a board that gave up."""
        errors = [words for _, words in self.said if words.startswith("error ")]
        return errors[-1][len("error ") :] if errors else None

    def _state(self, record: Record, at_s: float) -> None:
        was_live = self.is_live
        self.states[record["p"]] = record["st"]
        if record["st"] == _LIVE:
            self._fresh.add(record["p"])
        if record["st"] == _STALE:
            self.said.append((at_s, f"STALE {record['why']}"))
        is_live = all(state == _LIVE for state in self.states.values())
        if was_live and not is_live:
            self.spells.append(Spell(at_s))
        elif is_live and not was_live and self.spells:
            self.spells[-1].ended_s = at_s

    def _health(self, record: Record, at_s: float) -> None:
        link, totals = self._link, self.boots[-1]
        totals.messages, totals.bad, totals.dropped = record["n"], record["bad"], record["drop"]
        totals.skipped, totals.reconnects = link.get("skip", 0), link.get("re", 0)
        if record["free"] is not None:
            low = link.get("low")
            self.samples.append(
                Sample(
                    at_s,
                    len(self.boots),
                    record["free"],
                    record["free"] if low is None else low,
                    record["lag"],
                    self.is_live,
                )
            )

    def _net(self, record: Record, at_s: float) -> None:
        if record["st"] == "down":
            self.said.append((at_s, f"down {record['why']}"))
        elif record["st"] == "retry":
            self.waits.append((at_s, record["ms"] / 1000))

    def waited_s(self, since_s: float, until_s: float) -> float:
        """How long of that time the board waited before it tried again, as it had said."""
        total = 0.0
        for began_s, wait_s in reversed(self.waits):
            if began_s < since_s - 0.001:
                break
            total += max(0.0, min(began_s + wait_s, until_s) - began_s)
        return total

    def words(self, since_s: float, until_s: float) -> Counter[str]:
        """What was said of troubles in that time."""
        found: Counter[str] = Counter()
        for at_s, words in reversed(self.said):
            if at_s < since_s:
                break
            if at_s <= until_s:
                found[words] += 1
        return found
