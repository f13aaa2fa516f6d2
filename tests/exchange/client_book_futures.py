"""A client book of the futures that shares nothing with the code it judges."""

import json
from decimal import Decimal


class ClientBookFutures:
    """Follows a snapshot and its deltas and says whether the sequence numbers are contiguous."""

    def __init__(self):
        self.seq = None
        self.sides = {"buy": {}, "sell": {}}

    def apply(self, frame):
        message = json.loads(frame, parse_float=Decimal, parse_int=Decimal)
        if message["feed"] == "book_snapshot":
            self.sides = {
                side: {level["price"]: level["qty"] for level in message[name]}
                for side, name in (("buy", "bids"), ("sell", "asks"))
            }
            self.seq = message["seq"]
            return True
        is_next = self.seq is not None and message["seq"] == self.seq + 1
        self.seq = message["seq"]
        side = self.sides[message["side"]]
        if message["qty"]:
            side[message["price"]] = message["qty"]
        else:
            del side[message["price"]]
        return is_next

    def levels(self, side):
        """Best first."""
        prices = sorted(self.sides[side], reverse=side == "buy")
        return [(price, self.sides[side][price]) for price in prices]
