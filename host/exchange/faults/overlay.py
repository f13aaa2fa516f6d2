"""A book that is told otherwise than it is for a while: crossed, one side empty, or not at all."""

from collections.abc import Callable

from host.exchange.faults import pictures
from host.exchange.faults.looks import Look
from host.exchange.faults.pictures import Entry, Picture


class Overlay:
    """What one client is told of one pair from the strike on until exchange time `until_us`.

    All of it proves: the checksums are those of the book that the client holds, and at the end one
    update (futures: one a level) makes it the true one. `told` is what the client holds, and
    `true` returns the book after a frame, None where that cannot be had.
    """

    def __init__(
        self,
        name: str,
        options: dict,
        until_us: int,
        told: Picture,
        true: Callable[[str], Picture | None],
    ):
        self._name = name
        self._side = options.get("side")
        self._until_us = until_us
        self._true = true
        self._told = told
        self.is_over = False

    @property
    def is_quiet(self) -> bool:
        return self._name == "quiet-pair"

    def first(self, text: str, seen: Look, time_us: int) -> list[str]:
        """What follows `text`, the last frame that told the truth."""
        if self._name == "empty-side":
            changes = [pictures.deletion(entry) for entry in self._told.best(self._side)]
        elif self._name == "crossed-book":
            bids, asks = self._told.best("bids"), self._told.best("asks")
            # Above the best ask; an inner price is on the pair's grid and has its decimals.
            changes = [Entry("bids", asks[:2][-1].price, bids[0].qty)] if bids and asks else []
        else:
            changes = []
        return self._updates(changes, text, seen, time_us)

    def passed(self, text: str, seen: Look, time_us: int) -> list[str]:
        """What is said in place of `text`."""
        if time_us >= self._until_us and (true := self._true(text)):
            self.is_over = True
            changes = self._told.changes_to(true)
            return pictures.updates(changes, true, text, seen, time_us)
        changes = pictures.entries(text, seen)
        if self.is_quiet:
            changes = []
        elif self._name == "empty-side":
            changes = [entry for entry in changes if entry.side != self._side]
        return self._updates(changes, text, seen, time_us)

    def _updates(self, changes: list[Entry], text: str, seen: Look, time_us: int) -> list[str]:
        self._told.apply(changes)
        return pictures.updates(changes, self._told, text, seen, time_us)
