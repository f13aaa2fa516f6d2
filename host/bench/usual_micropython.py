"""The program that one usually writes for a MicroPython board: json.loads, dicts, sort, CRC of strings.

The board programs time it beside the kernels. It runs on MicroPython; nothing of Inkling is in it.
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


class UsualV1(UsualFeed):
    """Spot v1: lists of texts, each kept as the wire has it beside its number."""

    def on_frame(self, frame):
        message = json.loads(frame)
        if not isinstance(message, list):
            return
        pair = message[-1]
        if "as" in message[1]:
            self.books[pair] = ({}, {})
        bids, asks = self.books[pair]
        checksum = None
        for part in message[1:-2]:
            self.change(bids, part.get("bs") or part.get("b") or ())
            self.change(asks, part.get("as") or part.get("a") or ())
            checksum = part.get("c", checksum)
        best_bids = self.best(bids, True)
        best_asks = self.best(asks, False)
        text = "".join([asks[price][1] for price in best_asks])
        text += "".join([bids[price][1] for price in best_bids])
        if checksum is None or crc32(text.encode()) == int(checksum):
            self.proved += 1
        sizes = [{price: side[price][0] for price in side} for side in (bids, asks)]
        self.features[pair] = self.look(sizes[0], best_bids, sizes[1], best_asks)

    def change(self, side, levels):
        for price, quantity, *_ in levels:
            if float(quantity) == 0:
                side.pop(float(price), None)
            else:
                digits = price.replace(".", "").lstrip("0") + quantity.replace(".", "").lstrip("0")
                side[float(price)] = (float(quantity), digits)

    def best(self, side, best_is_highest):
        prices = sorted(side, reverse=best_is_highest)
        for price in prices[self.depth :]:
            del side[price]
        return prices[: self.depth]


class UsualFutures(UsualFeed):
    """Futures v1: a level a message, and a number that grows by one; the book is never cut."""

    def on_frame(self, frame):
        message = json.loads(frame)
        feed = message.get("feed")
        if feed == "book_snapshot":
            pair = message["product_id"]
            bids = {level["price"]: level["qty"] for level in message["bids"]}
            asks = {level["price"]: level["qty"] for level in message["asks"]}
            self.books[pair] = (bids, asks, message["seq"])
        elif feed == "book":
            pair = message["product_id"]
            bids, asks, number = self.books[pair]
            side = bids if message["side"] == "buy" else asks
            if message["qty"] == 0:
                side.pop(message["price"], None)
            else:
                side[message["price"]] = message["qty"]
            if message["seq"] != number + 1:
                return
            self.books[pair] = (bids, asks, message["seq"])
        else:
            return
        self.proved += 1
        bids, asks, _ = self.books[pair]
        best_bids = sorted(bids, reverse=True)[: self.depth]
        best_asks = sorted(asks)[: self.depth]
        self.features[pair] = self.look(bids, best_bids, asks, best_asks)


FEEDS = {"spot_v2": UsualFeed, "spot_v1": UsualV1, "futures_v1": UsualFutures}
