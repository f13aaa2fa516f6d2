"""A case of the conformance list: what is sent, and what the client must make of it."""

import random
from dataclasses import dataclass

from conformance_peer import Peer

# What the client must do with what it is sent, in order.
#   ("text", data), ("binary", data)   deliver exactly this, in pieces where it is too large to keep
#   ("pong", data)                     answer with this
#   ("close", code)                    take the peer's close, answer with the same code (1005: none)
#   ("fail", code)                     refuse, with this code, and deliver nothing else
# Without one of the last two the connection stays open, and the client closes it with 1000.
PROTOCOL_ERROR = ("fail", 1002)
BAD_TEXT = ("fail", 1007)

OWN = "more."
"""How the names of cases begin that are not modelled on the public list."""


@dataclass(frozen=True)
class Case:
    name: str
    sent: str
    """In words."""
    frames: list[bytes]
    """In the order in which they are sent; of 6.4.3 and 6.4.4 the chops of one frame."""
    wanted: list[tuple]
    note: str = ""
    by: int | None = None
    """After how many of the frames it must have failed, if they come one at a time."""
    chop: int | None = None
    """Bytes a read, for the cases that are about that; others are read in many ways."""
    reference: bool = True
    """Whether wsproto, as a client, wants the same."""


@dataclass(frozen=True)
class Large:
    """A case of many bytes, which are made when they are asked for: `count` messages in fragments of `part` bytes."""

    name: str
    kind: str
    size: int
    part: int | None = None
    chop: int | None = None
    count: int = 1
    note: str = ""
    by = None
    reference = True

    @property
    def sent(self):
        said = f"{self.kind} of {self.size:,} bytes"
        if self.count > 1:
            said = f"{self.count:,} times {said}"
        if self.part:
            said += f" in fragments of {self.part:,}"
        if self.chop:
            said += f", {self.chop:,} at a time"
        return said

    @property
    def frames(self):
        data, peer = pattern(self.size, self.kind == "text"), Peer()
        part = self.part or self.size or 1
        message = [
            getattr(peer, self.kind)(data[at : at + part], at + part >= self.size)
            for at in range(0, self.size or 1, part)
        ]
        return message * self.count

    @property
    def wanted(self):
        return [(self.kind, pattern(self.size, self.kind == "text"))] * self.count


def pattern(size, text):
    """`size` bytes that tell one place from another; for a text they are ASCII."""
    period = 9973
    data = random.Random(size).randbytes(min(size, period))
    if text:
        data = bytes(32 + byte % 95 for byte in data)
    return (data * (size // period + 1))[:size]
