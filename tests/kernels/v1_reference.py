"""An independent model of a spot v1 feed: json, the numbers' own texts, zlib's CRC-32 over what was printed."""

import re
import zlib
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import nlargest, nsmallest

import reference
from reference import NotABook, parsed

_NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,3})?", re.ASCII)
_KEYS = ("as", "bs", "a", "b", "c")


@dataclass(frozen=True)
class Element(reference.Element):
    """A message's levels; `printed` has the texts of (price, quantity), bids and asks."""

    printed: tuple[list[tuple[str, str]], list[tuple[str, str]]]


def read(frame: bytes) -> tuple[str, list[Element]]:
    """`snapshot` or `update`, and the one element of a book frame; raises NotABook."""
    message = parsed(frame, _KEYS)
    if not isinstance(message, list) or len(message) < 4:
        raise NotABook("no message of a channel")
    number, *objects, channel, symbol = message
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise NotABook("no channel's number")
    if not isinstance(channel, str) or not re.fullmatch("book(-.*)?", channel, re.DOTALL):
        raise NotABook("another channel")
    if not isinstance(symbol, str) or not all(isinstance(each, dict) for each in objects):
        raise NotABook("no levels of a pair")
    keys = [key for each in objects for key in each if key in _KEYS]
    if len(keys) != len(set(keys)):
        raise NotABook("a key twice")
    found = {key: each[key] for each in objects for key in each}
    if not {"as", "bs"} & found.keys() ^ {"a", "b"} & found.keys():
        raise NotABook("no levels")
    kind = "snapshot" if {"as", "bs"} & found.keys() else "update"
    if kind == "snapshot" and {"a", "b"} & found.keys():
        raise NotABook("both kinds of levels")
    if kind == "update" and "c" not in found:
        raise NotABook("no checksum")
    letters = ("bs", "as") if kind == "snapshot" else ("b", "a")
    bids, asks = ([_level(each) for each in _list(found.get(key, []))] for key in letters)
    printed = tuple([(price, qty) for price, qty, _ in side] for side in (bids, asks))
    element = Element(
        symbol,
        [(Decimal(price), Decimal(qty)) for price, qty, _ in bids],
        [(Decimal(price), Decimal(qty)) for price, qty, _ in asks],
        _checksum(found["c"]) if "c" in found else None,
        max((time_ms for _, _, time_ms in bids + asks), default=0),
        printed,
    )
    return kind, [element]


def _list(value) -> list:
    if not isinstance(value, list):
        raise NotABook("no levels")
    return value


def _level(item) -> tuple[str, str, int]:
    if not isinstance(item, list) or len(item) < 3 or not all(isinstance(x, str) for x in item):
        raise NotABook("no level")
    for text in item[:2]:
        if not _NUMBER.fullmatch(text):
            raise NotABook("no number")
        number = Decimal(text)
        if number and len(number.as_tuple().digits) > reference.DIGITS:
            raise NotABook("too many digits")
    return item[0], item[1], _time_ms(item[2])


def _time_ms(text: str) -> int:
    if not re.fullmatch(r"[0-9]{10}\.[0-9]{3,}", text, re.ASCII):
        return 0
    return int(text[:10] + text[11:14])


def _checksum(text) -> int:
    if not isinstance(text, str) or not _NUMBER.fullmatch(text) or Decimal(text) % 1:
        raise NotABook("no checksum")
    if not Decimal(text) < 2**32:
        raise NotABook("no checksum")
    return int(Decimal(text))


@dataclass
class Book(reference.Book):
    """Knows how each of its levels was last printed, too."""

    printed: tuple[dict, dict] = field(default_factory=lambda: ({}, {}))

    def apply(self, kind: str, element: Element) -> None:
        super().apply(kind, element)
        for side, levels in zip(self.printed, element.printed, strict=True):
            side.update({Decimal(price): (price, qty) for price, qty in levels})

    def printed_checksum(self) -> int:
        """Over the ten best levels a side as they were printed: no dots, no leading zeros, no more."""
        bids, asks = self.printed
        best = [asks[price] for price in nsmallest(10, self.asks)]
        best += [bids[price] for price in nlargest(10, self.bids)]
        text = "".join(number.replace(".", "").lstrip("0") for level in best for number in level)
        return zlib.crc32(text.encode())


class Feed(reference.Feed):
    """The client's side; `pairs` as they are shown."""

    def __init__(self, pairs, depth: int) -> None:
        super().__init__(pairs, depth)
        self.books = [Book(depth) for _ in pairs]
        self.names = [on_the_wire(pair) for pair in pairs]

    def take(self, frame: bytes) -> list[reference.Event]:
        """Raises NotABook, with every book as it was."""
        kind, (element,) = read(frame)
        if element.symbol not in self.names:
            return []
        pair = self.names.index(element.symbol)
        if kind == "update" and self.books[pair].state != "LIVE":
            return []
        return [self._take(pair, kind, element)]


def on_the_wire(pair: str) -> str:
    """The names that v1 has for two assets."""
    return re.sub(r"\bDOGE\b", "XDG", re.sub(r"\bBTC\b", "XBT", pair))
