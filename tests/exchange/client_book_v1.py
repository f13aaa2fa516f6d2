"""A client book of v1 that shares nothing with the code it judges: the strings as they came."""

import json
import zlib
from decimal import Decimal

_CHECKSUM_LEVELS = 10


class ClientBookV1:
    """Follows v1 book frames at one depth and says whether each checksum holds."""

    def __init__(self, depth):
        self.depth = depth
        self.sides = {"a": {}, "b": {}}
        self.republished = self.two_sided = 0

    def apply(self, frame):
        """Apply a frame; True when it has no checksum, or that of the book it leaves."""
        _, *payloads, channel, _ = json.loads(frame)
        assert channel == f"book-{self.depth}"
        assert all("c" not in payload for payload in payloads[:-1])
        self.two_sided += len(payloads) == 2
        for payload in payloads:
            for key, levels in payload.items():
                if key.endswith("s"):
                    self.sides[key[0]] = {}
                if key != "c":
                    self._apply(self.sides[key[0]], levels)
        for name, levels in self.sides.items():
            for price in self.ordered(name)[self.depth :]:
                del levels[price]
        return "c" not in payloads[-1] or payloads[-1]["c"] == str(self.checksum())

    def _apply(self, side, levels):
        for price, qty, stamp, *flag in levels:
            assert flag in ([], ["r"])
            self.republished += bool(flag)
            if Decimal(qty) == 0:
                del side[Decimal(price)]
            else:
                side[Decimal(price)] = (price, qty, stamp)

    def ordered(self, name):
        return sorted(self.sides[name], reverse=name == "b")

    def levels(self, name):
        """Best first, as numbers."""
        return [(price, Decimal(self.sides[name][price][1])) for price in self.ordered(name)]

    def checksum(self):
        text = ""
        for name in ("a", "b"):
            for price in self.ordered(name)[:_CHECKSUM_LEVELS]:
                printed, qty, _ = self.sides[name][price]
                text += printed.replace(".", "").lstrip("0") + qty.replace(".", "").lstrip("0")
        return zlib.crc32(text.encode())
