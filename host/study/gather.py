"""Recorded feeds into columns: what the mid of every pair was when, and the signals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from firmware import config
from host.captures import Capture
from host.errors import UserError
from host.replay.engine import Engine
from host.replay.rows import Rows
from host.replay.split import Lines, split
from host.runtimes import native
from host.study import rows

BPS = 1e4
"""Basis points in one."""

# Something has been read: how many bytes of the files, so far.
Tell = Callable[[int], None]


@dataclass
class Quotes:
    """Best bid and ask of one pair, each until the next; not numbers from the beginning of a gap on."""

    times_ms: np.ndarray
    mids: np.ndarray
    gaps: np.ndarray
    """How many gaps began before, or with, each row."""


@dataclass
class Signals:
    """Columns of the signals, in the order of their times."""

    pair: np.ndarray
    """Numbers of the recording's pairs."""
    times_ms: np.ndarray
    side: np.ndarray
    """1 to buy, -1 to sell."""
    imbalance: np.ndarray
    confidence: np.ndarray
    mids: np.ndarray
    half_spread_bps: np.ndarray
    gaps: np.ndarray
    """Gaps of the pair before each."""
    is_led: np.ndarray
    """Whether the pair that leads said the same."""

    def __len__(self) -> int:
        return len(self.pair)


@dataclass
class Alert:
    """One contagion, from when it was said until its end was, or the recording's."""

    leader: int
    """Numbers of the recording's pairs."""
    led: int
    begin_ms: int
    end_ms: int
    lag_ms: int
    """By which it leads; 0 if neither does."""
    correlation: float


@dataclass
class Recording:
    """All that is studied."""

    pairs: list[str]
    quotes: list[Quotes]
    signals: Signals
    begin_ms: int
    end_ms: int
    alerts: list[Alert] = field(default_factory=list)


@dataclass
class _Columns:
    """What the records told so far."""

    symbols: np.ndarray = field(
        default_factory=lambda: np.zeros(rows.MOST_PAIRS * rows.SYMBOL_STRIDE, np.uint8)
    )
    states: np.ndarray = field(
        default_factory=lambda: np.zeros((rows.MOST_PAIRS, rows.STATE_WORDS))
    )
    counts: np.ndarray = field(default_factory=lambda: np.zeros(rows.COUNT_WORDS, np.int64))
    quotes: list[np.ndarray] = field(default_factory=list)
    signals: list[np.ndarray] = field(default_factory=list)
    alerts: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._read = native.compile_conductor(rows.read_records)

    def add(self, records: memoryview) -> None:
        """Take in whole record lines."""
        most = len(records) // rows.SHORTEST_RECORD + 1
        quotes = np.empty((most, rows.QUOTE_WORDS))
        signals = np.empty((most, rows.SIGNAL_WORDS))
        alerts = np.empty((most, rows.ALERT_WORDS))
        text = np.frombuffer(records, np.uint8)
        counts = self.counts
        self._read(text, self.symbols, self.states, quotes, signals, alerts, counts)
        # Copies, so that the room for the most there could be is given back.
        self.quotes.append(quotes[: counts[rows.C_QUOTES]].copy())
        self.signals.append(signals[: counts[rows.C_SIGNALS]].copy())
        self.alerts.append(alerts[: counts[rows.C_ALERTS]].copy())

    def begin_gap(self, symbol: str) -> None:
        """What was known of a pair holds up to its last record, and no longer."""
        names = self.names()
        if symbol not in names:
            return
        pair = names.index(symbol)
        state = self.states[pair]
        if np.isnan(state[rows.S_BID]):
            return
        state[rows.S_TIME] = state[rows.S_HEARD] + 1
        state[rows.S_BID] = state[rows.S_ASK] = np.nan
        state[rows.S_GAPS] += 1
        self.quotes.append(np.array([[pair, state[rows.S_TIME], np.nan, np.nan]]))

    def names(self) -> list[str]:
        table = self.symbols.reshape(-1, rows.SYMBOL_STRIDE)[: self.counts[rows.C_PAIRS]]
        return [bytes(row[1 : 1 + row[0]]).decode() for row in table]


def engine_for(
    settings: dict | None = None, pairs: list[str] | None = None, depth: int | None = None
) -> Engine:
    """One that tells of every message what it changed, and of nothing but books and signals."""
    told = {"book_interval_ms": 0, "channels": []}
    return Engine({**(settings or config.check({})), **told}, pairs, depth)


class _OutOfOrder(UserError):
    """A file goes back in time."""


