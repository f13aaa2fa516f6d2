"""A board on the board model beside a local Kraken that can be struck by faults, and what must stay true meanwhile."""

import atexit
import json
import shutil
import sys
import tempfile
import threading
import time
from bisect import bisect_left, bisect_right
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from host.boardmodel import flash_folder, model
from host.exchange.books import ASK, BID
from host.exchange.faults import catalogue
from host.exchange.faults.kinds import CONNECT, SUBSCRIBE
from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

SYMBOLS = ("BTC/USD", "ETH/USD", "BTC/EUR")
PAIRS = {
    "spot_v2": SYMBOLS,
    "spot_v1": SYMBOLS[:2],
    "futures_v1": ("PF_XBTUSD", "PF_ETHUSD"),
}
_FUTURES = dict(zip(PAIRS["futures_v1"], SYMBOLS, strict=False))
BACKOFF_MOST_S = 1.0
# Short where a fault is waited for; the lag that is believed is the smallest above a busy PC's.
SETTINGS = {
    "host": "localhost",
    "health_interval_ms": 1000,
    "book_interval_ms": 0,
    "backoff_min_ms": 100,
    "backoff_max_ms": int(1000 * BACKOFF_MOST_S),
    "connect_timeout_ms": 1500,
    "max_lag_ms": 1500,
    "serial_bytes_per_s": 0,
}
# A pair whose book was asked for anew is asked for at once again when it was LIVE for so long.
_CLEAN_S = 6.5
_SETTLE_S = 0.4
_START_S = 20


