"""Planted effects: a market where nothing foretells a price, but for what is asked for."""

import math
from collections import deque
from dataclasses import dataclass
from random import Random

from host.errors import UserError
from host.exchange.books import ASK, BID, Book
from host.exchange.pairs import ASSETS, Pair
from host.exchange.prices import BPS, STEP_S, STEP_US

_LONGEST_MS = 60_000
_LARGEST_BPS = 100

# Now and then a level becomes so many times as large for a moment, which is what makes an imbalance
# signal. It is none of the two best, so that it keeps nobody from moving the price.
_LARGE_RANK = 2
_LARGE_TIMES = (10, 60)
_LARGE_FOR_US = 250_000
_LARGE_REST_S = 0.5
_LARGE_MEAN_S = 2.0


@dataclass(frozen=True)
class Effects:
    """What is planted; nothing, by default. Every pair walks on its own, except a follower."""

    imbalance_bps: float = 0.0
    """The price of a pair moves so far, for good, towards the side that became heavy,"""
    imbalance_ms: float = 500
    """so long after it did."""
    leader: str = ""
    follower: str = ""
    """A pair that repeats each move of `leader` (no name: none does),"""
    lead_ms: float = 400
    """so long after it."""


def parse(text: str) -> Effects:
    """The effects that `none`, `imbalance=1bps@500ms` or `lead=BTC/USD>ETH/USD@400ms` name.

    Several are joined by commas. Raises UserError.
    """
    found: dict = {}
    for part in text.split(",") if text != "none" else ():
        name, _, value = part.partition("=")
        what, _, after = value.partition("@")
        after_ms = _number(after, "ms")
        size_bps = _number(what, "bps")
        leader, _, follower = what.partition(">")
        if after_ms is None or not 0 <= after_ms <= _LONGEST_MS:
            name = ""
        if name == "imbalance" and size_bps is not None and abs(size_bps) <= _LARGEST_BPS:
            found |= {"imbalance_bps": size_bps, "imbalance_ms": after_ms}
        elif name == "lead" and leader and follower:
            found |= {"leader": leader, "follower": follower, "lead_ms": after_ms}
        else:
            raise UserError(
                f"--effects {text}: none, imbalance=1bps@500ms or lead=BTC/USD>ETH/USD@400ms"
            )
    return Effects(**found)


def _number(text: str, unit: str) -> float | None:
    try:
        number = float(text.removesuffix(unit))
    except ValueError:
        return None
    return number if math.isfinite(number) and text.endswith(unit) else None


def prices_of(
    pairs: list[Pair], seed: int | str, start_us: int, effects: Effects
) -> dict[str, "PlantedPrices"]:
    """The prices of each of `pairs` by its symbol; raises UserError for a leader that is not there."""
    made = {pair.symbol: PlantedPrices(pair, seed, start_us, effects) for pair in pairs}
    leader, follower = effects.leader, effects.follower
    if leader or follower:
        if leader not in made or follower not in made or leader == follower:
            raise UserError(f"{leader} cannot lead {follower} in a market of {', '.join(made)}")
        made[follower].follow(made[leader], effects.lead_ms)
    return made


class PlantedPrices:
    """What one pair is worth, asked for as `Prices` is: an even random walk, and what was planted in it.

    No pressure, no moods, no shared factor and sizes that are all alike, so that the book tells
    nothing of the price, and no pair anything of another.
    """

    activity = 1.0
    has_even_sizes = True

    def __init__(self, pair: Pair, seed: int | str, start_us: int, effects: Effects):
        self._random = Random(f"{seed}:{pair.symbol}:planted")
        base, quote = ASSETS[pair.base], ASSETS[pair.quote]
        self._log = math.log(base.usd / quote.usd)
        self._move = (base.moves_bps + quote.moves_bps) * BPS * math.sqrt(STEP_S)
        self._effects = effects
        self._time_us = start_us
        # (when, how far) of moves to come; those of the leader that are yet to be repeated.
        self._due: deque[tuple[int, float]] = deque()
        self._to_repeat: deque[float] = deque()
        self._leader: PlantedPrices | None = None
        self._follower: PlantedPrices | None = None
        # (side, price, size before) of the level that is large now, and when that changes.
        self._visitors = Random(f"{seed}:{pair.symbol}:visitors")
        self._large: tuple[int, int, int] | None = None
        self._change_us = start_us
        self._rest()

    def follow(self, leader: "PlantedPrices", after_ms: float) -> None:
        """Repeat every move of `leader` from now on, so long after it."""
        self._leader = leader
        leader._follower = self
        self._to_repeat.extend([0.0] * round(after_ms * 1000 / STEP_US))

    def price(self, base: str, quote: str) -> float:
        return math.exp(self._log)

    def pressure(self, base: str, quote: str) -> float:
        return 0.0

    def advance(self, time_us: int) -> None:
        """Go on to the last step that is not after `time_us`."""
        if self._leader:
            self._leader.advance(time_us)
        while self._time_us + STEP_US <= time_us:
            self._time_us += STEP_US
            move = self._random.gauss(0.0, self._move)
            while self._due and self._due[0][0] <= self._time_us:
                move += self._due.popleft()[1]
            if self._leader:
                move += self._to_repeat.popleft()
            if self._follower:
                self._follower._to_repeat.append(move)
            self._log += move

    def visit(self, book: Book, time_us: int) -> bool:
        """Make a level large, or as it was; False if it is not yet time for that."""
        if time_us < self._change_us:
            return False
        if self._large:
            side, price, qty = self._large
            self._large = None
            self._rest()
            if price in book.sides[side]:
                book.change(side, price, qty)
        else:
            side = self._visitors.choice((BID, ASK))
            price = book.sides[side].price(_LARGE_RANK)
            qty = book.sides[side].qty(price)
            least, most = map(math.log, _LARGE_TIMES)
            times = math.exp(self._visitors.uniform(least, most))
            book.change(side, price, round(qty * times))
            self._large = side, price, qty
            self._change_us = time_us + _LARGE_FOR_US
            move = self._effects.imbalance_bps * BPS * (1 if side == BID else -1)
            self._due.append((time_us + round(self._effects.imbalance_ms * 1000), move))
        return True

    def _rest(self) -> None:
        wait_s = _LARGE_REST_S + self._visitors.expovariate(1 / _LARGE_MEAN_S)
        self._change_us += round(wait_s * 1_000_000)
