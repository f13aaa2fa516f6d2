"""The program that one usually writes for a MicroPython board: json.loads, dicts, sort, CRC of strings.

The board program times it beside the kernels. It runs on MicroPython; nothing of Inkling is in it.
"""

import json
from binascii import crc32

_LEVELS = 5


class UsualFeed:
    """Books of floats, as json.loads gives them; `decimals` has those of price and quantity for each pair."""

    def __init__(self, decimals, depth=10):
        self.formats = {
            pair: (f"%.{price}f", f"%.{quantity}f") for pair, (price, quantity) in decimals.items()
        }
        self.depth = depth
        self.books = {}
        self.features = {}
        self.proved = 0

    def on_frame(self, frame):
        message = json.loads(frame)
        if message["channel"] != "book":
            return
        for element in message["data"]:
            pair = element["symbol"]
            if message["type"] == "snapshot":
                self.books[pair] = ({}, {})
            bids, asks = self.books[pair]
            best_bids = self.apply(bids, element["bids"], True)
            best_asks = self.apply(asks, element["asks"], False)
            text = self.digits(pair, asks, best_asks) + self.digits(pair, bids, best_bids)
            if crc32(text.encode()) == element["checksum"]:
                self.proved += 1
            self.features[pair] = self.look(bids, best_bids, asks, best_asks)

    def apply(self, side, levels, best_is_highest):
        for level in levels:
            if level["qty"] == 0:
                side.pop(level["price"], None)
            else:
                side[level["price"]] = level["qty"]
        prices = sorted(side, reverse=best_is_highest)
        for price in prices[self.depth :]:
            del side[price]
        return prices[: self.depth]

    def digits(self, pair, side, prices):
        price_format, quantity_format = self.formats[pair]
        text = ""
        for price in prices[:10]:
            text += (price_format % price).replace(".", "").lstrip("0")
            text += (quantity_format % side[price]).replace(".", "").lstrip("0")
        return text

    def look(self, bids, best_bids, asks, best_asks):
        bid = best_bids[0]
        ask = best_asks[0]
        bid_size = sum(bids[price] for price in best_bids[:_LEVELS])
        ask_size = sum(asks[price] for price in best_asks[:_LEVELS])
        mid = (bid + ask) / 2
        spread = (ask - bid) / mid * 10000
        micro = (bid * asks[ask] + ask * bids[bid]) / (bids[bid] + asks[ask])
        imbalance = (bid_size - ask_size) / (bid_size + ask_size)
        return bid, ask, spread, mid, micro, imbalance, bid_size / ask_size
