"""Plays the v2 book frames of a capture as they were recorded, byte for byte, in order."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from host import captures
from host.errors import UserError
from host.exchange.protocol import DEPTHS
from host.exchange.source import SPOT_V2, Shown, Source, Topic
from host.exchange.texts import time_of

# A frame is only searched, not parsed, so that a damaged one is played too.
_KIND = re.compile(rb'"type"\s*:\s*"(snapshot|update)"')
_SYMBOL = re.compile(rb'"symbol"\s*:\s*"([^"]+)"')
_TIMESTAMP = re.compile(rb'"timestamp"\s*:\s*"([^"]+)"')
_PRICE = re.compile(rb'"price"\s*:')
_IS_BOOK = re.compile(rb'"channel"\s*:\s*"book"')


class Player(Source):
    """A source for the engine; raises UserError when the file cannot be played."""

    # Whoever comes first is to hear the feed from its beginning.
    waits_for_subscriber = True
    is_now = False
    dialects = (SPOT_V2,)

    def __init__(self, path: str | Path):
        self._path = Path(path)
        self._depths: dict[str, int] = {}
        self.start_us = self._scan()
        self.rewind()

    def symbols(self) -> tuple[str, ...]:
        return tuple(self._depths)

    def depths(self, symbol: str) -> tuple[int, ...]:
        # Updates recorded at one depth do not prove a book of another.
        return (self._depths[symbol],)

    def serves(self, channel: str) -> bool:
        return channel == "book"

    def next_us(self) -> int | None:
        return self._next[0] if self._next else None

    def step(self, wanted) -> list[Shown]:
        _, symbol, kind, frame = self._next
        self._next = next(self._events, None)
        self._books[symbol].apply(kind, frame)
        return [Shown(Topic(SPOT_V2, "book", symbol, self._depths[symbol]), kind, frame)]

    def is_to_come(self, topic: Topic) -> bool:
        return not self._books[topic.symbol].is_known

    def picture(self, topic: Topic, time_us: int) -> list[str]:
        return [self._books[topic.symbol].snapshot()]

    def rewind(self) -> None:
        """Begin again."""
        self._books = {symbol: _Book(symbol, depth) for symbol, depth in self._depths.items()}
        self._events = self._read()
        self._next = next(self._events, None)

    def _scan(self) -> int:
        """Read the file once: what there is to subscribe to, and that all of it can be played."""
        start_us = None
        acknowledged: dict[str, int] = {}
        for number, (time_s, frame) in enumerate(captures.frames(self._path), 1):
            found = _book_frame(frame)
            if not found:
                acknowledged.update(_acknowledged(frame))
                continue
            symbol, kind = found
            try:
                frame.decode()
                time_us = _time_us(time_s, frame)
            except ValueError:
                raise UserError(f"{self._path}: frame {number} is damaged") from None
            start_us = time_us if start_us is None else start_us
            if kind == "snapshot":
                levels = len(_PRICE.findall(frame))
                deepest = self._depths.get(symbol, DEPTHS[0])
                # Both sides are as deep as the subscription, or the pair is thin.
                fitting = [depth for depth in DEPTHS if 2 * depth >= levels]
                self._depths[symbol] = max(deepest, fitting[0] if fitting else DEPTHS[-1])
            elif symbol not in self._depths:
                raise UserError(
                    f"{self._path}: frame {number} updates {symbol} before any snapshot of it; "
                    "a capture begins where the subscription did"
                )
        if not self._depths:
            raise UserError(f"{self._path}: no v2 book snapshot in it, nothing to play")
        self._depths |= {
            name: acknowledged[name] for name in self._depths.keys() & acknowledged.keys()
        }
        if start_us is None:
            raise UserError(f"{self._path}: no times in it, neither beside its frames nor inside")
        return start_us

    def _read(self) -> Iterator[tuple[int, str, str, str]]:
        now_us = self.start_us
        for time_s, frame in captures.frames(self._path):
            if found := _book_frame(frame):
                # A frame without a time comes with the one before; time never goes back.
                now_us = max(now_us, _time_us(time_s, frame) or now_us)
                yield now_us, *found, frame.decode()


class _Book:
    """What a client that follows the frames holds; the texts are kept as they were printed."""

    def __init__(self, symbol: str, depth: int):
        self.is_known = False
        self._symbol = symbol
        self._depth = depth
        self._sides: dict[str, dict[Decimal, str]] = {"bids": {}, "asks": {}}
        self._last: dict = {}

    def apply(self, kind: str, frame: str) -> None:
        if kind == "snapshot":
            self.is_known = True
            for side in self._sides.values():
                side.clear()
        try:
            for element in json.loads(frame, parse_float=str, parse_int=str)["data"]:
                self._last = element
                for name, side in self._sides.items():
                    self._apply_side(side, element[name], worst=min if name == "bids" else max)
        except (ValueError, KeyError, TypeError, InvalidOperation):
            # A damaged frame is played as it is; those who follow it have the same gap.
            return

    def _apply_side(self, side: dict[Decimal, str], levels: list[dict], worst) -> None:
        for level in levels:
            price = Decimal(level["price"])
            if Decimal(level["qty"]):
                side[price] = f'{{"price":{level["price"]},"qty":{level["qty"]}}}'
            else:
                side.pop(price, None)
        while len(side) > self._depth:
            del side[worst(side)]

    def snapshot(self) -> str:
        bids = [self._sides["bids"][price] for price in sorted(self._sides["bids"], reverse=True)]
        asks = [self._sides["asks"][price] for price in sorted(self._sides["asks"])]
        time = f',"timestamp":"{self._last["timestamp"]}"' if "timestamp" in self._last else ""
        return (
            f'{{"channel":"book","type":"snapshot","data":[{{"symbol":"{self._symbol}",'
            f'"bids":[{",".join(bids)}],"asks":[{",".join(asks)}],'
            f'"checksum":{self._last.get("checksum", 0)}{time}}}]}}'
        )


def _book_frame(frame: bytes) -> tuple[str, str] | None:
    """`(symbol, kind)` of a v2 book frame, None for any other."""
    if not _IS_BOOK.search(frame):
        return None
    kind, symbol = _KIND.search(frame), _SYMBOL.search(frame)
    if not (kind and symbol):
        return None
    return symbol[1].decode(errors="replace"), kind[1].decode()


def _acknowledged(frame: bytes) -> dict[str, int]:
    """The symbol and depth of a recorded subscription; nothing for any other frame."""
    if b'"success":true' not in frame or b'"subscribe"' not in frame:
        return {}
    try:
        result = json.loads(frame)["result"]
        return {result["symbol"]: result["depth"]} if result["channel"] == "book" else {}
    except (ValueError, KeyError, TypeError):
        return {}


def _time_us(time_s: float | None, frame: bytes) -> int | None:
    """When a frame came, from its line or else its own timestamp (ValueError if that is none)."""
    if time_s is not None:
        return round(time_s * 1_000_000)
    stamp = _TIMESTAMP.search(frame)
    return time_of(stamp[1].decode()) if stamp else None
