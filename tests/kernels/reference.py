"""An independent model of a feed: json, Decimal, a dict a side, sorted and cut, zlib's CRC-32, fractions."""

import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

DIGITS = 18  # the most significant digits that a price or a quantity may have
LEVELS = 5  # the imbalance's default
EXACT = {"parse_float": Decimal, "parse_int": Decimal}
_KEYS = (
    *("channel", "type", "data", "symbol", "timestamp", "checksum"),
    *("bids", "asks", "price", "qty"),
)


class NotABook(Exception):
    """A frame that must not be taken for a book: not JSON, or not Kraken's shape."""


class Imprecise(Exception):
    """A number does not fit the decimals that the snapshot has taught."""


@dataclass(frozen=True)
class Element:
    """One entry of a frame's `data`; levels are (price, quantity) in the frame's order."""

    symbol: str
    bids: list[tuple[Decimal, Decimal]]
    asks: list[tuple[Decimal, Decimal]]
    checksum: int | None
    time_ms: int


def read(frame: bytes) -> tuple[str, list[Element]]:
    """`snapshot` or `update`, and the elements of a book frame; raises NotABook."""
    message = parsed(frame, _KEYS, **EXACT)
    if not isinstance(message, dict) or message.get("channel") != "book":
        raise NotABook("another channel")
    if message.get("type") not in ("snapshot", "update"):
        raise NotABook("no type")
    return message["type"], [_element(item) for item in _list(message, "data")]


def parsed(frame: bytes, keys: tuple[str, ...], **numbers):
    """What json reads in the frame, where none of `keys` may be twice in an object; raises NotABook."""

    def members(pairs):
        for name in keys:
            if [key for key, _ in pairs].count(name) > 1:
                raise NotABook(f"{name} twice")
        return dict(pairs)

    try:
        return json.loads(
            frame.decode(), parse_constant=_refuse, object_pairs_hook=members, **numbers
        )
    except ValueError:  # also of UTF-8
        raise NotABook("not JSON") from None


def _refuse(constant):
    raise NotABook(constant)


def _element(item) -> Element:
    if not isinstance(item, dict) or not isinstance(item.get("symbol"), str):
        raise NotABook("no symbol")
    checksum = item.get("checksum")
    if not isinstance(checksum, Decimal) or not 0 <= checksum < 2**32 or checksum % 1:
        raise NotABook("no checksum")
    bids, asks = (
        [(_number(level, "price"), _number(level, "qty")) for level in _list(item, side, [])]
        for side in ("bids", "asks")
    )
    return Element(item["symbol"], bids, asks, int(checksum), _time_ms(item.get("timestamp", "")))


def _list(item, key, default=None):
    value = item.get(key, default)
    if not isinstance(value, list):
        raise NotABook(f"no {key}")
    return value


def _number(level, key) -> Decimal:
    number = level.get(key) if isinstance(level, dict) else None
    if not isinstance(number, Decimal) or number.is_signed():
        raise NotABook(f"no {key}")
    if number and len(number.as_tuple().digits) > DIGITS:
        raise NotABook("too many digits")
    return number


def _time_ms(text) -> int:
    if not isinstance(text, str):
        raise NotABook("no timestamp")
    try:
        moment = datetime.fromisoformat(text)
        return (moment - datetime.fromisoformat("1970-01-01T00:00:00Z")) // _MS
    except (ValueError, TypeError):
        return 0


_MS = datetime.resolution * 1000


