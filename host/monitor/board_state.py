"""What is known of the board from the records heard so far: the state that every view shows."""

from collections import Counter, deque
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice, repeat

from host.monitor.records import Line, Record
from host.monitor.safe_text import safe_text

LIVE = "LIVE"
SILENT_AFTER_S = 3.0  # a board reports every pair once a second
HISTORY_STEP_MS = 1000  # one sample of the sparkline
HISTORY_LENGTH = 120
SIGNALS_KEPT = 200
RAW_LINES_KEPT = 100
ERRORS_KEPT = 20
HEALTH_COUNTS = ("n", "bad", "re", "drop", "skip")  # what only grows until a reset
PAIRS_KEPT = 64  # line noise can spell new names; a board cannot follow this many
DIGITS_KEPT = 20  # Kraken's numbers have at most 18; more is line noise too


def number(value: object) -> Decimal | None:
    """A record's number, or None for null and for anything that no board would send."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    exact = Decimal(value)
    if not exact.is_finite() or abs(exact.adjusted()) > DIGITS_KEPT:
        return None
    return exact if len(exact.as_tuple().digits) <= DIGITS_KEPT else None


def whole(value: object) -> int | None:
    """A record's whole number, or None."""
    exact = number(value)
    return None if exact is None else int(exact)


def decimals(value: Decimal | None) -> int:
    """Digits behind the point, as printed in the record."""
    return 0 if value is None else max(0, -int(value.as_tuple().exponent))


@dataclass
class Signal:
    """One change of an imbalance signal."""

    pair: str
    side: str
    exchange_ms: int
    price: Decimal | None
    imbalance: Decimal | None
    spread_bps: Decimal | None
    confidence: int | None


@dataclass
class Boot:
    """What the board said of itself when it started."""

    version: str = ""
    python: str = ""
    cause: str = ""


@dataclass
class Pair:
    """One order book as the board last told of it."""

    name: str
    state: str = ""
    reason: str = ""
    best_bid: Decimal | None = None
    best_ask: Decimal | None = None
    spread_bps: Decimal | None = None
    microprice: Decimal | None = None
    imbalance: Decimal | None = None
    depth_ratio: Decimal | None = None
    lag_ms: int | None = None
    updates: int = 0
    bad_checksums: int = 0
    heard_s: float = 0.0
    book_ms: int = 0
    # The most digits seen so far, so that the columns stand still.
    price_decimals: int = 0
    microprice_decimals: int = 0
    mids: deque[Decimal] = field(default_factory=lambda: deque(maxlen=HISTORY_LENGTH))
    imbalances: deque[Decimal] = field(default_factory=lambda: deque(maxlen=HISTORY_LENGTH))

    @property
    def mid(self) -> Decimal | None:
        """Exactly halfway between best bid and best ask."""
        if self.best_bid is None or self.best_ask is None:
            return None
        return (self.best_bid + self.best_ask) / 2

    def take_book(self, record: Record) -> None:
        self.best_bid, self.best_ask = number(record.get("b")), number(record.get("a"))
        self.spread_bps = number(record.get("s"))
        self.microprice = number(record.get("u"))
        self.imbalance = number(record.get("i"))
        self.depth_ratio = number(record.get("r"))
        self.price_decimals = max(
            self.price_decimals, decimals(self.best_bid), decimals(self.best_ask)
        )
        self.microprice_decimals = max(self.microprice_decimals, decimals(self.microprice))
        self._remember(whole(record.get("t")) or 0)

    def _remember(self, exchange_ms: int) -> None:
        """One sample a second of exchange time; a quiet second repeats the one before."""
        step = exchange_ms // HISTORY_STEP_MS
        passed = step - self.book_ms // HISTORY_STEP_MS
        self.book_ms = exchange_ms
        for history, value in ((self.mids, self.mid), (self.imbalances, self.imbalance)):
            if value is None:
                continue
            if history and passed > 0:
                history.extend(islice(repeat(history[-1]), min(passed - 1, HISTORY_LENGTH)))
            elif history:
                history.pop()
            history.append(value)


