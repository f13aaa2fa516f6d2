"""Writes spot v1 book frames: as Kraken spells them, or in any other way that the dialect allows."""

import json
import random

import spelling
from v1_reference import on_the_wire

_CHANNEL = 336
_SECOND = 1_693_415_327  # the first moment of everything


def moment(after_us: int) -> str:
    """Kraken's spelling of a time: seconds since 1970 with six decimals."""
    return f"{_SECOND + after_us // 10**6}.{after_us % 10**6:06}"


def kraken(kind, symbol, bids, asks, checksum=None, after_us=0, depth=10, marked=False) -> bytes:
    """A frame as Kraken sends it; levels are (price, quantity) texts, the last one of them the newest."""
    times = iter(moment(after_us - n) for n in reversed(range(len(asks) + len(bids))))
    asks, bids = ([[*level, next(times)] for level in side] for side in (asks, bids))
    if marked:
        (bids or asks)[-1].append("r")
    if kind == "snapshot":
        objects = [{"as": asks, "bs": bids}]
    else:
        objects = [{key: side} for key, side in (("a", asks), ("b", bids)) if side]
        objects = objects or [{"a": []}]
        objects[-1]["c"] = str(checksum)
    return _compact([_CHANNEL, *objects, f"book-{depth}", on_the_wire(symbol)])


def _compact(value) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def odd(rng: random.Random, kind: str, item: dict, after_us: int | None) -> bytes:
    """One element of `spelling.element`, with objects divided and filled in any way and white space anywhere."""
    members = {}
    for key, side in (("a", "asks"), ("b", "bids")):
        levels = [_level(rng, level, after_us) for level in item[side]]
        if levels or rng.random() < 0.5:
            members[key + ("s" if kind == "snapshot" else "")] = spelling._array(rng, levels)
    if not members:
        members["as" if kind == "snapshot" else "b"] = spelling._array(rng, [])
    if kind == "update":
        members["c"] = f'"{item["checksum"]}"'
    keys = rng.sample(list(members), len(members))
    cut = rng.choice([0, 0, 1, 2])
    parts = [part for part in (keys[:cut], keys[cut:]) if part or rng.random() < 0.1] or [keys]
    objects = [
        spelling._object(rng, {key: members[key] for key in part}, unknown=0.3) for part in parts
    ]
    names = [f'"book-{rng.choice([10, 25])}"', json.dumps(on_the_wire(item["symbol"]))]
    number = str(rng.choice([0, 7, 336, 2**40]))
    text = spelling._array(rng, [number, *objects, *names])
    return (spelling._space(rng) + text + spelling._space(rng)).encode()


def _level(rng, level, after_us) -> str:
    parts = [f'"{number}"' for number in level]
    if after_us is None or rng.random() < 0.1:
        parts.append(rng.choice(['""', '"soon"', '"1693415327"', '"1693415327.9"', '"\\u0031"']))
    else:
        older = rng.choice([0, 0, 1, 1_000, 10**6, 10**10, 10**14])
        parts.append(f'"{moment(after_us - older)}{rng.choice(["", "789"])}"')
    parts += rng.choice([[], [], ['"r"'], ['"r"', '""'], ['"\u20ac]"']])
    return spelling._array(rng, parts)


class Exchange(spelling.Exchange):
    """The exchange's own books, so that frames get the checksum that is true there."""

    def say(self, kind, symbol, bids=(), asks=(), after_us=0, marked=False) -> bytes:
        """A true frame as Kraken sends it."""
        checksum = self.checksum(kind, spelling.element(symbol, bids, asks))
        return kraken(kind, symbol, bids, asks, checksum, after_us, self._depth, marked)
