"""The book a client holds, from the frames it was sent, and updates of it that prove."""

import json
import zlib
from decimal import Decimal
from typing import NamedTuple

from host.exchange.faults.looks import Look
from host.exchange.source import FUTURES_V1, SPOT_V1
from host.exchange.texts import compact, seconds_text, time_text

SIDES = ("bids", "asks")
_CHECKSUM_LEVELS = 10


class Entry(NamedTuple):
    """A level as it is printed; size zero deletes it."""

    side: str
    price: str
    qty: str


class Picture:
    """One pair's book at one depth (0: all there is), by the texts of its numbers."""

    def __init__(self, depth: int, entries: list[Entry]):
        self._depth = depth
        self._sides: dict[str, dict[Decimal, Entry]] = {"bids": {}, "asks": {}}
        self.apply(entries)

    def apply(self, entries: list[Entry]) -> None:
        for entry in entries:
            side = self._sides[entry.side]
            if Decimal(entry.qty):
                side[Decimal(entry.price)] = entry
            else:
                side.pop(Decimal(entry.price), None)
        if self._depth:
            for name in SIDES:
                for entry in self.best(name)[self._depth :]:
                    del self._sides[name][Decimal(entry.price)]

    def best(self, side: str) -> list[Entry]:
        levels = self._sides[side]
        return [levels[price] for price in sorted(levels, reverse=side == "bids")]

    def checksum(self) -> int:
        tokens = [
            number.replace(".", "").lstrip("0")
            for side in ("asks", "bids")
            for entry in self.best(side)[:_CHECKSUM_LEVELS]
            for number in (entry.price, entry.qty)
        ]
        return zlib.crc32("".join(tokens).encode())

    def changes_to(self, other: "Picture") -> list[Entry]:
        """What makes this book the other one; deletions first."""
        gone, new = [], []
        for side in SIDES:
            ours, theirs = self._sides[side], other._sides[side]
            gone += [deletion(ours[price]) for price in ours if price not in theirs]
            new += [theirs[price] for price in theirs if ours.get(price) != theirs[price]]
        return gone + new


def deletion(entry: Entry) -> Entry:
    _, dot, decimals = entry.qty.partition(".")
    return entry._replace(qty=f"0{dot}{'0' * len(decimals)}")


def entries(text: str, look: Look) -> list[Entry]:
    """The levels in a book frame, in the order in which they are to be applied."""
    message = json.loads(text, parse_float=str, parse_int=str)
    if look.dialect == SPOT_V1:
        return [
            Entry("bids" if key[0] == "b" else "asks", level[0], level[1])
            for part in message
            if isinstance(part, dict)
            for key in part
            if key != "c"
            for level in part[key]
        ]
    if look.dialect == FUTURES_V1 and "side" in message:
        side = "bids" if message["side"] == "buy" else "asks"
        return [Entry(side, message["price"], message["qty"])]
    data = message if look.dialect == FUTURES_V1 else message["data"][0]
    return [Entry(side, each["price"], each["qty"]) for side in SIDES for each in data[side]]


def updates(
    changes: list[Entry], picture: Picture, like: str, look: Look, time_us: int
) -> list[str]:
    """Update frames that say `changes` and prove `picture`; `like` is a book frame of the pair.

    A futures book changes by one level a frame, and each has the number of `like`.
    """
    if look.dialect == FUTURES_V1:
        return [_futures(entry, like, look, time_us) for entry in changes]
    if not changes:
        return []
    if look.dialect == SPOT_V1:
        return [_v1(changes, picture, like, time_us)]
    sides = (
        f'"{side}":['
        + ",".join(f'{{"price":{e.price},"qty":{e.qty}}}' for e in changes if e.side == side)
        + "]"
        for side in SIDES
    )
    return [
        f'{{"channel":"book","type":"update","data":[{{"symbol":"{look.symbol}",{",".join(sides)},'
        f'"checksum":{picture.checksum()},"timestamp":"{time_text(time_us)}"}}]}}'
    ]


def _v1(changes: list[Entry], picture: Picture, like: str, time_us: int) -> str:
    message = json.loads(like)
    time = seconds_text(time_us)
    sides = {}
    for key, side in (("a", "asks"), ("b", "bids")):
        levels = [[each.price, each.qty, time] for each in changes if each.side == side]
        if levels:
            sides[key] = levels
    parts: list[dict] = [{key: levels} for key, levels in sides.items()]
    parts[-1]["c"] = str(picture.checksum())
    return compact([message[0], *parts, *message[-2:]])


def _futures(entry: Entry, like: str, look: Look, time_us: int) -> str:
    side = "buy" if entry.side == "bids" else "sell"
    seq = json.loads(like)["seq"]
    return (
        f'{{"feed":"book","product_id":"{look.symbol}","side":"{side}","seq":{seq},'
        f'"price":{entry.price},"qty":{entry.qty},"timestamp":{time_us // 1000}}}'
    )
