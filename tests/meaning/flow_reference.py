"""Order-flow imbalance, trades, slope and depth by the textbook, in fractions; and how near a kernel must come."""

from fractions import Fraction

_NAMES = ("imbalance", "volume", "bids", "asks", "ratio", "trades")


def value(words):
    """What a record would print, None for null."""
    hi, lo, decimals, sign = words
    assert 0 <= hi < 10**9 and 0 <= lo < 10**9
    return None if decimals < 0 else (-1) ** sign * Fraction(hi * 10**9 + lo, 10**decimals)


def told(said):
    return {name: value(words) for name, words in zip(_NAMES, said, strict=True)}


class Reference:
    """The same by the textbook, in fractions."""

    def __init__(self, levels, bps):
        self.levels, self.bps = levels, bps
        self.touch = self.decimals = None
        self.sides = ((), ())
        self.imbalance = Fraction(0)
        self.dealt = [Fraction(0), Fraction(0)]
        self.places = 0  # decimals of what was dealt

    def take(self, step):
        """A step of programs/flow_cases.py; what the kernel returns."""
        if step[0] == "book":
            _, decimals, bids, asks, fresh = step
            if decimals[1] != self.decimals:
                self.imbalance, self.touch = Fraction(0), None
            self.decimals = decimals[1]
            units = Fraction(1, 10 ** decimals[0]), Fraction(1, 10 ** decimals[1])
            sides = [
                [
                    ((p * 10**9 + pl) * units[0], (q * 10**9 + ql) * units[1])
                    for p, pl, q, ql in side
                ]
                for side in (bids, asks)
            ]
            return self.take_sides(sides, fresh)
        (hi, lo, decimals), side = step[1:]
        if decimals < 0:
            return 0
        # As many decimals as a size was printed with, while the sums have 26 digits at most.
        while decimals > self.places and max(self.dealt) * 10**self.places < 10**26:
            self.places += 1
        size = Fraction(hi * 10**9 + lo, 10**decimals)
        if (self.dealt[side] + size) * 10**self.places >= 10**27:
            return 0  # a sum has 27 digits: such a trade is not told
        self.dealt[side] += size
        return 1

    def take_sides(self, sides, fresh):
        """A book: for each side its (price, size), the best first."""
        self.sides = sides
        before, self.touch = self.touch, None
        if all(sides):
            self.touch = sides[0][0], sides[1][0]
            if before and not fresh:
                self.imbalance += self.event(*before)
                return 1
        return 0

    def event(self, last_bid, last_ask):
        """e_n: four indicators times sizes."""
        (bid, bid_size), (ask, ask_size) = self.touch
        return (
            (bid >= last_bid[0]) * bid_size
            - (bid <= last_bid[0]) * last_bid[1]
            - (ask <= last_ask[0]) * ask_size
            + (ask >= last_ask[0]) * last_ask[1]
        )

    def tell(self):
        bought, sold = self.dealt
        found = {
            "imbalance": self.imbalance,
            "volume": bought - sold,
            "trades": (bought - sold) / (bought + sold) if bought + sold else None,
            "bids": None,
            "asks": None,
            "ratio": None,
        }
        self.imbalance, self.dealt = Fraction(0), [Fraction(0), Fraction(0)]
        if all(self.sides):
            mid = (self.sides[0][0][0] + self.sides[1][0][0]) / 2
            near = []
            for name, side, sign in zip(("bids", "asks"), self.sides, (-1, 1), strict=True):
                first = side[: self.levels]
                far = sign * (first[-1][0] - mid) / mid * 10_000
                found[name] = sum(size for _, size in first) / far if far > 0 else None
                reach = mid * self.bps / 10_000
                near.append(sum(size for price, size in side if sign * (price - mid) <= reach))
            found["ratio"] = near[0] / near[1] if near[1] else None
        return found


def assert_value(name, found, wanted):
    """Sums are exact to their 18 digits, quotients to half of their fifth one (and the eighth of what they are of)."""
    if wanted is None or abs(wanted) >= 10**18:
        assert found is None
    elif found is None:  # five digits of it are 10**18 already
        assert name not in ("imbalance", "volume")
        assert abs(wanted) * Fraction(1_000_051, 10**6) >= 10**18
    elif name in ("imbalance", "volume"):
        assert abs(found - wanted) <= abs(wanted) / 10**17
    else:
        assert abs(found - wanted) <= abs(wanted) * Fraction(51, 10**6) + Fraction(1, 10**18)
