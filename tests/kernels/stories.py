"""Hypothesis strategies: what an exchange may send, as frames, with checksums that are true or not."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import spelling
from hypothesis import strategies as st

from firmware.feeds import buffers
from firmware.kernels import decode_v2

PAIRS = ("BTC/USD", "BTC/USDT", "ETH/BTC")
_FOREIGN = ("BTC/US", "BTC/USDTX", "DOGE/USD")
SPARE_LEVELS = buffers._SPARE_LEVELS  # insertions a side that one message may bring
SPARE_ENTRIES = buffers._SPARE_ENTRIES  # entries of a frame beyond two full sides
MOST_ELEMENTS = decode_v2._MAX_GROUPS  # of a frame


_BEGIN = datetime(2024, 2, 29, 23, 50)


@dataclass(frozen=True)
class Story:
    """Frames to play for PAIRS at this depth."""

    depth: int
    frames: list[bytes]


@dataclass(frozen=True)
class Market:
    """Where prices and sizes of a story lie: in units of their last decimal, with how many decimals."""

    middle: int
    price_decimals: int
    qty_decimals: int
    largest: int


# From cents to the limit: 18 significant digits, with the dot anywhere among them.
markets = st.builds(
    Market,
    middle=st.sampled_from([60, 452_845, 10**9, 10**15]) | st.integers(60, 10**18 - 60),
    price_decimals=st.integers(0, 18),
    qty_decimals=st.integers(0, 18),
    largest=st.sampled_from([9, 10**9, 10**18 - 1]),
)
entries = st.tuples(
    st.booleans(),
    st.integers(-2, 40),  # ticks from the middle: sides may also meet and cross
    st.just(0) | st.integers(1, 10**18 - 1),
)


def _crowd(seed: int) -> list[tuple[int, int, int]]:
    """Entries that fill both sides, and more than fill those of depth 10."""
    rng = random.Random(seed)
    sizes = rng.sample(range(9, 18), 2)
    return [
        (side, ticks, rng.choice([rng.randrange(1, 10), rng.randrange(1, 10**18)]))
        for side, size in enumerate(sizes)
        for ticks in rng.sample(range(1, 2 * size), size)
    ]


def _elements(wanted):
    return st.tuples(
        st.sampled_from(PAIRS[:1] * 6 + PAIRS + _FOREIGN),
        wanted,
        st.sampled_from([True] * 9 + [False]),  # is the checksum true?
        st.none() | st.integers(0, 10**6),  # milliseconds since the story began
    )


crowds = st.builds(_crowd, st.integers(0, 2**32))
elements = _elements(st.lists(entries, max_size=12))
messages = st.tuples(
    st.sampled_from(["update"] * 7 + ["snapshot"]),
    st.lists(elements, min_size=1, max_size=2) | st.lists(elements, max_size=MOST_ELEMENTS),
)


def _in_v2(rng, kind, data) -> list[bytes]:
    return [spelling.odd(rng, kind, *data)]


@st.composite
def stories(draw, depths=(10, 25), write=_in_v2):
    """Snapshots and updates for several pairs, in every spelling; each begins with its snapshots.

    `write` makes the frames of a message: of its kind and its elements.
    """
    depth = draw(st.sampled_from(depths))
    market = draw(markets)
    first = [("snapshot", [draw(_elements(crowds))]) for _ in range(draw(st.integers(0, 3)))]
    told = first + draw(st.lists(messages, min_size=1, max_size=10))
    rng = random.Random(draw(st.integers(0, 2**32)))
    exchange = spelling.Exchange(depth)
    frames = []
    for kind, parts in told:
        room = 2 * depth + SPARE_ENTRIES
        data = []
        for symbol, wanted, true, after_ms in parts:
            levels = [
                (ask, market.middle + (ticks if ask else 0 - ticks), qty % (market.largest + 1))
                for ask, ticks, qty in wanted[:room]
            ]
            known = ((), ()) if kind == "snapshot" else exchange.prices(symbol)
            spare = SPARE_LEVELS + (depth if kind == "snapshot" else 0)
            item = _item(rng, kind, symbol, market, _within(levels, known, spare))
            room -= len(item["bids"]) + len(item["asks"])
            if after_ms is not None:
                item["timestamp"] = _timestamp(after_ms)
            item["checksum"] = exchange.checksum(kind, item)
            if not true:
                item["checksum"] ^= 1 << rng.randrange(32)
            data.append(item)
        frames += write(rng, kind, data)
    return Story(depth, frames)


def _within(levels, known, spare):
    """As many of the levels as one message may insert: `spare` a side that are not known."""
    kept = []
    left = [spare, spare]
    for ask, price, qty in levels:
        if qty and price not in known[ask]:
            if not left[ask]:
                continue
            left[ask] -= 1
        kept.append((ask, price, qty))
    return kept


def _item(rng, kind, symbol, market, levels):
    sides = ([], [])
    for ask, price, qty in levels:
        numbers = (price, market.price_decimals), (qty, market.qty_decimals)
        # The levels of a snapshot teach the decimals, so that its first is written in full.
        if kind == "snapshot" and not any(sides):
            texts = tuple(spelling.plain(*number) for number in numbers)
        else:
            texts = tuple(spelling.spelled(rng, *number) for number in numbers)
        sides[ask].append(texts)
    return spelling.element(symbol, *sides)


def _timestamp(after_ms: int) -> str:
    """About midnight of a leap day, with 6 or 9 decimals."""
    moment = _BEGIN + timedelta(milliseconds=after_ms)
    return moment.isoformat(timespec="microseconds")[:26] + ("Z" if after_ms % 2 else "789Z")
