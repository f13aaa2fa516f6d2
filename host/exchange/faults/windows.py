"""Faults that last: which are open at what exchange time, and what is to be done when."""

import heapq
from collections.abc import Callable
from typing import Any, NamedTuple

from host.exchange.texts import time_text


class Window(NamedTuple):
    """A fault of all that is said until `until_us`."""

    name: str
    options: dict[str, Any]
    until_us: int


class Windows:
    """By the exchange's time; `tell` is told in one line when one is over."""

    def __init__(self, now_us: Callable[[], int], tell: Callable[[str], None]):
        self._now_us = now_us
        self._tell = tell
        self._open: list[Window] = []
        # What is to be done: (time, order, what).
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0

    def __len__(self) -> int:
        return len(self._open)

    def clear(self) -> None:
        self._open.clear()
        self._timers.clear()

    def next_us(self) -> int | None:
        return self._timers[0][0] if self._timers else None

    def step(self, now_us: int) -> None:
        """Do what is due until `now_us`."""
        while self._timers and self._timers[0][0] <= now_us:
            heapq.heappop(self._timers)[2]()

    def at(self, time_us: int, what: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._timers, (time_us, self._order, what))

    def open(self, name: str, options: dict[str, Any], until_us: int) -> None:
        window = Window(name, options, until_us)
        self._open.append(window)

        def close() -> None:
            self._open.remove(window)
            self._tell(f"{time_text(self._now_us())} fault {name} is over")

        self.at(until_us, close)

    def of(self, number: int, now_us: int) -> list[Window]:
        """Those that are open for that client."""
        return [
            window
            for window in self._open
            if now_us < window.until_us and window.options["client"] in (0, number)
        ]
