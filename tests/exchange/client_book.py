"""A client book that shares nothing with the code it judges: dict, Decimal, sorted, zlib."""

import json
import zlib
from decimal import Decimal

_CHECKSUM_LEVELS = 10


class ClientBook:
    """Follows v2 book frames at one depth and says whether each checksum holds."""

    def __init__(self, depth: int):
        self.depth = depth
        self.sides = {"bids": {}, "asks": {}}

    def apply(self, frame: str) -> bool:
        """Apply a frame; True when its checksum is that of the book it leaves."""
        message = json.loads(frame, parse_float=str, parse_int=str)
        (data,) = message["data"]
        if message["type"] == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        for name, levels in self.sides.items():
            for level in data[name]:
                if Decimal(level["qty"]) == 0:
                    levels.pop(Decimal(level["price"]), None)
                else:
                    levels[Decimal(level["price"])] = (level["price"], level["qty"])
            for price in self.ordered(name)[self.depth :]:
                del levels[price]
        return self.checksum() == int(data["checksum"])

    def ordered(self, name: str) -> list[Decimal]:
        return sorted(self.sides[name], reverse=name == "bids")

    def checksum(self) -> int:
        text = ""
        for name in ("asks", "bids"):
            for price in self.ordered(name)[:_CHECKSUM_LEVELS]:
                text += "".join(
                    part.replace(".", "").lstrip("0") for part in self.sides[name][price]
                )
        return zlib.crc32(text.encode())

    def is_crossed(self) -> bool:
        return max(self.sides["bids"]) >= min(self.sides["asks"])
