"""What many people use for this job: cryptofeed's Kraken, driven without a network, its checksums validated.

It speaks Kraken's older dialect (spot v1), so the frames of v2 are told again in that. Optional:
pip install 'inkling[bench]'.
"""

import json

from cryptofeed.defines import L2_BOOK
from cryptofeed.exchanges.kraken import Kraken
from cryptofeed.symbols import Symbols

_OLD_NAMES = {"BTC": "XBT", "DOGE": "XDG"}
_CHANNEL_ID = 336
_TIME = "1690246067.832139"  # it parses none of the levels' times


class Books:
    """cryptofeed's books of some pairs, `symbols` as v2 spells them; `heard` counts those it tells of."""

    def __init__(self, symbols: list[str], depth: int) -> None:
        self.heard = 0
        names = {_theirs(symbol): _old(symbol) for symbol in symbols}
        Symbols.set(Kraken.id, names, {})  # or it would ask the exchange for them
        self._feed = Kraken(
            config={"log": {"disabled": True}},
            symbols=list(names),
            channels=[L2_BOOK],
            callbacks={L2_BOOK: self._hear},
            checksum_validation=True,  # a wrong one raises BadChecksum
            max_depth=depth,
        )

    def play(self, frames: list[str]) -> None:
        """All frames in turn; nothing in them has to wait for anything."""
        handler = self._feed.message_handler
        for frame in frames:
            try:
                handler(frame, None, 0.0).send(None)
            except StopIteration:
                continue

    async def _hear(self, book, received_s: float) -> None:
        self.heard += 1


def in_v1(frame: bytes) -> list[str]:
    """A book frame of v2, told in v1. Both sides in one object: cryptofeed looks for the checksum only in the first."""
    message = json.loads(frame, parse_float=str)
    is_snapshot = message["type"] == "snapshot"
    return [
        json.dumps(
            [
                _CHANNEL_ID,
                {
                    "as" if is_snapshot else "a": _levels(element["asks"]),
                    "bs" if is_snapshot else "b": _levels(element["bids"]),
                    "c": str(element["checksum"]),
                },
                "book-10",
                _old(element["symbol"]),
            ],
            separators=(",", ":"),
        )
        for element in message["data"]
    ]


def _levels(levels: list[dict]) -> list[list[str]]:
    return [[str(level["price"]), str(level["qty"]), _TIME] for level in levels]


def _theirs(symbol: str) -> str:
    return symbol.replace("/", "-")


def _old(symbol: str) -> str:
    return "/".join(_OLD_NAMES.get(asset, asset) for asset in symbol.split("/"))
