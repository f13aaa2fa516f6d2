"""The best short CPython program we could write for the same job: what the replay engine has to beat.

msgspec decodes into typed structs, bisect keeps the prices sorted, the checksum text of a level is
made once, when the level changes, and the asks' CRC is kept while only bids change. It proves every
checksum, but computes no features, signals or records.
"""

from bisect import bisect_left
from pathlib import Path
from zlib import crc32

import msgspec

# Of the sizes tried (16 kB to 40 MB) the fastest: frames die while they are in the CPU's cache.
_READ_BYTES = 1 << 16


class Level(msgspec.Struct, gc=False):
    price: float
    qty: float


class Element(msgspec.Struct, gc=False):
    symbol: str
    checksum: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Frame(msgspec.Struct, gc=False):
    channel: str
    type: str = ""
    data: tuple[Element, ...] = ()


class Side:
    """Prices from the best on (bids negated) and the checksum text of each."""

    __slots__ = ("depth", "price_scale", "prices", "qty_scale", "sign", "texts")

    def __init__(self, sign: int, decimals: tuple[int, int], depth: int) -> None:
        self.sign = sign
        self.price_scale = 10.0 ** decimals[0]
        self.qty_scale = 10.0 ** decimals[1]
        self.depth = depth
        self.prices: list[float] = []
        self.texts: list[bytes] = []

    def apply(self, levels: tuple[Level, ...]) -> None:
        prices = self.prices
        texts = self.texts
        for level in levels:
            price = level.price * self.sign
            at = bisect_left(prices, price)
            found = at < len(prices) and prices[at] == price
            if not level.qty:
                if found:
                    del prices[at], texts[at]
                continue
            text = b"%.0f%.0f" % (level.price * self.price_scale, level.qty * self.qty_scale)
            if found:
                texts[at] = text
            else:
                prices.insert(at, price)
                texts.insert(at, text)
        del prices[self.depth :], texts[self.depth :]


def replay(path: Path, decimals: dict[str, tuple[int, int]], depth: int) -> tuple[int, int]:
    """Messages in the file of frames, and how many checksums held; books of up to ten levels a side."""
    decode_lines = msgspec.json.Decoder(Frame).decode_lines
    books: dict[str, list] = {}
    messages = proved = 0
    rest = b""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_READ_BYTES):
            cut = chunk.rfind(b"\n") + 1
            frames = decode_lines(rest + chunk[:cut])
            rest = chunk[cut:]
            messages += len(frames)
            for frame in frames:
                if frame.channel != "book":
                    continue
                for element in frame.data:
                    symbol = element.symbol
                    if frame.type == "snapshot":
                        places = decimals[symbol]
                        books[symbol] = [Side(-1, places, depth), Side(1, places, depth), 0]
                    book = books[symbol]
                    bids, asks, asks_crc = book
                    if element.asks:
                        asks.apply(element.asks)
                        asks_crc = book[2] = crc32(b"".join(asks.texts))
                    if element.bids:
                        bids.apply(element.bids)
                    if crc32(b"".join(bids.texts), asks_crc) == element.checksum:
                        proved += 1
    return messages, proved
