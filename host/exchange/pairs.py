"""The pairs that the local Kraken's own market can list, and the assets behind their prices."""

from dataclasses import dataclass

from host.errors import UserError

DEFAULT_SYMBOLS = ("BTC/USD", "ETH/USD", "BTC/EUR")


@dataclass(frozen=True)
class Asset:
    """What an asset is worth and how it moves, beside the factor that moves all of them."""

    usd: float
    """Price in dollars at the start."""
    beta_bps: float
    """Move a square root of a second with the common factor, basis points."""
    own_bps: float
    """Move a square root of a second of its own, basis points."""

    @property
    def moves_bps(self) -> float:
        """How easily the price moves at all."""
        return self.beta_bps + self.own_bps


ASSETS = {
    "USD": Asset(usd=1.0, beta_bps=0.0, own_bps=0.0),
    "EUR": Asset(usd=1.1586, beta_bps=0.02, own_bps=0.05),
    "BTC": Asset(usd=84_000.0, beta_bps=0.3, own_bps=0.12),
    "ETH": Asset(usd=3_100.0, beta_bps=0.38, own_bps=0.24),
    "SOL": Asset(usd=142.0, beta_bps=0.5, own_bps=0.4),
    "XRP": Asset(usd=2.21, beta_bps=0.45, own_bps=0.45),
    "ADA": Asset(usd=0.61, beta_bps=0.5, own_bps=0.5),
    "DOGE": Asset(usd=0.163, beta_bps=0.5, own_bps=0.5),
    "LTC": Asset(usd=93.0, beta_bps=0.4, own_bps=0.4),
}


@dataclass(frozen=True)
class Pair:
    """A pair as Kraken lists it, and how lively its book is."""

    symbol: str
    price_decimals: int
    qty_decimals: int = 8
    v1_decimals: int = 8
    """Decimals of a price in v1 and REST: never fewer than `price_decimals`, often more."""
    spread_bps: float = 0.3
    """Usual spread; never less than a tick."""
    gap_bps: float = 0.4
    """Usual distance of neighbouring levels near the touch."""
    events_per_s: float = 20.0
    """Changes of the full book a second in ordinary times; about half show at depth 10."""

    @property
    def v1_unit(self) -> int:
        """What a tick is worth in the last decimal of v1."""
        return 10 ** (self.v1_decimals - self.price_decimals)

    @property
    def base(self) -> str:
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        return self.symbol.partition("/")[2]


PAIRS = {
    pair.symbol: pair
    for pair in (
        Pair("BTC/USD", 1, v1_decimals=5, spread_bps=0.02, gap_bps=0.12, events_per_s=38.0),
        Pair("ETH/USD", 2, v1_decimals=5, spread_bps=0.05, gap_bps=0.2, events_per_s=24.0),
        Pair("BTC/EUR", 1, v1_decimals=5, spread_bps=0.25, gap_bps=0.35, events_per_s=18.0),
        Pair("ETH/EUR", 2, v1_decimals=5, spread_bps=0.5, gap_bps=0.5, events_per_s=12.0),
        Pair("ETH/BTC", 5, v1_decimals=6, spread_bps=1.0, gap_bps=3.5, events_per_s=8.0),
        Pair("EUR/USD", 5, v1_decimals=5, spread_bps=0.2, gap_bps=0.2, events_per_s=8.0),
        Pair("SOL/USD", 2, v1_decimals=8, spread_bps=0.8, gap_bps=0.8, events_per_s=24.0),
        Pair("XRP/USD", 5, v1_decimals=8, spread_bps=0.2, gap_bps=0.3, events_per_s=24.0),
        Pair("ADA/USD", 6, v1_decimals=6, spread_bps=0.8, gap_bps=0.8, events_per_s=12.0),
        Pair("DOGE/USD", 7, v1_decimals=9, spread_bps=0.8, gap_bps=0.8, events_per_s=12.0),
        Pair("LTC/USD", 2, v1_decimals=5, spread_bps=1.5, gap_bps=1.5, events_per_s=8.0),
    )
}


def find(symbols) -> list[Pair]:
    """The pairs named `symbols`, in that order; raises UserError for one that is not listed."""
    for symbol in symbols:
        if symbol not in PAIRS:
            raise UserError(f"unknown pair {symbol!r}; the market lists {', '.join(PAIRS)}")
    if len(set(symbols)) < len(symbols):
        raise UserError(f"a pair is named twice in {','.join(symbols)}")
    return [PAIRS[symbol] for symbol in symbols]