@dataclass
class Book:
    """One pair's book."""

    depth: int
    bids: dict[Decimal, Decimal] = field(default_factory=dict)
    asks: dict[Decimal, Decimal] = field(default_factory=dict)
    decimals: tuple[int, int] = (-1, -1)
    time_ms: int = 0
    state: str = "SYNCING"
    why: str | None = None

    def apply(self, kind: str, element: Element) -> None:
        """Raises Imprecise and leaves the book as it was."""
        entries = element.bids + element.asks
        decimals = self.decimals
        if entries and (kind == "snapshot" or decimals[0] < 0):
            decimals = (_most([price for price, _ in entries]), _most([qty for _, qty in entries]))
        for price, qty in entries:
            units(price, decimals[0])
            units(qty, decimals[1])
        self.decimals = decimals
        if element.time_ms:
            self.time_ms = element.time_ms
        for side, levels in ((self.bids, element.bids), (self.asks, element.asks)):
            if kind == "snapshot":
                side.clear()
            for price, qty in levels:
                if qty:
                    side[price] = qty
                else:
                    side.pop(price, None)
        for price in sorted(self.bids)[: -self.depth]:
            del self.bids[price]
        for price in sorted(self.asks)[self.depth :]:
            del self.asks[price]

    def levels(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Bids and asks, best first, as (price, quantity) in units of the last decimal."""
        bids, asks = sorted(self.bids.items(), reverse=True), sorted(self.asks.items())
        of_price, of_qty = self.decimals
        bids, asks = (
            [(units(price, of_price), units(qty, of_qty)) for price, qty in side]
            for side in (bids, asks)
        )
        return bids, asks

    def checksum(self) -> int:
        """As the exchange computes it: digits without dot and leading zeros, asks first, ten levels a side."""
        bids, asks = self.levels()
        text = "".join(
            str(units).lstrip("0") for level in asks[:10] + bids[:10] for units in level
        )
        return zlib.crc32(text.encode())

    def features(self, levels: int = LEVELS) -> dict[str, Fraction | None]:
        """By the names of the record's keys, exact; and the mid."""
        bids, asks = sorted(self.bids.items(), reverse=True), sorted(self.asks.items())
        bid = Fraction(bids[0][0]) if bids else None
        ask = Fraction(asks[0][0]) if asks else None
        named = {"b": bid, "a": ask, "s": None, "u": None, "i": None, "r": None, "mid": None}
        if bid is None or ask is None:
            return named
        mid = (bid + ask) / 2
        bid_size, ask_size = Fraction(bids[0][1]), Fraction(asks[0][1])
        buying = sum(Fraction(qty) for _, qty in bids[:levels])
        selling = sum(Fraction(qty) for _, qty in asks[:levels])
        named["mid"] = mid
        named["s"] = (ask - bid) / mid * 10_000
        named["u"] = (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
        named["i"] = (buying - selling) / (buying + selling)
        named["r"] = buying / selling
        return named


def _most(numbers: list[Decimal]) -> int:
    decimals = max(0, *(0 - int(number.as_tuple().exponent) for number in numbers))
    if decimals > DIGITS:
        raise Imprecise
    return decimals


def units(number: Decimal, decimals: int) -> int:
    """How many units of the last decimal; raises Imprecise if it is no whole count of 18 digits."""
    count = Fraction(number) * 10**decimals
    if count.denominator != 1 or count >= 10**DIGITS:
        raise Imprecise
    return count.numerator


@dataclass(frozen=True)
class Event:
    """What one element of a frame means for a pair that is followed."""

    pair: int
    proved: bool
    was_live: bool
    why: str | None
    features: dict[str, Fraction | None]


class Feed:
    """The client's side: the books of some pairs and when they may be believed."""

    def __init__(self, pairs, depth: int) -> None:
        self.pairs = list(pairs)
        self.books = [Book(depth) for _ in pairs]

    def take(self, frame: bytes) -> list[Event]:
        """Raises NotABook, with every book as it was."""
        kind, elements = read(frame)
        return [
            self._take(self.pairs.index(element.symbol), kind, element)
            for element in elements
            if element.symbol in self.pairs
            if kind == "snapshot" or self.books[self.pairs.index(element.symbol)].state == "LIVE"
        ]

    def _take(self, pair: int, kind: str, element: Element) -> Event:
        book = self.books[pair]
        was_live = book.state == "LIVE"
        why = None
        try:
            book.apply(kind, element)
        except Imprecise:
            why = "precision"
        else:
            if element.checksum not in (None, book.checksum()):
                why = "checksum"
        book.state, book.why = ("STALE" if why else "LIVE"), why
        return Event(pair, not why, was_live, why, book.features() if not why else {})


class Signal:
    """The imbalance signal, from the imbalance and the spread as they are printed."""

    def __init__(self, threshold="0.3", gate="2.0", cooldown_ms=1000) -> None:
        self.threshold, self.gate = Decimal(threshold), Decimal(gate)
        self.cooldown_ms = cooldown_ms
        self.began_ms = 0
        self.side, self.why = "FLAT", None

    def take(self, imbalance: Decimal | None, spread: Decimal | None, time_ms, scale=256) -> bool:
        """True if it changed; `scale` is the threshold's, in 1/256."""
        before = self.side
        threshold = min(int(self.threshold * 10_000) * scale // 256, 10_000) / Decimal(10_000)
        if imbalance is None or spread is None or spread.is_signed():  # also -0.0000: crossed
            self.side, self.why = "FLAT", "book"
            return self.side != before
        leaning = "SELL" if imbalance.is_signed() else "BUY"
        if before != "FLAT" and (before != leaning or abs(imbalance) < threshold / 2):
            self.side, self.why = "FLAT", "faded"
        elif before != "FLAT" and spread > self.gate * 2:
            self.side, self.why = "FLAT", "spread"
        rested = not self.began_ms or not 0 <= time_ms - self.began_ms < self.cooldown_ms
        if self.side == "FLAT" and abs(imbalance) >= threshold and spread <= self.gate and rested:
            self.began(leaning, time_ms)
        return self.side != before

    def began(self, side: str, time_ms: int) -> None:
        self.side, self.why, self.began_ms = side, "imbalance", time_ms