@cache
def _modules():
    """A folder with what the board's flash is to hold, settings aside; made once."""
    folder = Path(tempfile.mkdtemp(prefix="inkling-flash-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    flash_folder.write(folder, {}, b"")
    return folder


class NotSaid(AssertionError):
    """What was waited for has not come."""


class WatchedMarket(Market):
    """Keeps what the best prices of every pair truly were, by exchange time."""

    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        # symbol -> times in ms, and as many pairs of best bid and ask; `between` has those that
        # single changes of a message left, which only futures show.
        self.times = {symbol: [] for symbol in self.states}
        self.bests = {symbol: [] for symbol in self.states}
        self.between = {symbol: [] for symbol in self.states}
        for symbol, state in self.states.items():
            self._note(symbol, self.start_us)
            state.book.change = self._watched(symbol, state.book.change)

    def step(self, wanted):
        time_us = self._now_us = self.next_us()
        shown = super().step(wanted)
        for symbol in self.states:
            if self._best(symbol) != self.bests[symbol][-1]:
                self._note(symbol, time_us)
        return shown

    def _watched(self, symbol, change):
        def changed(*given):
            change(*given)
            self.between[symbol].append((self._now_us // 1000, self._best(symbol)))

        return changed

    def _note(self, symbol, time_us):
        self.times[symbol].append(time_us // 1000)
        self.bests[symbol].append(self._best(symbol))

    def _best(self, symbol):
        book = self.states[symbol].book
        unit = Decimal(1).scaleb(-book.pair.price_decimals)
        return tuple(
            book.sides[side].price(0) * unit if len(book.sides[side]) else None
            for side in (BID, ASK)
        )

    def were_true(self, symbol, best, begin_ms, end_ms):
        """Whether a book had these best prices at any time from `begin_ms` to `end_ms`."""
        times, bests = self.times[symbol], self.bests[symbol]
        begin, end = bisect_left(times, begin_ms), bisect_right(times, end_ms)
        return best in bests[max(0, begin - 1) : end]


class Lab:
    """One board, one exchange. `strike` injects, `until...` wait, `check` judges what was said."""

    def __init__(self, folder, exchange, market, dialect, pairs_wanted=3, **settings):
        self.exchange = exchange
        self.market = market
        self.dialect = dialect
        self.pairs = PAIRS[dialect][:pairs_wanted]
        self.folder = folder
        self.heard = []
        """(monotonic seconds, record), in order."""
        self.noise = []
        """Lines that are no records."""
        self.states = {}
        self.struck_s = 0.0
        self._wall_s = time.time() - time.monotonic()
        self._clean_s = dict.fromkeys(self.pairs, 0.0)
        self._checked = 0
        self._ended = False
        self._came = threading.Condition()
        path = urlsplit(exchange.url_of(dialect)).path or "/"
        config = SETTINGS | {
            "port": exchange.port,
            "path": path,
            "dialect": dialect,
            "pairs": list(self.pairs),
            **settings,
        }
        shutil.copytree(_modules(), folder, dirs_exist_ok=True)
        flash_folder.write_settings(folder, config, exchange.ca_der)
        self.process = None

    def power_on(self):
        self.process = model.start(self.folder)
        threading.Thread(target=self._live, daemon=True).start()

    def power_off(self):
        if self.process:
            model.stop(self.process)

    def _live(self):
        with suppress(ValueError, OSError):  # the line was closed: the test is over
            for line in self.process.stdout:
                self._take(line)
        with self._came:
            self._ended = True
            self._came.notify_all()

    def _take(self, line):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        with self._came:
            if not isinstance(record, dict) or "k" not in record:
                self.noise.append(line)
            else:
                if record["k"] == "state":
                    self.states[record["p"]] = record["st"]
                self.heard.append((time.monotonic(), record))
            self._came.notify_all()

    # Waiting.

    def until(self, condition, timeout_s, what):
        """Wait until `condition()` holds; it is asked after every line."""
        deadline = time.monotonic() + timeout_s
        with self._came:
            while not condition():
                left_s = deadline - time.monotonic()
                if left_s <= 0 or self._ended:
                    why = "the board ended" if self._ended else f"not within {timeout_s:.1f} s"
                    raise NotSaid(f"{what}: {why}; last: {self._last()}")
                self._came.wait(min(left_s, 0.1))

    def until_said(self, timeout_s=10, since=None, **keys):
        """Wait for a record with these keys and values; its time and it."""
        since = self.mark if since is None else since

        def found():
            return self._find(since, keys)

        self.until(found, timeout_s, f"no record {keys}")
        return found()

    def until_live(self, timeout_s=10, pairs=None):
        """Wait until these books, or all, are LIVE."""
        wanted = pairs or self.pairs

        def live():
            return all(self.states.get(pair) == "LIVE" for pair in wanted)

        self.until(live, timeout_s, "not LIVE")

    def live_again(self, pairs, why):
        """When the last of these books became LIVE after it had been STALE for that reason."""
        found = []
        for pair in pairs:
            was_stale = False
            for at, record in self.heard[self.mark :]:
                if record["k"] == "state" and record["p"] == pair:
                    if was_stale and record["st"] == "LIVE":
                        found.append(at)
                        break
                    was_stale = record.get("why") == why
        assert len(found) == len(pairs), (why, self.stales())
        return max(found)

    def now_s(self):
        return time.monotonic()

    def cleanest(self):
        """The pair that was struck the longest ago."""
        return min(self.pairs, key=self._clean_s.__getitem__)

    def settle(self, seconds=_SETTLE_S):
        """Let the market go on: what is wrong with a book shows in its records."""
        time.sleep(seconds)

    # Striking.

    def begin(self, pair=None, connects_anew=False):
        """A fault of `pair`, or of all, is to come: wait until nothing remembers the last one.

        Unless it `connects_anew`: on its own connection the board asks for a snapshot the sooner
        the longer ago it last had to.
        """
        wanted = [pair] if pair else self.pairs
        if not connects_anew:
            self.settle(max(0.0, max(self._clean_s[each] for each in wanted) - time.monotonic()))
            for each in wanted:
                self._clean_s[each] = time.monotonic() + _CLEAN_S
        self.until_live()
        self.mark = len(self.heard)

    def strike(self, name, timeout_s=10, **options):
        """Inject a fault and wait until it has struck."""
        before, called_s = len(self.exchange.injected), time.monotonic()
        self.exchange.fault(name, **options)
        deadline = time.monotonic() + timeout_s
        while len(self.exchange.injected) == before:
            assert time.monotonic() < deadline, f"{name} did not strike"
            time.sleep(0.002)
        # The clients were cut off when it was injected, but for those faults that wait for a frame.
        waits = catalogue.find(name).when not in (CONNECT, SUBSCRIBE)
        self.struck_s = self.exchange.injected[before].monotonic_s if waits else called_s

    def said(self, *kinds):
        """The records of these kinds since `begin`."""
        return [record for _, record in self.heard[self.mark :] if record["k"] in kinds]

    def downs(self):
        """Why connections ended, since `begin`."""
        return [r["why"] for r in self.said("net") if r["st"] == "down"]

    def stales(self):
        """{pair: reasons} since `begin`."""
        found = {}
        for record in self.said("state"):
            if record["st"] == "STALE":
                found.setdefault(record["p"], []).append(record["why"])
        return found

    # Judging.

    def check(self, restarts=0):
        """No book that is LIVE was ever wrong, nothing but records was said, no restart but these."""
        boots = [record for _, record in self.heard if record["k"] == "boot"]
        assert len(boots) == 1 + restarts, boots
        assert restarts or not self.noise, self.noise
        assert self.process.poll() is None, "the board ended"
        is_first = dict.fromkeys(self.pairs, True)
        wrong = []
        for at in range(self._checked, len(self.heard)):
            heard_s, record = self.heard[at]
            if record["k"] == "state":
                is_first[record["p"]] = True
            elif record["k"] == "book":
                pair = record["p"]
                first, is_first[pair] = is_first[pair], False
                if not self._was_true(heard_s, record, first):
                    wrong.append(record)
        self._checked = len(self.heard)
        assert not wrong, f"LIVE, and not as the exchange had it: {wrong[:3]} of {len(wrong)}"

    def skip_check(self):
        """What was said until now is not to be compared: the exchange told otherwise than it was."""
        self._checked = len(self.heard)

    def _was_true(self, heard_s, record, is_first):
        symbol, time_ms = _FUTURES.get(record["p"], record["p"]), record["t"]
        best = tuple(None if v is None else Decimal(str(v)) for v in (record["b"], record["a"]))
        # A snapshot of v1 bears the time of its newest level: it may be later, but not from tomorrow.
        is_late = is_first and self.dialect == "spot_v1"
        until_ms = int(1000 * (heard_s + self._wall_s)) if is_late else time_ms
        if self.market.were_true(symbol, best, time_ms, until_ms):
            return True
        return self.dialect == "futures_v1" and (time_ms, best) in self.market.between[symbol]

    def _find(self, since, keys):
        for at, record in self.heard[since:]:
            if keys.items() <= record.items():
                return at, record
        return None

    def _last(self):
        quiet = ("book", "signal", "pair", "link", "health")
        return [r for _, r in self.heard if r["k"] not in quiet][-6:] + self.noise[-3:]

    mark = 0


@contextmanager
def lab(folder, dialect="spot_v2", seed=5, kind=Lab, waiting=None, **settings):
    """A board whose books are LIVE. `waiting` is a fault for the first who comes, with its options."""
    market = WatchedMarket(SYMBOLS, seed=seed)
    with exchange_in_thread(market) as exchange:
        running = kind(Path(folder), exchange, market, dialect, **settings)
        if waiting:
            name, options = waiting
            exchange.fault(name, **options)
        try:
            running.power_on()
            running.until_live(_START_S)
            yield running
        finally:
            running.power_off()


def measured(case, seconds, file=sys.stderr):
    """What docs/faults.md has the medians of: `pytest -n 0 -s tests/faults | grep measured`."""
    print(f"measured {case} {seconds:.2f}", file=file)
