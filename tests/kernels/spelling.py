"""Writes v2 book frames: as Kraken spells them, or in any other way that JSON allows."""

import json
import random
from decimal import Decimal

import reference

_MOST_DIGITS = 18


def plain(units: int, decimals: int) -> str:
    """The wire's spelling: fixed decimals, trailing zeros kept."""
    digits = str(units).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def spelled(rng: random.Random, units: int, decimals: int) -> str:
    """The same number in one of JSON's spellings, of at most 18 significant digits."""
    text = plain(units, decimals)
    way = rng.randrange(6)
    if way == 0 and decimals:
        text = text.rstrip("0").rstrip(".")
    elif way == 1:
        mark = rng.choice("eE") + rng.choice(["", "+", "-"]) + "0" * rng.randrange(3)
        text += mark + "0"
    elif way == 2:
        text = str(units) + rng.choice("eE") + f"-{decimals}"
    elif way == 3 and units:
        shift = rng.randrange(1, 4)
        sign = rng.choice(["", "+"])
        text = plain(units, decimals + shift) + rng.choice("eE") + f"{sign}{shift}"
    elif way == 4 and rng.random() < 0.2 and len(str(units)) < _MOST_DIGITS:
        text += "0" if decimals else ".0"
    return text


def element(symbol, bids, asks, checksum=0, timestamp=None) -> dict:
    """One data element with Kraken's order of keys; levels are pairs of number texts."""
    made = {"symbol": symbol, "bids": bids, "asks": asks, "checksum": checksum}
    return made | ({"timestamp": timestamp} if timestamp else {})


def kraken(kind: str, *elements: dict) -> bytes:
    """A frame as Kraken sends it."""
    parts = []
    for item in elements:
        members = []
        for key, value in item.items():
            if key in ("bids", "asks"):
                levels = (f'{{"price":{price},"qty":{qty}}}' for price, qty in value)
                members.append(f'"{key}":[{",".join(levels)}]')
            else:
                members.append(f'"{key}":{json.dumps(value)}')
        parts.append(f"{{{','.join(members)}}}")
    return f'{{"channel":"book","type":"{kind}","data":[{",".join(parts)}]}}'.encode()


def odd(rng: random.Random, kind: str, *elements: dict) -> bytes:
    """The same frame with keys in any order, white space anywhere and keys that nobody knows."""
    data = []
    for item in elements:
        members = {key: json.dumps(value) for key, value in item.items()}
        for side in ("bids", "asks"):
            levels = [
                _object(rng, {"price": price, "qty": qty}, unknown=0.1)
                for price, qty in item[side]
            ]
            members[side] = _array(rng, levels)
            if not levels and rng.random() < 0.3:
                del members[side]
        data.append(_object(rng, members, unknown=0.4))
    top = {"channel": '"book"', "type": f'"{kind}"', "data": _array(rng, data)}
    return (_space(rng) + _object(rng, top, unknown=0.4) + _space(rng)).encode()


def _object(rng, members: dict[str, str], unknown: float) -> str:
    members = {json.dumps(key): value for key, value in members.items()}
    while rng.random() < unknown:
        members[_unknown_key(rng)] = _value(rng, 0)
    parts = [
        f"{_space(rng)}{key}{_space(rng)}:{_space(rng)}{value}{_space(rng)}"
        for key, value in rng.sample(list(members.items()), len(members))
    ]
    return "{" + ",".join(parts) + "}"


def _array(rng, items: list[str]) -> str:
    return "[" + ",".join(_space(rng) + item + _space(rng) for item in items) + _space(rng) + "]"


def _space(rng) -> str:
    if rng.random() < 0.8:
        return ""
    return "".join(rng.choice(" \t\r\n") for _ in range(rng.randrange(1, 4)))


def _unknown_key(rng) -> str:
    known = rng.choice(["price", "qty", "bids", "asks", "symbol", "checksum", "data", "type", ""])
    return json.dumps(rng.choice(["x", "\u20ac", '"', "\\", "}"]) + known + rng.choice(["", "s"]))


def _value(rng, depth: int) -> str:
    kind = rng.randrange(8 if depth < 6 else 6)
    if kind == 6:
        return _array(rng, [_value(rng, depth + 1) for _ in range(rng.randrange(4))])
    if kind == 7:
        keys = [f'"k{n}"' for n in range(rng.randrange(4))] + ['"price"', '"data"'][: depth % 3]
        return "{" + ",".join(f"{key}:{_value(rng, depth + 1)}" for key in keys) + "}"
    texts = ["", "}", '"]}', "\\", "a\nb", "\u20ac{[", "bids"]
    return [
        "true", "null", "-1.5E-7", "0", json.dumps(rng.choice(texts)),
        json.dumps(rng.choice(texts), ensure_ascii=False),
    ][kind]  # fmt: skip


class Exchange:
    """The exchange's own books, so that frames get the checksum that is true there."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._books: dict[str, reference.Book] = {}

    def checksum(self, kind: str, item: dict) -> int:
        """Of the pair's book after this element."""
        book = self._books.setdefault(item["symbol"], reference.Book(self._depth))
        bids, asks = (
            [(Decimal(price), Decimal(qty)) for price, qty in item[side]]
            for side in ("bids", "asks")
        )
        try:
            book.apply(kind, reference.Element(item["symbol"], bids, asks, 0, 0))
        except reference.Imprecise:
            return 0
        return book.checksum()

    def prices(self, symbol: str) -> tuple[set[int], set[int]]:
        """What is in the pair's book, bids and asks, in units of the last decimal."""
        if symbol not in self._books:
            return set(), set()
        bids, asks = self._books[symbol].levels()
        return {price for price, _ in bids}, {price for price, _ in asks}

    def say(self, kind: str, symbol: str, bids=(), asks=(), timestamp=None) -> bytes:
        """A true frame of one element as Kraken sends it."""
        item = element(symbol, bids, asks, 0, timestamp)
        item["checksum"] = self.checksum(kind, item)
        return kraken(kind, item)
