"""Full order books, and what a message changes of their best levels."""

import zlib
from bisect import bisect_left

from host.exchange.pairs import Pair

BID, ASK = 0, 1

# Why a level is seen: it changed, or the change of another moved it into scope or out of it.
CHANGED, ENTERED, LEFT = range(3)


# A level as one change leaves it: (side, price, qty, time_us, why); 0 of it when it is gone, and
# the time when the level itself was last changed.
Seen = tuple[int, int, int, int, int]

# Checksums cover this many levels a side, whatever the subscribed depth.
_CHECKSUM_LEVELS = 10


class Side:
    """One side of a book, best level first; prices in ticks, sizes in lots."""

    def __init__(self, sign: int):
        # Keys sort best first on both sides: the price of an ask, minus the price of a bid.
        self._sign = sign
        self._keys: list[int] = []
        self._qty: dict[int, int] = {}
        self._time_us: dict[int, int] = {}
        # unit -> what a checksum is made of.
        self._digits: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, price: int) -> bool:
        return price in self._qty

    def price(self, rank: int) -> int:
        return self._sign * self._keys[rank]

    def qty(self, price: int) -> int:
        return self._qty[price]

    def time_us(self, price: int) -> int:
        """When the level was last changed."""
        return self._time_us[price]

    def rank(self, price: int) -> int:
        """How many levels are better than `price`."""
        return bisect_left(self._keys, self._sign * price)

    def put(self, rank: int, price: int, qty: int, time_us: int) -> bool:
        """Give the level that is, or will be, at `rank` its size; True when it is a new one."""
        is_new = price not in self._qty
        if is_new:
            self._keys.insert(rank, self._sign * price)
        self._qty[price] = qty
        self._time_us[price] = time_us
        if rank < _CHECKSUM_LEVELS:
            self._digits.clear()
        return is_new

    def remove(self, rank: int, price: int) -> None:
        del self._keys[rank]
        del self._qty[price]
        del self._time_us[price]
        if rank < _CHECKSUM_LEVELS:
            self._digits.clear()

    def digits(self, unit: int) -> str:
        """The digits that a checksum covers; `unit` is a tick in the last decimal printed."""
        if unit not in self._digits:
            best = self.best(_CHECKSUM_LEVELS)
            self._digits[unit] = "".join([f"{price * unit}{qty}" for price, qty in best])
        return self._digits[unit]

    def best(self, count: int) -> list[tuple[int, int]]:
        return [(self._sign * key, self._qty[self._sign * key]) for key in self._keys[:count]]


class Book:
    """A full book of one pair. Each message is `begin`, any number of `change`, then `seen`."""

    def __init__(self, pair: Pair):
        self.pair = pair
        self.sides = (Side(-1), Side(1))
        self.changes = 0
        """Changes so far."""
        self._time_us = 0
        self._seen: dict[int, list[Seen]] = {}

    def begin(self, depths=(), time_us: int = 0) -> None:
        """Start a message of `time_us` that is looked at by subscribers of each of `depths`."""
        self._time_us = time_us
        self._seen = {depth: [] for depth in depths}

    def change(self, side: int, price: int, qty: int) -> None:
        """Give a level its new size, 0 to delete it."""
        self.changes += 1
        levels = self.sides[side]
        rank = levels.rank(price)
        time_us = self._time_us
        is_new = False
        if qty:
            is_new = levels.put(rank, price, qty, time_us)
        else:
            levels.remove(rank, price)
        for depth, seen in self._seen.items():
            if rank >= depth:
                continue
            seen.append((side, price, qty, time_us, CHANGED))
            # A deleted level lets another one in at the far end, a new one pushes one out there.
            if not qty and len(levels) >= depth:
                other = levels.price(depth - 1)
                seen.append((side, other, levels.qty(other), levels.time_us(other), ENTERED))
            elif is_new and len(levels) > depth:
                seen.append((side, levels.price(depth), 0, time_us, LEFT))

    def seen(self, depth: int) -> list[Seen]:
        """What this message shows to those who see `depth` levels a side, in order."""
        return self._seen[depth]


def checksum(book: Book, price_unit: int = 1) -> int:
    """CRC-32 over the digits of the ten best asks, then of the ten best bids.

    `price_unit` is what a tick is worth in the last decimal that is printed.
    """
    digits = book.sides[ASK].digits(price_unit) + book.sides[BID].digits(price_unit)
    return zlib.crc32(digits.encode())


def decimal_text(value: int, decimals: int) -> str:
    """`value` units of 10**-decimals as Kraken prints it: every decimal, trailing zeros too."""
    if not decimals:
        return str(value)
    if value < 0:
        return f"-{decimal_text(-value, decimals)}"
    digits = f"{value:0{decimals + 1}d}"
    return f"{digits[:-decimals]}.{digits[-decimals:]}"
