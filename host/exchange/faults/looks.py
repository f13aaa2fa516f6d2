"""What a frame is, in any of Kraken's dialects, as far as faults must know."""

import re
from typing import NamedTuple

from host.exchange.listing import OLD_NAMES
from host.exchange.source import FUTURES_V1, SPOT_V1, SPOT_V2

SNAPSHOT, UPDATE, HEARTBEAT, ACK, STATUS, MARKET, OTHER = (
    "snapshot",
    "update",
    "heartbeat",
    "ack",
    "status",
    "market",
    "other",
)
BOOK = (SNAPSHOT, UPDATE)

_V2_CHANNEL = re.compile(r'"channel"\s*:\s*"(\w+)"')
_V2_TYPE = re.compile(r'"type"\s*:\s*"(\w+)"')
_V2_SYMBOL = re.compile(r'"symbol"\s*:\s*"([^"]+)"')
_V1_TAIL = re.compile(r'"([a-z]+)(?:-\d+)?"\s*,\s*"([^"]+)"\s*\]\s*$')
_V1_PAIR = re.compile(r'"pair"\s*:\s*"([^"]+)"')
_EVENT = re.compile(r'"event"\s*:\s*"(\w+)"')
_FEED = re.compile(r'"feed"\s*:\s*"(\w+)"')
_PRODUCT = re.compile(r'"product_ids?"\s*:\s*\[?\s*"([^"]+)"')


class Look(NamedTuple):
    """A frame at a glance; `symbol` as the frame spells it."""

    dialect: str
    kind: str
    symbol: str | None = None


def look(text: str) -> Look:
    """What `text` is; `OTHER` for what no fault is interested in."""
    if text.startswith("["):
        tail = _V1_TAIL.search(text)
        if not tail:
            return Look(SPOT_V1, OTHER)
        if tail[1] != "book":
            return Look(SPOT_V1, MARKET, tail[2])
        is_snapshot = '"as"' in text or '"bs"' in text
        return Look(SPOT_V1, SNAPSHOT if is_snapshot else UPDATE, tail[2])
    if event := _EVENT.search(text):
        return _event(event[1], text)
    if feed := _FEED.search(text):
        kind = {"book": UPDATE, "book_snapshot": SNAPSHOT, "heartbeat": HEARTBEAT}
        return Look(FUTURES_V1, kind.get(feed[1], MARKET), _first(_PRODUCT, text))
    channel = _first(_V2_CHANNEL, text)
    if channel == "book" and '"method"' not in text:
        kind = _first(_V2_TYPE, text)
        return Look(SPOT_V2, kind if kind in BOOK else OTHER, _first(_V2_SYMBOL, text))
    if '"method"' in text:
        is_ack = '"subscribe"' in text and channel == "book" and '"success":true' in text
        return Look(SPOT_V2, ACK if is_ack else OTHER, _first(_V2_SYMBOL, text))
    if channel in ("heartbeat", "status"):
        return Look(SPOT_V2, channel)
    return Look(SPOT_V2, MARKET if channel else OTHER, _first(_V2_SYMBOL, text))


def _event(event: str, text: str) -> Look:
    if event == "heartbeat":
        return Look(SPOT_V1, HEARTBEAT)
    if event == "systemStatus":
        return Look(SPOT_V1, STATUS)
    if event == "subscriptionStatus":
        is_ack = '"subscribed"' in text and '"book' in text
        return Look(SPOT_V1, ACK if is_ack else OTHER, _first(_V1_PAIR, text))
    if event == "subscribed":
        is_ack = _first(_FEED, text) == "book"
        return Look(FUTURES_V1, ACK if is_ack else OTHER, _first(_PRODUCT, text))
    return Look(FUTURES_V1, OTHER, _first(_PRODUCT, text))


def is_same(asked: str | None, symbol: str | None) -> bool:
    """Whether `symbol` of a frame is the pair that is asked for, however each is spelled."""
    if asked is None or symbol is None:
        return asked is None
    asked, symbol = _plain(asked), _plain(symbol)
    # PI_XBTUSD is what futures have of BTC/USD.
    return asked == symbol or symbol.split("_")[1:2] == [asked]


def _plain(symbol: str) -> str:
    symbol = symbol.upper().replace("/", "")
    for name, old_name in OLD_NAMES.items():
        symbol = symbol.replace(old_name, name)
    return symbol


def _first(pattern: re.Pattern, text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None
