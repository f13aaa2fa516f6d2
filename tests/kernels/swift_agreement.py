"""Holds a swift decoder against the general one of its dialect: it says exactly the same, or leaves the frame to it."""

from array import array
from collections.abc import Callable, Iterable

from firmware import config
from firmware.feeds import buffers
from host.runtimes.checked import checked
from host.runtimes.kernel import Kernel

_UPDATE, _WIRE = 0, 12
_DATE = slice(3, 5)
_PROOF = slice(5, 6)
_GROUP = slice(8, 15)
_LEVELS = 32
_LAST = 10  # of the only group: where its levels end
_BOOK = 2

AROUND = b'7"}]{:.'
"""What stands before and behind a frame, and a decoder must not look at."""

Runs = tuple[Callable[..., int], Callable[..., int]]


def runtimes(swift: Kernel, decode: Kernel) -> dict[str, Runs]:
    """Both decoders, natively and checked."""
    return {"native": (swift, decode), "checked": (checked(swift), checked(decode))}


def count_agreed(
    runs: Runs, first: bytes, frames: Iterable[bytes], around: bytes = b"", **settings
) -> int:
    """How many of the frames the swift decoder took, behind the `first` one, which is not its own."""
    swift, decode = runs
    mine, other = (buffers.make(config.check(settings)) for _ in range(2))
    wire = mine[_WIRE]
    decode(bytearray(first), 0, len(first), other[_UPDATE], wire)
    took = 0
    for frame in frames:
        mine[_UPDATE][_DATE] = other[_UPDATE][_DATE]
        kind, found = _says(swift, frame, mine[_UPDATE], wire, around)
        expected = _says(decode, frame, other[_UPDATE], wire, around)
        if kind:
            assert (kind, found) == expected, frame
            took += 1
    return took


def _says(run, frame, update, wire, around):
    whole = bytearray(around + frame + around)
    kind = run(whole, len(around), len(around) + len(frame), update, wire)
    words = array("i", update)
    last = words[_LAST] if kind == _BOOK else 0
    parts = slice(3), _PROOF, _GROUP, slice(_LEVELS, last)
    return kind, [list(words[part]) for part in parts]
