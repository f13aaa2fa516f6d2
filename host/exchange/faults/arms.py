"""Faults that wait for frames: of which clients, and of how many of each."""

from collections.abc import Callable
from typing import Any

from host.exchange.faults.kinds import Kind
from host.exchange.faults.looks import is_same

# Told of a strike: the fault, its options, the client's number, the pair.
Record = Callable[[Kind, dict[str, Any], int, str | None], None]


class Arm:
    """A fault that waits for `left[client]` frames of each, and for `to_come` clients more."""

    def __init__(self, kind: Kind, options: dict[str, Any]):
        self.kind = kind
        self.options = options
        self.left: dict[int, int] = {}
        self.to_come = 0
        self.has_struck: set[int] = set()

    @property
    def frames(self) -> int:
        return self.options.get("frames", 1)

    def is_for(self, symbol: str | None) -> bool:
        return is_same(self.options["symbol"], symbol)


class Arms:
    """All of them, in the order in which they were injected; `record` is told who was struck."""

    def __init__(self, record: Record):
        self._record = record
        self._arms: list[Arm] = []

    def __len__(self) -> int:
        return len(self._arms)

    def has(self, name: str) -> bool:
        return any(arm.kind.name == name for arm in self._arms)

    def of(self, number: int) -> list[Arm]:
        """Those that wait for a frame of that client."""
        return [arm for arm in self._arms if number in arm.left]

    def add(self, kind: Kind, options: dict[str, Any], here: list[int]) -> None:
        """Wait for the clients `here`; for as many others where these are cut off for it."""
        arm = Arm(kind, options)
        if options.get("cut"):
            arm.to_come = len(here)
            # Their successors have other numbers.
            arm.options = options | {"client": 0}
        else:
            arm.left = dict.fromkeys(here, arm.frames)
        if not here:
            arm.to_come = 1
        self._arms.append(arm)

    def come(self, number: int) -> None:
        """A client has come."""
        for arm in self._arms:
            if arm.to_come and arm.options["client"] in (0, number):
                arm.to_come -= 1
                arm.left[number] = arm.frames

    def leave(self, number: int) -> None:
        """A client has left; what it was not struck by strikes another."""
        for arm in list(self._arms):
            if arm.left.pop(number, 0) == arm.frames and not arm.options["client"]:
                arm.to_come += 1
            self._settle(arm)

    def struck(self, arm: Arm, number: int, symbol: str | None) -> None:
        """A frame of that client was struck; only the first is told."""
        arm.left[number] -= 1
        if not arm.left[number]:
            del arm.left[number]
        if number not in arm.has_struck:
            arm.has_struck.add(number)
            self._record(arm.kind, arm.options, number, symbol)
        self._settle(arm)

    def _settle(self, arm: Arm) -> None:
        if not arm.left and not arm.to_come and arm in self._arms:
            self._arms.remove(arm)
