"""What becomes of one client's frames on their way to it, while faults are about."""

import asyncio
import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING

from host.exchange.faults import acks, rewrite
from host.exchange.faults.looks import (
    ACK,
    BOOK,
    HEARTBEAT,
    MARKET,
    OTHER,
    SNAPSHOT,
    STATUS,
    UPDATE,
    Look,
    look,
)
from host.exchange.faults.overlay import Overlay
from host.exchange.faults.pictures import Picture, entries
from host.exchange.faults.wire import Binary
from host.exchange.source import FUTURES_V1, SPOT_V1

if TYPE_CHECKING:
    from host.exchange.faults.arms import Arm
    from host.exchange.faults.injector import Injector

# The frames that a fault waits for, where its options do not say.
_WANTS = {"late-snapshot": SNAPSHOT, "snapshot-twice": SNAPSHOT, "late-ack": ACK, "error-ack": ACK}
_OVERLAYS = ("empty-side", "crossed-book", "quiet-pair")


class Tamper:
    """The faults' hands on one connection. `true_book(symbol)` returns depth and snapshot frame."""

    def __init__(
        self,
        injector: "Injector",
        number: int,
        true_book: Callable[[str], tuple[int, str] | None],
        request: Callable[[str], None],
    ):
        self.number = number
        self.greeting: str | None = None
        self._injector = injector
        self._true_book = true_book
        self._request = request
        # (when it is due, order, frame)
        self._held: list[tuple[int, int, str]] = []
        self._order = 0
        # symbol -> until when its book is held back.
        self._late: dict[str, int] = {}
        # symbol -> the update that the next one overtakes.
        self._overtaken: dict[str, str] = {}
        self._overlays: dict[str, Overlay] = {}
        # Futures: how much higher than the exchange's own the client's sequence numbers are.
        self._shift: dict[str, int] = {}
        # Pairs that the exchange believes, for a moment more, to be subscribed to.
        self._muted: set[str] = set()
        self._time_us = 0

    @property
    def next_us(self) -> int | None:
        """When frames that are held back are due."""
        return self._held[0][0] if self._held else None

    def due(self, now_us: int) -> list[str]:
        """The frames that have been held back until now."""
        out = []
        while self._held and self._held[0][0] <= now_us:
            out.append(heapq.heappop(self._held)[2])
        return out

    def changed(self, time_us: int, text: str) -> list[str]:
        """What is to be said now, in place of `text`."""
        if self.greeting is None:
            self.greeting = text
        self._time_us = time_us
        out = self.due(time_us)
        if not (self._injector.arms or self._injector.windows or self._is_busy):
            out.append(text)
            return out
        seen = look(text)
        for each in self._told(text, seen):
            for struck in self._struck(each, seen):
                out += self._delayed(struck, seen)
        return out

    @property
    def _is_busy(self) -> bool:
        return bool(
            self._held
            or self._late
            or self._overtaken
            or self._overlays
            or self._shift
            or self._muted
        )

    def _told(self, text: str, seen: Look) -> list[str]:
        """What lasting faults of a pair make of a frame."""
        symbol = seen.symbol
        if symbol is None:
            return [text]
        if symbol in self._muted:
            if seen.kind in BOOK:
                return []
            if seen.kind == OTHER and acks.is_unsubscribed(text):
                self._muted.discard(symbol)
                return []
        if seen.kind == SNAPSHOT:
            self._shift.pop(symbol, None)
            self._overlays.pop(symbol, None)
            self._overtaken.pop(symbol, None)
        overlay = self._overlays.get(symbol)
        if overlay and seen.kind == MARKET and overlay.is_quiet:
            return []
        if overlay and seen.kind == UPDATE:
            texts = overlay.passed(text, seen, self._time_us)
            if overlay.is_over:
                del self._overlays[symbol]
            if seen.dialect != FUTURES_V1:
                return texts
            # In place of one number there are as many as there are texts.
            shift = self._shift.get(symbol, 0)
            self._shift[symbol] = shift + len(texts) - 1
            return [rewrite.sequence(each, shift + at) for at, each in enumerate(texts)]
        if seen.kind == UPDATE and symbol in self._shift:
            return [rewrite.sequence(text, self._shift[symbol])]
        return [text]

    def _struck(self, text: str, seen: Look) -> list[str]:
        """What the first fault that waits for such a frame makes of it; one frame, one fault."""
        if seen.kind == UPDATE and seen.symbol in self._overtaken:
            return [text, self._overtaken.pop(seen.symbol)]
        for arm in self._injector.arms.of(self.number):
            if not self._fits(arm, text, seen):
                continue
            texts = self._done(arm, text, seen)
            if texts is not None:
                self._injector.arms.struck(arm, self.number, seen.symbol)
                return texts
        return [text]

    def _fits(self, arm: "Arm", text: str, seen: Look) -> bool:
        name, wanted = arm.kind.name, arm.options.get("of", _WANTS.get(arm.kind.name, UPDATE))
        if seen.kind != wanted and not (wanted == "book" and seen.kind in BOOK):
            return False
        if name == "wrong-checksum" and seen.dialect == FUTURES_V1:
            return False
        if name == "without-checksum" and seen.dialect != SPOT_V1:
            return False
        if name == "sequence-gap" and seen.dialect != FUTURES_V1:
            return False
        return arm.is_for(seen.symbol)

    def _done(self, arm: "Arm", text: str, seen: Look) -> list[str] | None:
        """What the fault makes of its frame; None when it cannot yet strike."""
        name, options = arm.kind.name, arm.options
        if name in _OVERLAYS:
            return self._overlaid(name, options, text, seen)
        if name == "missing-update":
            return []
        if name in ("duplicate-update", "snapshot-twice"):
            return [text, text]
        if name == "reordered-updates":
            self._overtaken[seen.symbol] = text
            return []
        if name == "extra-snapshot":
            true = self._true_at(text, seen, self._shift.get(seen.symbol, 0))
            if not true or seen.symbol in self._overlays:
                return None
            return [text, self._numbered(true[1], seen)]
        if name == "late-snapshot":
            self._late[seen.symbol] = self._time_us + int(options["seconds"] * 1e6)
            return [text]
        if name == "late-ack":
            return self._held_until(self._time_us + int(options["seconds"] * 1e6), text)
        if name == "error-ack":
            self._muted.add(seen.symbol)
            asyncio.get_running_loop().call_soon(self._request, acks.unsubscribe(text, seen))
            return [acks.refusal(text, seen, options["error"])]
        if name == "sequence-gap":
            self._shift[seen.symbol] = self._shift.get(seen.symbol, 0) + options["by"]
            return [rewrite.sequence(text, options["by"])]
        return [self._rewritten(name, options, text, seen)]

    def _rewritten(self, name: str, options: dict, text: str, seen: Look) -> str:
        if name == "wrong-checksum":
            return rewrite.wrong_checksum(text, seen)
        if name == "without-checksum":
            return rewrite.without_checksum(text, seen)
        if name == "exponent":
            return rewrite.numbers(text, seen, rewrite.exponent(options["form"]))
        if name == "excess-decimals":
            change = rewrite.more_decimals(options["decimals"], options["digit"])
            return rewrite.numbers(text, seen, change)
        if name == "extra-keys":
            return rewrite.extra_keys(text, seen)
        if name == "malformed-json":
            return rewrite.malformed(text, options["kind"], self._injector.random)
        if name == "truncated-frame":
            return rewrite.truncated(text, options["part"])
        assert name == "binary-frame", name
        return Binary(text)

    def _numbered(self, snapshot: str, seen: Look) -> str:
        shift = self._shift.get(seen.symbol, 0)
        return rewrite.sequence(snapshot, shift) if shift else snapshot

    def _true_at(self, text: str, seen: Look, shift: int) -> tuple[int, str] | None:
        """Depth and snapshot of the book as it is after the update `text`, if that can be had.

        Of several futures messages that are made at once only the last leaves the book as it is.
        """
        true = self._true_book(seen.symbol)
        if true and seen.dialect == FUTURES_V1:
            return true if rewrite.number(true[1]) + shift == rewrite.number(text) else None
        return true

    def _overlaid(self, name: str, options: dict, text: str, seen: Look) -> list[str] | None:
        if seen.symbol in self._overlays:
            return None

        def true(text: str, shift: int = 0) -> Picture | None:
            found = self._true_at(text, seen, shift)
            return Picture(found[0], entries(found[1], look(found[1]))) if found else None

        told = true(text, self._shift.get(seen.symbol, 0))
        if told is None:
            return None

        until_us = self._time_us + int(options["seconds"] * 1e6)
        overlay = Overlay(name, options, until_us, told, true)
        self._overlays[seen.symbol] = overlay
        texts = overlay.first(text, seen, self._time_us)
        if seen.dialect == FUTURES_V1:
            texts = [rewrite.sequence(each, at) for at, each in enumerate(texts, 1)]
            self._shift[seen.symbol] = self._shift.get(seen.symbol, 0) + len(texts)
        return [text, *texts]

    def _delayed(self, text: str, seen: Look) -> list[str]:
        """What windows make of a frame, and whether it is to be said now or later."""
        now_us = due_us = self._time_us
        for name, options, until_us in self._injector.windows.of(self.number, now_us):
            if name == "missing-heartbeats" and seen.kind == HEARTBEAT:
                return []
            if name == "clock-jump":
                moved = rewrite.later(text, seen, options["by_s"])
                text = Binary(moved) if isinstance(text, Binary) else moved
            # What all are told is the exchange's own word.
            if name == "status" and seen.kind == STATUS and options["client"]:
                text = acks.system(text, options["system"])
            if name == "lag":
                lag_us = int(options["lag_s"] * 1e6)
                due_us = max(due_us, min(now_us + lag_us, until_us))
        if seen.kind in BOOK and (late_us := self._late.get(seen.symbol)):
            due_us = max(due_us, late_us)
            if late_us <= now_us:
                del self._late[seen.symbol]
        return self._held_until(due_us, text)

    def _held_until(self, due_us: int, text: str) -> list[str]:
        if due_us <= self._time_us:
            return [text]
        self._order += 1
        heapq.heappush(self._held, (due_us, self._order, text))
        self._injector.changed()
        return []
