"""How the pairs are listed: their names in each dialect, and their smallest orders."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

# What v1, REST and futures call an asset otherwise than v2 does.
OLD_NAMES = {"BTC": "XBT", "DOGE": "XDG"}
# REST's own codes, of the time when an X stood for a coin and a Z for a currency.
_REST_CODES = {
    "BTC": "XXBT",
    "ETH": "XETH",
    "XRP": "XXRP",
    "DOGE": "XXDG",
    "LTC": "XLTC",
    "USD": "ZUSD",
    "EUR": "ZEUR",
}
# Listed later than the others, so its key has no letters put before it.
_SHORT_KEYS = frozenset({"DOGE/USD"})

ORDER_MINIMUMS = {
    "BTC": "0.00005",
    "ETH": "0.001",
    "EUR": "0.5",
    "SOL": "0.02",
    "XRP": "1.65",
    "ADA": "4.4",
    "DOGE": "13",
    "LTC": "0.04",
}
COST_MINIMUMS = {"USD": "0.5", "EUR": "0.45", "BTC": "0.00002"}
_COST_DECIMALS = {"BTC": 10}
_DEFAULT_COST_DECIMALS = 5

_FUTURES_QUOTE = "USD"
_INVERSE_BASES = ("BTC", "ETH", "XRP", "LTC")
_DATED_BASES = ("BTC", "ETH")


class Product(NamedTuple):
    """A future on a pair of the market, whose book it shows."""

    name: str
    symbol: str
    is_inverse: bool
    """Whether sizes are in dollars, one a contract, instead of the asset."""
    matures_us: int
    """0: never."""

    @property
    def pair(self) -> str:
        base, _, quote = v1_name(self.symbol).partition("/")
        return f"{base}:{quote}"


def v1_name(symbol: str) -> str:
    """`XBT/USD` for `BTC/USD`."""
    return "/".join(OLD_NAMES.get(asset, asset) for asset in symbol.split("/"))


def alt_name(symbol: str) -> str:
    """`XBTUSD` for `BTC/USD`."""
    return v1_name(symbol).replace("/", "")


def cost_decimals(quote: str) -> int:
    """Decimals of an amount that is paid."""
    return _COST_DECIMALS.get(quote, _DEFAULT_COST_DECIMALS)


def rest_code(asset: str) -> str:
    """`XXBT` for `BTC`."""
    return _REST_CODES.get(asset, asset)


def rest_key(symbol: str) -> str:
    """`XXBTZUSD` for `BTC/USD`."""
    base, _, quote = symbol.partition("/")
    if symbol in _SHORT_KEYS or base not in _REST_CODES or quote not in _REST_CODES:
        return alt_name(symbol)
    return rest_code(base) + rest_code(quote)


def asked(text: str, symbols) -> tuple[str, str] | None:
    """`(symbol, result key)` of what somebody asks REST for, None if nothing is called that."""
    for symbol in symbols:
        if text in (symbol, v1_name(symbol)):
            # Who asks with a slash is answered with it.
            return symbol, text
        if text in (alt_name(symbol), rest_key(symbol)):
            return symbol, rest_key(symbol)
    return None


def products(symbols, start_us: int) -> dict[str, Product]:
    """The futures on `symbols`: perpetual ones, and those that mature at the quarter's end."""
    matures = _quarter_end(start_us)
    matures_us = int(matures.timestamp()) * 1_000_000
    found = []
    for symbol in symbols:
        base, _, quote = symbol.partition("/")
        if quote != _FUTURES_QUOTE:
            continue
        name, day = alt_name(symbol), f"{matures:%y%m%d}"
        found.append(Product(f"PF_{name}", symbol, False, 0))
        if base in _INVERSE_BASES:
            found.append(Product(f"PI_{name}", symbol, True, 0))
        if base in _DATED_BASES:
            found.append(Product(f"FF_{name}_{day}", symbol, False, matures_us))
            found.append(Product(f"FI_{name}_{day}", symbol, True, matures_us))
    return {product.name: product for product in found}


def _quarter_end(start_us: int) -> datetime:
    """The last Friday of the quarter, 16:00 in London's winter, at least a week ahead."""
    ahead = datetime.fromtimestamp(start_us // 1_000_000, UTC) + timedelta(days=7)
    month = (ahead.month - 1) // 3 * 3 + 3
    while True:
        year, past = divmod(month, 12)
        end = datetime(ahead.year + year, past + 1, 1, 16, tzinfo=UTC) - timedelta(days=1)
        friday = end - timedelta(days=(end.weekday() - 4) % 7)
        if friday > ahead:
            return friday
        month += 3