class BoardState:
    """Feed it lines with `take` and time with `tick`; read the fields."""

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.pairs: dict[str, Pair] = {}
        self.signals: deque[Signal] = deque(maxlen=SIGNALS_KEPT)  # newest first
        self.signal_counts: Counter[tuple[str, str]] = Counter()  # (pair, side)
        self.record_counts: Counter[str] = Counter()
        self.boot = Boot()
        self.health: Record = {}
        self.errors: deque[str] = deque(maxlen=ERRORS_KEPT)
        self.error_stands = False  # not yet answered by a reset or a connection
        self.raw_lines: deque[bytes] = deque(maxlen=RAW_LINES_KEPT)
        self.raw_count = 0
        self.net = ""
        self.net_why = ""
        self.retry_s = 0.0
        # What the board counted before its last reset, where it starts again from zero.
        self.earlier: Counter[str] = Counter()
        self.earlier_updates: Counter[str] = Counter()  # by pair
        self.earlier_bad: Counter[str] = Counter()
        self.now_s = 0.0  # monotonic
        self.utc_s = 0.0
        self.started_s: float | None = None
        self.heard_s: float | None = None

    def tick(self, now_s: float, utc_s: float) -> None:
        """Tell the time: monotonic for what has elapsed, UTC for the clock on the screen."""
        if self.started_s is None:
            self.started_s = now_s
        self.now_s, self.utc_s = now_s, utc_s

    def take(self, line: Line) -> None:
        """Learn from one line."""
        record = line.record
        if record is None:
            if line.raw.strip():
                self.raw_lines.append(line.raw)
                self.raw_count += 1
            return
        self.heard_s = self.now_s
        kind = record["k"]
        learn = self._LEARN.get(kind)
        if learn is not None:
            self.record_counts[kind] += 1
            learn(self, record)

    def believed(self, pair: Pair) -> bool:
        """Whether this book's numbers may be shown as good: proved, and heard of just now."""
        return pair.state == LIVE and not self.silent(pair.heard_s)

    def silent(self, heard_s: float | None) -> bool:
        return heard_s is None or self.now_s - heard_s > SILENT_AFTER_S

    @property
    def elapsed_s(self) -> float:
        return 0.0 if self.started_s is None else self.now_s - self.started_s

    def total(self, key: str) -> int:
        """One of the health record's counts, with what was counted before a reset of the board."""
        return self.earlier[key] + (whole(self.health.get(key)) or 0)

    def total_updates(self, name: str) -> int:
        return self.earlier_updates[name] + (self.pairs[name].updates if name in self.pairs else 0)

    def total_bad(self, name: str) -> int:
        bad = self.pairs[name].bad_checksums if name in self.pairs else 0
        return self.earlier_bad[name] + bad

    def _pair(self, record: Record) -> Pair | None:
        name = safe_text(record.get("p"))
        if not name:
            return None
        pair = self.pairs.get(name)
        if pair is None:
            if len(self.pairs) >= PAIRS_KEPT:
                return None
            pair = self.pairs[name] = Pair(name)
        pair.heard_s = self.now_s
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
        self.signal_counts[pair.name, side] += 1
        self.signals.appendleft(
            Signal(
                pair=pair.name,
                side=side,
                exchange_ms=whole(record.get("t")) or 0,
                price=number(record.get("px")),
                imbalance=number(record.get("i")),
                spread_bps=number(record.get("s")),
                confidence=whole(record.get("c")),
            )
        )

    def _on_state(self, record: Record) -> None:
        if pair := self._pair(record):
            pair.state, pair.reason = safe_text(record.get("st")), safe_text(record.get("why"))

    def _on_pair(self, record: Record) -> None:
        if pair := self._pair(record):
            state = safe_text(record.get("st"))
            if state != pair.state:
                pair.state, pair.reason = state, ""
            pair.lag_ms = whole(record.get("lag"))
            pair.updates = whole(record.get("n")) or 0
            pair.bad_checksums = whole(record.get("bad")) or 0

    def _on_boot(self, record: Record) -> None:
        # The board counts from zero again and has proved no book yet; signals stay, as history.
        for key in HEALTH_COUNTS:
            self.earlier[key] = self.total(key)
        for pair in self.pairs.values():
            self.earlier_updates[pair.name] += pair.updates
            self.earlier_bad[pair.name] += pair.bad_checksums
        self.boot = Boot(
            version=safe_text(record.get("v")),
            python=safe_text(record.get("py")),
            cause=safe_text(record.get("cause")),
        )
        self.health = {}
        self.pairs.clear()
        self.net = self.net_why = ""
        self.error_stands = False

    def _on_net(self, record: Record) -> None:
        self.net = safe_text(record.get("st"))
        if self.net == "down":
            self.net_why = safe_text(record.get("why"))
        elif self.net == "retry":
            self.retry_s = self.now_s + (whole(record.get("ms")) or 0) / 1000
        elif self.net == "up":
            self.net_why = ""
            self.error_stands = False

    def _on_health(self, record: Record) -> None:
        self.health = record

    def _on_error(self, record: Record) -> None:
        self.errors.append(safe_text(record.get("why")))
        self.error_stands = True

    _LEARN = {  # noqa: RUF012
        "book": _on_book,
        "signal": _on_signal,
        "state": _on_state,
        "pair": _on_pair,
        "boot": _on_boot,
        "net": _on_net,
        "health": _on_health,
        "error": _on_error,
    }
