"""One line of the doctor's page: what was looked at, how it is, and the remedy."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """`remedy` is empty for what is ok."""

    what: str
    state: State
    said: str
    remedy: str = ""


def ok(what: str, said: str) -> Finding:
    """As it should be."""
    return Finding(what, "ok", said)


def warn(what: str, said: str, remedy: str) -> Finding:
    """It works, but somebody should look at it."""
    return Finding(what, "warn", said, remedy)


def fail(what: str, said: str, remedy: str) -> Finding:
    """It keeps the board from doing its work."""
    return Finding(what, "fail", said, remedy)
