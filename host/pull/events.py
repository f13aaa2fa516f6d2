"""The files of a black box as events: every whole line, with the time at which it happened."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_SET_MS = 1_735_689_600_000  # 2025: before that nobody has set it
_MOST_MS = 4_102_444_800_000  # 2100: what is later is no time


@dataclass
class _Batch:
    """What was written at once: its head, then its events."""

    boot: int | None = None
    up_ms: int = 0
    at_ms: int = 0
    lost: int = 0
    events: list[dict] = field(default_factory=list)

    @property
    def clock_set(self) -> bool:
        return _CLOCK_SET_MS <= self.at_ms < _MOST_MS


@dataclass
class Story:
    """All events in order, and how many lines were no event because a power cut or damage had torn them."""

    events: list[dict]
    torn: int
    last_head: str

    @property
    def boots(self) -> int:
        """In how many lives of the board they happened."""
        return len({event["boot"] for event in self.events})

    @property
    def lost(self) -> int:
        """Events that the board had no room for."""
        return sum(event["n"] for event in self.events if event["k"] == "lost")


def read(files: Iterable[bytes]) -> Story:
    """The events of these files, the oldest first, as `inkling pull` shows them."""
    batches = [_Batch()]
    torn = 0
    last_head = ""
    for data in files:
        batches.append(_Batch())
        for line in data.splitlines(keepends=True):
            told = _told(line)
            if told is None:
                torn += 1
            elif told["k"] == "at":
                batches.append(_head(told))
                last_head = line.decode()
            else:
                batches[-1].events.append(told)
    began_ms = _starts(batches)
    events = [event for batch in batches for event in _timed(batch, began_ms.get(batch.boot))]
    return Story(events, torn, last_head)


def _told(line: bytes) -> dict | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if line.endswith(b"\n") and isinstance(told, dict) and "k" in told else None


def _head(told: dict) -> _Batch:
    values = [told.get(key) for key in ("boot", "up", "t", "lost")]
    numbers = [value if isinstance(value, int) else 0 for value in values]
    return _Batch(*numbers)


def _starts(batches: list[_Batch]) -> dict[int | None, int]:
    """When each life of the board began, by the first of its batches that knew the time."""
    began: dict[int | None, int] = {}
    for batch in batches:
        if batch.clock_set:
            began.setdefault(batch.boot, batch.at_ms - batch.up_ms)
    return began


def _timed(batch: _Batch, began_ms: int | None) -> list[dict]:
    """A batch's events; one from before the clock was set gets its time from the rest of that life."""
    if batch.clock_set:
        at_ms: int | None = batch.at_ms
    else:
        at_ms = None if began_ms is None else began_ms + batch.up_ms
    timed = []
    ms = 0
    for told in batch.events:
        given = told.pop("ms", 0)
        ms = given if isinstance(given, int) else ms
        timed.append(_when(batch, at_ms, ms) | told)
    if batch.lost:
        timed.append(_when(batch, at_ms, ms) | {"k": "lost", "n": batch.lost})
    return timed


def _when(batch: _Batch, at_ms: int | None, ms: int) -> dict:
    when: dict = {"time": None if at_ms is None else _iso(at_ms + ms), "boot": batch.boot}
    if at_ms is None:
        when["up_ms"] = batch.up_ms + ms
    return when


def _iso(ms: int) -> str:
    time = _1970 + timedelta(milliseconds=ms)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
