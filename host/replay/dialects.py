"""What each of Kraken's dialects tells in a recording of its pairs: their names, depths and snapshots."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any, NamedTuple, TypeGuard

from firmware.feeds import (
    futures_v1,
    futures_v1_talk,
    spot_v1,
    spot_v1_talk,
    spot_v2,
    spot_v2_talk,
)
from firmware.kernels import decode_futures, decode_v1, decode_v2
from host.captures import FUTURES_V1, SPOT_V1, SPOT_V2, frame_of
from host.runtimes.kernel import Kernel

DEPTHS = (10, 25, 100, 500, 1000)
"""What Kraken offers, levels a side."""

_LONGEST_SYMBOL = 19  # as firmware/feeds has it


class Told(NamedTuple):
    """That a channel has been subscribed to, or a message of it; nothing in it has been checked."""

    name: Any
    """The pair as the exchange spells it there."""
    channel: Any
    depth: Any = None
    """Levels a side, if it says so."""
    levels: int | None = None
    """Of the longer side of a book's snapshot; None for anything else."""


@dataclass(frozen=True)
class Dialect:
    """How a dialect's recordings are read."""

    name: str
    """As in a board's settings."""
    on_frame: FunctionType
    """The firmware's conductor."""
    decode: Kernel
    """The decoder that it calls first."""
    by_sequence: bool
    """Whether sequence numbers prove a book, not checksums."""
    wire_name: Callable[[str], str]
    """How the exchange spells a symbol."""
    markers: tuple[bytes, ...]
    """One of these is in every frame that tells of a pair."""
    told: Callable[[Any], Iterator[Told]]
    """What a frame tells, parsed."""
    pair_in: Callable[[Any], Any]
    """The name of the pair in a message about one book, parsed."""
    shown: Callable[[str], str]
    """The symbol of a pair that the exchange spells so."""
    cuts: bool
    """Whether every depth can be cut from what the feed sends."""
    proofs: str
    """What the words of the summary call the proofs of its books."""
    unproved: str
    """What they say of its snapshots, if nothing proves them."""


def _v2(frame: Any) -> Iterator[Told]:
    if not isinstance(frame, dict):
        return
    result = frame.get("result")
    if isinstance(result, dict):
        yield Told(result.get("symbol"), result.get("channel"), result.get("depth"))
    elements = frame.get("data")
    for element in elements if isinstance(elements, list) else ():
        if isinstance(element, dict):
            levels = _longer(element, "bids", "asks")
            yield Told(element.get("symbol"), frame.get("channel"), None, levels)


def _v1(frame: Any) -> Iterator[Told]:
    if isinstance(frame, dict):
        if frame.get("event") == "subscriptionStatus" and frame.get("status") == "subscribed":
            yield Told(frame.get("pair"), *_channel(frame.get("channelName")))
    elif isinstance(frame, list) and len(frame) > 3:
        sides: dict = {}
        for part in frame[1:-2]:
            sides |= part if isinstance(part, dict) else {}
        if not sides.keys().isdisjoint(("as", "bs")):
            # One of them may be missing.
            yield Told(frame[-1], *_channel(frame[-2]), _longer({"as": [], "bs": [], **sides}))


def _channel(name: Any) -> tuple[str, int | None]:
    """`book-10` is the book with its depth, `ohlc-5` a candle with its minutes."""
    channel, _, option = str(name).partition("-")
    return channel, int(option) if option.isdecimal() and len(option) < 5 else None


def _futures(frame: Any) -> Iterator[Told]:
    if not isinstance(frame, dict):
        return
    channel = str(frame.get("feed")).partition("_")[0]
    if "event" not in frame:
        yield Told(frame.get("product_id"), channel, None, _longer(frame, "bids", "asks"))
    elif frame["event"] == "subscribed" and isinstance(frame.get("product_ids"), list):
        for product in frame["product_ids"]:
            yield Told(product, channel)


def _longer(element: dict, bids: str = "bs", asks: str = "as") -> int | None:
    sides = element.get(bids), element.get(asks)
    lengths = [len(side) for side in sides if isinstance(side, list)]
    return max(lengths) if len(lengths) == len(sides) else None


def _spot(name: str) -> str:
    """XBT/USD is shown as BTC/USD."""
    return "/".join({"XBT": "BTC", "XDG": "DOGE"}.get(asset, asset) for asset in name.split("/"))


_ALL = (
    Dialect(
        name=SPOT_V2,
        on_frame=spot_v2.on_frame,
        decode=decode_v2.decode,
        by_sequence=False,
        wire_name=spot_v2_talk.wire_name,
        markers=(b'"snapshot"',),
        told=_v2,
        pair_in=lambda frame: frame["data"][0]["symbol"],
        shown=str,
        cuts=False,
        proofs="checksums proved",
        unproved="",
    ),
    Dialect(
        name=SPOT_V1,
        on_frame=spot_v1.on_frame,
        decode=decode_v1.decode,
        by_sequence=False,
        wire_name=spot_v1_talk.wire_name,
        markers=(b'"as"', b'"bs"', b'"subscriptionStatus"'),
        told=_v1,
        pair_in=lambda frame: frame[-1],
        shown=_spot,
        cuts=False,
        proofs="checksums proved",
        unproved="without a checksum",
    ),
    Dialect(
        name=FUTURES_V1,
        on_frame=futures_v1.on_frame,
        decode=decode_futures.decode,
        by_sequence=True,
        wire_name=futures_v1_talk.wire_name,
        markers=(b'"book_snapshot"', b'"subscribed"'),
        told=_futures,
        pair_in=lambda frame: frame["product_id"],
        shown=str,
        cuts=True,
        proofs="sequence numbers in order",
        unproved="to begin the count",
    ),
)
DIALECTS = {dialect.name: dialect for dialect in _ALL}
"""By their names in a board's settings."""


def pair_of(dialect: Dialect, line: bytes) -> str | None:
    """How the exchange spells the pair of a message about one book; None if no pair has such a name."""
    try:
        name = dialect.pair_in(json.loads(frame_of(line) or b"null"))
    except (ValueError, RecursionError, LookupError, TypeError):
        return None
    return name if can_be_followed(name) else None


def can_be_followed(symbol: object) -> TypeGuard[str]:
    """Whether a symbol fits the board's tables, and a record or a terminal unescaped."""
    if not isinstance(symbol, str) or not 0 < len(symbol) <= _LONGEST_SYMBOL:
        return False
    return all("!" <= letter <= "~" and letter not in '"\\' for letter in symbol)
