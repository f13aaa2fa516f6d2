"""Faults that wait for who comes, to the door or to REST: one each, the first that fits."""

from collections.abc import Callable
from typing import Any

from host.exchange.faults.kinds import Kind


class Waiting:
    """A fault that waits for the next so many who come; `took` is called as each is struck."""

    def __init__(self, kind: Kind, options: dict[str, Any], took: Callable[[], None]):
        self.name = kind.name
        self.options = options
        self.left = options["times"]
        self._took = took

    def take(self) -> None:
        self.left -= 1
        self._took()


class Queue:
    """Those that wait, in the order in which they were injected."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []

    def add(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)

    def has(self, name: str) -> bool:
        return any(waiting.name == name for waiting in self._waiting)

    def take(self, fits: Callable[[Waiting], bool]) -> Waiting | None:
        """The fault that strikes who has come, None if there is none for it."""
        for waiting in self._waiting:
            if fits(waiting):
                waiting.take()
                if not waiting.left:
                    self._waiting.remove(waiting)
                return waiting
        return None