def gather(
    engine: Engine, feed: Sequence[Capture], tell: Tell
) -> tuple[Recording, UserError | None]:
    """Replay `feed` in an engine that `engine_for` made.

    Returns also what is wrong with a damaged file; what stood before the damage is there. Raises
    UserError for files that are not in the order of their times.
    """
    columns = _Columns()
    complaint = None
    done = 0
    try:
        for capture in feed:
            engine.begin_file(str(capture.path))
            for lines in capture:
                _add(engine, columns, lines)
                if columns.counts[rows.C_BACK]:
                    symbol = columns.names()[columns.counts[rows.C_BACK] - 1]
                    raise _OutOfOrder(
                        f"{capture.path}: {symbol} goes back in time there;"
                        " name every file once, in the order of their times"
                    )
                tell(done + capture.raw_bytes)
            done += capture.raw_size
    except _OutOfOrder:
        raise
    except UserError as error:
        complaint = error
    return _recording(columns), complaint


def _add(engine: Engine, columns: _Columns, chunk: bytes | Rows) -> None:
    """Replay whole lines; who gets a snapshot has missed something before it."""
    work = split(engine.dialect, chunk) if isinstance(chunk, bytes) else chunk
    done = 0
    for begin, told in work.tellings():
        fresh = [one.name for one in told if one.channel == "book" and one.levels is not None]
        if fresh:
            _replay(engine, columns, work[done:begin])
            done = begin
        for name in filter(lambda name: isinstance(name, str), fresh):
            columns.begin_gap(engine.dialect.shown(name))
    _replay(engine, columns, work[done:])


def _replay(engine: Engine, columns: _Columns, lines: Lines | Rows) -> None:
    for records in engine.feed(lines):
        columns.add(records)


def _recording(columns: _Columns) -> Recording:
    names = columns.names()
    quotes = np.concatenate([np.empty((0, rows.QUOTE_WORDS)), *columns.quotes])
    signals = np.concatenate([np.empty((0, rows.SIGNAL_WORDS)), *columns.signals])
    known = np.isfinite(signals).all(axis=1) & (signals[:, rows.G_TIME] > 0)
    signals = signals[known]
    signals = signals[np.argsort(signals[:, rows.G_TIME], kind="stable")]
    of_pair = [quotes[quotes[:, rows.Q_PAIR] == pair] for pair in range(len(names))]
    end_ms = int(columns.counts[rows.C_HEARD])
    begin_ms = quotes[:, rows.Q_TIME].min(initial=end_ms)
    return Recording(
        names,
        [_quotes(each) for each in of_pair],
        _signals(signals),
        int(begin_ms),
        end_ms,
        _alerts(np.concatenate([np.empty((0, rows.ALERT_WORDS)), *columns.alerts]), end_ms),
    )


def _quotes(table: np.ndarray) -> Quotes:
    mids = (table[:, rows.Q_BID] + table[:, rows.Q_ASK]) / 2
    return Quotes(table[:, rows.Q_TIME].astype(np.int64), mids, np.cumsum(np.isnan(mids)))


def _signals(table: np.ndarray) -> Signals:
    bid, ask = table[:, rows.G_BID], table[:, rows.G_ASK]
    mids = (bid + ask) / 2
    return Signals(
        pair=table[:, rows.G_PAIR].astype(np.int64),
        times_ms=table[:, rows.G_TIME].astype(np.int64),
        side=table[:, rows.G_SIDE],
        imbalance=table[:, rows.G_IMBALANCE],
        confidence=table[:, rows.G_CONFIDENCE],
        mids=mids,
        half_spread_bps=(ask - bid) / 2 / mids * BPS,
        gaps=table[:, rows.G_GAPS].astype(np.int64),
        is_led=table[:, rows.G_LED] != 0,
    )


def _alerts(table: np.ndarray, end_ms: int) -> list[Alert]:
    """Of the records of their beginnings and ends; whoever led at the beginning is the leader."""
    found: list[Alert] = []
    under_way: dict[frozenset[int], Alert] = {}
    for row in table:
        leader, led = int(row[rows.A_LEADER]), int(row[rows.A_LED])
        time_ms = int(row[rows.A_TIME])
        before = under_way.pop(frozenset((leader, led)), None)
        if before:
            before.end_ms = time_ms
        if row[rows.A_BEGINS]:
            alert = Alert(
                leader, led, time_ms, end_ms, int(row[rows.A_LAG]), row[rows.A_CORRELATION]
            )
            under_way[frozenset((leader, led))] = alert
            found.append(alert)
    return found
