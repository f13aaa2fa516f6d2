"""An independent model of futures: json, Decimal, the full book in a dict a side; and the messages of Kraken."""

from decimal import Decimal

from reference import DIGITS, EXACT, NotABook, parsed, units

_KEYS = ("feed", "product_id", "seq", "timestamp", "side", "price", "qty", "bids", "asks")


def read(frame: bytes) -> dict:
    """The members of a `book` or `book_snapshot` frame; raises NotABook."""
    message = parsed(frame, _KEYS, **EXACT)
    if not isinstance(message, dict) or message.get("feed") not in ("book", "book_snapshot"):
        raise NotABook("another feed")
    if not isinstance(message.get("product_id"), str):
        raise NotABook("no product")
    for key, must in (("seq", True), ("timestamp", False)):
        number = message.get(key) if must or key in message else Decimal(0)
        if not isinstance(number, Decimal) or number % 1 or _number(number) < 0:
            raise NotABook(f"no {key}")
    if message["feed"] == "book":
        if message.get("side") not in ("buy", "sell") or {"bids", "asks"} & message.keys():
            raise NotABook("no side")
        _level(message)
    else:
        if {"side", "price", "qty"} & message.keys():
            raise NotABook("a level in a snapshot")
        for side in ("bids", "asks"):
            if not isinstance(message.get(side), list):
                raise NotABook(f"no {side}")
            for level in message[side]:
                _level(level)
    return message


def _level(level) -> None:
    if not isinstance(level, dict):
        raise NotABook("no level")
    for key in ("price", "qty"):
        if not isinstance(level.get(key), Decimal):
            raise NotABook(f"no {key}")
        _number(level[key])


def _number(number: Decimal) -> Decimal:
    if number.is_signed() or (number and len(number.as_tuple().digits) > DIGITS):
        raise NotABook("no number of ours")
    return number


class FullBook:
    """One product's book, nothing cut off, whatever the sequence numbers say."""

    def __init__(self) -> None:
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}
        self.seq = self.time_ms = 0

    def take(self, message: dict) -> None:
        self.seq = int(message["seq"])
        self.time_ms = int(message.get("timestamp", self.time_ms))
        if message["feed"] == "book_snapshot":
            for side in ("bids", "asks"):
                levels = getattr(self, side)
                levels.clear()
                for level in message[side]:
                    self._set(levels, level)
        else:
            self._set(self.bids if message["side"] == "buy" else self.asks, message)

    def _set(self, side, level) -> None:
        if level["qty"]:
            side[level["price"]] = level["qty"]
        else:
            side.pop(level["price"], None)

    def best(self, decimals, counts) -> tuple[list, list]:
        """So many best levels of each side, as (price, quantity) in units of the last decimal."""
        sides = sorted(self.bids.items(), reverse=True), sorted(self.asks.items())
        bids, asks = (
            [(units(price, decimals[0]), units(qty, decimals[1])) for price, qty in side[:count]]
            for side, count in zip(sides, counts, strict=True)
        )
        return bids, asks

    def snapshot(self, product: str) -> bytes:
        """What the exchange would answer to a new subscription."""
        bids, asks = sorted(self.bids.items(), reverse=True), sorted(self.asks.items())
        return snapshot(product, self.seq, bids, asks, self.time_ms)


def snapshot(product: str, seq: int, bids=(), asks=(), time_ms=1626994925378) -> bytes:
    """As Kraken spells it; levels are pairs of number texts or Decimals."""
    sides = [
        ",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in side)
        for side in (bids, asks)
    ]
    return (
        f'{{"feed":"book_snapshot","product_id":"{product}","timestamp":{time_ms},"seq":{seq},'
        f'"tickSize":null,"bids":[{sides[0]}],"asks":[{sides[1]}]}}'
    ).encode()


def delta(product: str, seq: int, side: str, price, qty, time_ms=1626994927744) -> bytes:
    """As Kraken spells it."""
    return (
        f'{{"feed":"book","product_id":"{product}","side":"{side}","seq":{seq},'
        f'"price":{price},"qty":{qty},"timestamp":{time_ms}}}'
    ).encode()


def assert_best(book, truth: FullBook, levels: int = 5) -> None:
    """A LIVE book is the truth's best levels, all of them where nothing was cut off, else `levels` at least."""
    counts = [len(book.bids), len(book.asks)]
    assert (book.bids, book.asks) == truth.best(book.decimals, counts)
    for kept, side in zip(counts, (truth.bids, truth.asks), strict=True):
        assert kept == len(side) or kept >= levels
    assert book.time_ms == truth.time_ms
