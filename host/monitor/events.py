"""What happened that a person would ask about later (re-syncs, restarts, lost connections), in plain words."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from host.monitor import chip_text, links, reasons
from host.monitor.numbers import number, whole
from host.monitor.records import Record
from host.monitor.safe_text import safe_text

EVENTS_KEPT = 200
CONTAGIONS_KEPT = 64  # at once, should line noise spell new names

Mood = Literal["ok", "wait", "bad"]
Said = tuple[Mood, str] | None


@dataclass
class Event:
    """One thing that happened, or the same thing several times in a row."""

    utc_s: float
    text: str
    mood: Mood
    times: int = 1  # the last one at `utc_s`


class Events:
    """Feed it every record that is known; it remembers what was before, and tells the changes."""

    def __init__(self) -> None:
        self.newest_first: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self.count = 0
        self._heard = False
        self._begin()

    def _begin(self) -> None:
        """The board starts: there is no before."""
        self._net_up = self._wifi_down = self._clock_waited = False
        self._net_down_s: float | None = None
        self._clock_trusted = True
        self._status = reasons.ONLINE
        self._contagions: dict[frozenset[str], int] = {}  # when they began, in exchange time

    def take(self, record: Record, now_s: float, utc_s: float, start_cause: str) -> Event | None:
        """The event that this record tells of, or None."""
        again, self._heard = self._heard, True
        if record["k"] == "boot":
            said = self._boot(start_cause, again)
        elif record["k"] == "net":
            said = self._net(record, now_s)
        else:
            say = self._SAY.get(record["k"])
            said = say(self, record) if say else None
        if said is None:
            return None
        self.count += 1
        newest = self.newest_first[0] if self.newest_first else None
        if newest and newest.text == said[1]:
            newest.utc_s, newest.times = utc_s, newest.times + 1
            return newest
        self.newest_first.appendleft(Event(utc_s, said[1], said[0]))
        return self.newest_first[0]

    def _boot(self, cause: str, again: bool) -> Said:
        self._begin()
        if chip_text.alarming(cause):
            return "bad", f"started: {cause}"
        return ("ok", f"started: {cause or 'no cause told'}") if again else None

    def _net(self, record: Record, now_s: float) -> Said:
        state = record.get("st")
        if state == "down":
            why = reasons.net(safe_text(record.get("why"))) or "no reason told"
            was_up, self._net_up = self._net_up, False
            if self._net_down_s is None:
                self._net_down_s = now_s
            return "bad", f"{'disconnected' if was_up else 'not connected'}: {why}"
        if state != "up":
            return None
        self._net_up = True
        down_s, self._net_down_s = self._net_down_s, None
        if down_s is None:
            return None
        took_s = now_s - down_s
        return "ok", f"connected again after {took_s:.{1 if took_s < 10 else 0}f} s"

    def _resync(self, record: Record) -> Said:
        name, ms = safe_text(record.get("p")), whole(record.get("ms"))
        if not name:
            return None
        after = (
            f" after {reasons.resync(safe_text(record.get('why')))}" if record.get("why") else ""
        )
        took = "" if ms is None else f" in {ms:,} ms"
        if whole(record.get("ok")) != 1:
            return "wait", f"{name} not re-synced{after}{took}, asking again"
        before, now = number(record.get("a")), number(record.get("b"))
        moved = f", price {before:f} to {now:f}" if before and now and before != now else ""
        return "ok", f"{name} re-synced{after}{took}{moved}"

    def _restart(self, record: Record) -> Said:
        return "bad", f"restarts itself: {safe_text(record.get('why')) or 'no reason told'}"

    def _exchange(self, record: Record) -> Said:
        status, before = safe_text(record.get("st")), self._status
        if not status or status == before:
            return None
        self._status = status
        if status == reasons.ONLINE:
            return "ok", "exchange: online again"
        return "wait", f"exchange: {reasons.status(status)}"

    def _listing(self, record: Record) -> Said:
        name, status = safe_text(record.get("p")), safe_text(record.get("st"))
        if not name or status in ("", reasons.ONLINE):
            return None
        return "wait", f"{name}: {reasons.status(status)} at the exchange"

    def _wifi(self, record: Record) -> Said:
        if record.get("st") == "down":
            self._wifi_down = True
            why = safe_text(record.get("why")) or "lost"
            return "bad", "Wi-Fi lost" if why == "lost" else f"no Wi-Fi: {why}"
        if record.get("st") != "up" or not self._wifi_down:
            return None
        self._wifi_down = False
        return "ok", "Wi-Fi back"

    def _clock(self, record: Record) -> Said:
        if record.get("st") == "wait":
            self._clock_waited = True
            return "wait", f"no time yet: {safe_text(record.get('why')) or 'no answer'}"
        if record.get("st") != "set" or not self._clock_waited:
            return None
        self._clock_waited = False
        return "ok", "clock set"

    def _link(self, record: Record) -> Said:
        trusted = record.get("off") is not None
        if "off" not in record or trusted == self._clock_trusted:
            return None
        self._clock_trusted = trusted
        if trusted:
            return "ok", "clock trusted again"
        return "wait", "clock doubted: lag is told, but not believed"

    def _leak(self, record: Record) -> Said:
        lost, free = whole(record.get("lost")), whole(record.get("free"))
        if lost is None or free is None:
            return None
        return "bad", f"memory leaks: {lost:,} B in an hour, {free:,} B are free"

    def _set(self, record: Record) -> Said:
        key, value = safe_text(record.get("key")), number(record.get("v"))
        if why := safe_text(record.get("why")):
            return "wait", f"setting not changed: {key} {why}"
        if not key or value is None:
            return None
        return "ok", f"setting changed: {key} is {value:f}"

    def _contagion(self, record: Record) -> Said:
        told = links.lead(record)
        now_ms = whole(record.get("t"))
        if told is None or now_ms is None:
            return None
        pairs = frozenset((told.leader, told.follower))
        began_ms = self._contagions.pop(pairs, None)
        if whole(record.get("on")) == 1:
            if len(self._contagions) < CONTAGIONS_KEPT:
                self._contagions[pairs] = now_ms
            return "wait", f"contagion: {told}, correlation {told.correlation:+.2f}"
        lasted = "" if began_ms is None else f", it lasted {(now_ms - began_ms) / 1000:.1f} s"
        return "ok", f"contagion is over: {told.leader} and {told.follower}{lasted}"

    def _error(self, record: Record) -> Said:
        return "bad", f"error: {error_text(record)}"

    _SAY: dict[str, Callable[["Events", Record], Said]] = {  # noqa: RUF012
        "resync": _resync,
        "contagion": _contagion,
        "restart": _restart,
        "status": _exchange,
        "listing": _listing,
        "wifi": _wifi,
        "clock": _clock,
        "link": _link,
        "leak": _leak,
        "set": _set,
        "error": _error,
    }


def error_text(record: Record) -> str:
    """What an error record says, and of which pair."""
    name, why = safe_text(record.get("p")), safe_text(record.get("why"))
    return f"{name}: {why}" if name else why
