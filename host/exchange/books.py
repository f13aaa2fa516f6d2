"""Full order books, and the v2 `book` frames that show the best levels of them."""

import zlib
from bisect import bisect_left, insort

from host.exchange.pairs import Pair
from host.exchange.protocol import time_text

BID, ASK = 0, 1

# The checksum covers this many levels a side, whatever the subscribed depth.
_CHECKSUM_LEVELS = 10


class Side:
    """One side of a book, best level first; prices in ticks, sizes in lots."""

    def __init__(self, sign: int):
        # Keys sort best first on both sides: the price of an ask, minus the price of a bid.
        self._sign = sign
        self._keys: list[int] = []
        self._qty: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, price: int) -> bool:
        return price in self._qty

    def price(self, rank: int) -> int:
        return self._sign * self._keys[rank]

    def qty(self, price: int) -> int:
        return self._qty[price]

    def rank(self, price: int) -> int:
        """How many levels are better than `price`."""
        return bisect_left(self._keys, self._sign * price)

    def put(self, price: int, qty: int) -> None:
        if price not in self._qty:
            insort(self._keys, self._sign * price)
        self._qty[price] = qty

    def remove(self, price: int) -> None:
        del self._keys[self.rank(price)]
        del self._qty[price]

    def best(self, count: int) -> list[tuple[int, int]]:
        return [(self._sign * key, self._qty[self._sign * key]) for key in self._keys[:count]]


class Book:
    """A full book of one pair. Each message is `begin`, any number of `change`, `frames`."""

    def __init__(self, pair: Pair):
        self.pair = pair
        self.sides = (Side(-1), Side(1))
        self._shown: dict[int, tuple[list[str], list[str]]] = {}

    def begin(self, depths) -> None:
        """Start a message that is to be shown to subscribers of each of `depths`."""
        self._shown = {depth: ([], []) for depth in depths}

    def change(self, side: int, price: int, qty: int) -> None:
        """Give a level its new size, 0 to delete it."""
        levels = self.sides[side]
        rank = levels.rank(price)
        if qty:
            levels.put(price, qty)
        else:
            levels.remove(price)
        for depth, entries in self._shown.items():
            if rank >= depth:
                continue
            entries[side].append(self._entry(price, qty))
            # A deleted level lets another one in at the far end; one that is pushed out there
            # goes without saying.
            if not qty and len(levels) >= depth:
                entering = levels.price(depth - 1)
                entries[side].append(self._entry(entering, levels.qty(entering)))

    def frames(self, time_us: int) -> dict[int, str]:
        """The update frame of each depth that shows something of this message."""
        return {
            depth: self._frame("update", bids, asks, time_us)
            for depth, (bids, asks) in self._shown.items()
            if bids or asks
        }

    def snapshot(self, depth: int, time_us: int) -> str:
        bids, asks = ([self._entry(*level) for level in side.best(depth)] for side in self.sides)
        return self._frame("snapshot", bids, asks, time_us)

    def checksum(self) -> int:
        """CRC-32 over the digits of the ten best asks, then of the ten best bids."""
        tokens = [
            f"{price}{qty}"
            for side in (self.sides[ASK], self.sides[BID])
            for price, qty in side.best(_CHECKSUM_LEVELS)
        ]
        return zlib.crc32("".join(tokens).encode())

    def _entry(self, price: int, qty: int) -> str:
        price_text = decimal_text(price, self.pair.price_decimals)
        return f'{{"price":{price_text},"qty":{decimal_text(qty, self.pair.qty_decimals)}}}'

    def _frame(self, kind: str, bids: list[str], asks: list[str], time_us: int) -> str:
        return (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{self.pair.symbol}",'
            f'"bids":[{",".join(bids)}],"asks":[{",".join(asks)}],'
            f'"checksum":{self.checksum()},"timestamp":"{time_text(time_us)}"}}]}}'
        )


def decimal_text(value: int, decimals: int) -> str:
    """`value` units of 10**-decimals as Kraken prints it: every decimal, trailing zeros too."""
    if not decimals:
        return str(value)
    digits = f"{value:0{decimals + 1}d}"
    return f"{digits[:-decimals]}.{digits[-decimals:]}"
