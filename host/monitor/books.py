"""The order books that the board tells of: how each stands, its signals, how they go together."""

from collections import Counter, deque

from host.monitor.links import Links
from host.monitor.numbers import number, whole
from host.monitor.pair import LIVE, Pair, Signal
from host.monitor.records import Record
from host.monitor.safe_text import safe_text

SIGNALS_KEPT = 200
# Line noise can spell new names: a board cannot follow so many, and reports each it follows.
PAIRS_KEPT = 64
UNREPORTED_AFTER_S = 30.0


class Books:
    """Feed it the records of books with `take`; read the fields."""

    def __init__(self) -> None:
        self.pairs: dict[str, Pair] = {}
        self.links = Links()
        self.signals: deque[Signal] = deque(maxlen=SIGNALS_KEPT)  # newest first
        self.signal_counts: Counter[tuple[str, str]] = Counter()  # (pair, side)
        self.contagions = 0
        self.movement_told = False  # since the board's start
        self._now_s = 0.0

    def knows(self, kind: str) -> bool:
        """Whether records of this kind are of books."""
        return kind in self._LEARN

    def take(self, record: Record, now_s: float) -> bool:
        """Learn from a record of such a kind; whether it proves that the board is connected."""
        self._now_s = now_s
        self._LEARN[record["k"]](self, record)
        # A book is LIVE on a connection only.
        return record["k"] == "book" or (record["k"] == "pair" and record.get("st") == LIVE)

    def clear(self) -> None:
        """The board starts anew, and has proved no book yet; signals stay, as history."""
        self.pairs.clear()
        self.links.clear()
        self.movement_told = False

    def _pair(self, record: Record) -> Pair | None:
        name = safe_text(record.get("p"))
        if not name:
            return None
        pair = self.pairs.get(name)
        if pair is None:
            if len(self.pairs) >= PAIRS_KEPT:
                return None
            pair = self.pairs[name] = Pair(name)
        # What this pair was still reported long after never was a pair.
        for each in list(self.pairs.values()):
            if pair.heard_s - each.heard_s > UNREPORTED_AFTER_S:
                del self.pairs[each.name]
        pair.heard_s = self._now_s
        return pair

    def _on_book(self, record: Record) -> None:
        if pair := self._pair(record):
            # The board sends a book only while it is LIVE; the view may have joined late.
            pair.state, pair.reason = LIVE, ""
            pair.take_book(record)

    def _on_signal(self, record: Record) -> None:
        pair = self._pair(record)
        side = record.get("side")
        if pair is None or side not in ("BUY", "SELL", "FLAT"):
            return
        exchange_ms = whole(record.get("t")) or 0
        # The book's record is the one before; where it got lost, nothing is known of the book.
        known = pair.state == LIVE and pair.book_ms == exchange_ms
        signal = Signal(
            pair=pair.name,
            side=side,
            exchange_ms=exchange_ms,
            heard_s=self._now_s,
            price=number(record.get("px")),
            quantity=number(record.get("q")),
            reason=safe_text(record.get("why")),
            imbalance=pair.imbalance if known else None,
            spread_bps=pair.spread_bps if known else None,
            confidence=whole(record.get("c")),
        )
        pair.signal = None if side == "FLAT" else signal
        self.signal_counts[pair.name, side] += 1
        self.signals.appendleft(signal)

    def _on_volatility(self, record: Record) -> None:
        if pair := self.pairs.get(safe_text(record.get("p"))):
            self.movement_told = True
            pair.movement.take(record, self._now_s)
            if pair.movement.out_of_contagion:
                self.links.no_contagion(pair.name)

    def _on_flow(self, record: Record) -> None:
        if pair := self.pairs.get(safe_text(record.get("p"))):
            pair.flow.take(record, self._now_s)

    def _on_correlation(self, record: Record) -> None:
        self.links.take_correlation(record, self.pairs, self._now_s)

    def _on_contagion(self, record: Record) -> None:
        self.links.take_contagion(record, self.pairs, self._now_s)
        self.contagions += whole(record.get("on")) == 1

    def _on_state(self, record: Record) -> None:
        if pair := self._pair(record):
            self._turn(pair, safe_text(record.get("st")), safe_text(record.get("why")))

    def _turn(self, pair: Pair, state: str, reason: str) -> None:
        """This pair's book is LIVE now, or is not."""
        if state == LIVE:
            pair.state, pair.reason = state, ""
        else:
            pair.doubt(state, reason)
            self.links.forget(pair.name)

    def _on_pair(self, record: Record) -> None:
        if pair := self._pair(record):
            state = safe_text(record.get("st"))
            if state != pair.state:
                self._turn(pair, state, "")
            pair.lag_ms = whole(record.get("lag"))
            pair.updates = whole(record.get("n")) or 0
            pair.bad_checksums = whole(record.get("bad")) or 0

    def _on_depth(self, record: Record) -> None:
        """It has no place on the screen; its pair is there, and that is all it tells."""
        self._pair(record)

    def _on_market(self, record: Record) -> None:
        if pair := self._pair(record):
            pair.market.take(record)

    _LEARN = {  # noqa: RUF012
        "book": _on_book,
        "signal": _on_signal,
        "vol": _on_volatility,
        "flow": _on_flow,
        "depth": _on_depth,
        "corr": _on_correlation,
        "contagion": _on_contagion,
        "state": _on_state,
        "pair": _on_pair,
        "tick": _on_market,
        "trade": _on_market,
        "ohlc": _on_market,
        "spread": _on_market,
    }
