"""One local Kraken and one board beside it: strikes a fault, waits until all books are LIVE again, takes the time."""

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host.boardmodel.model import HEAP_BYTES
from host.errors import UserError
from host.exchange.faults.injector import Injected
from host.exchange.faults.kinds import CONNECT, REST, SUBSCRIBE
from host.exchange.source import FUTURES_V1
from host.exchange.thread import exchange_in_thread
from host.soak.board import Board
from host.soak.menu import Blow
from host.soak.monitor import Monitor
from host.soak.story import Story
from host.soak.truth import WatchedMarket

_POLL_S = 0.02
_BEGIN_S = 60.0
# A fault strikes within this time, and a refused pair is asked for again after a minute.
_STRIKE_S = 15.0
_RECOVER_S = 150.0
_WRONG_PRICES_SHOWN = 3
# A book that loses its proof again soon waits ever longer for a snapshot. Each fault is to find the
# board as an ordinary day would: with a clean record, which it has after this time.
_CLEAN_S = 6.0
_LOST_PROOF = {f"STALE {why}" for why in ("lost", "checksum", "precision", "sequence", "thin")}


@dataclass(frozen=True)
class Setup:
    """What all benches of a soak have in common."""

    dialect: str
    pairs: tuple[str, ...]
    symbols: tuple[str, ...]
    """The pairs of the market that they are."""
    seed: int
    settings: dict[str, Any]
    heap_bytes: int = HEAP_BYTES
    log_folder: Path | None = None
    is_monitored: bool = False
    """Whether `inkling monitor` watches each board, too."""


@dataclass(frozen=True)
class Outcome:
    """What came of a fault."""

    name: str
    at_s: float
    has_struck: bool
    recovered: bool
    to_live_s: float
    """From the strike until all books were LIVE again; 0 if none ever ceased to be."""
    waited_s: float
    """How much of that the board waited on purpose before it tried again."""
    words: tuple[str, ...]
    """What the board said of it."""


class Stopped(Exception):
    """The soak is to end now."""


class Bench:
    """`with` serves the market and switches the board on; raises UserError if it never gets LIVE."""

    def __init__(
        self,
        setup: Setup,
        number: int,
        stopping: threading.Event,
        start_s: float | None = None,
        end_us: int | None = None,
        **exchange_options: Any,
    ):
        self.number = number
        self.black_box_bytes = 0
        """What the black box took of the file system in the end."""
        self.monitor: Monitor | None = None
        self.market = WatchedMarket(
            setup.symbols,
            setup.seed + number,
            start_s,
            end_us,
            setup.dialect,
        )
        self._setup = setup
        self._stopping = stopping
        self._exchange_options = exchange_options
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Bench":
        with contextlib.ExitStack() as stack:
            self.exchange = stack.enter_context(
                exchange_in_thread(self.market, **self._exchange_options)
            )
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
            name = f"{self._setup.dialect}-{self.number}"
            log = None
            if self._setup.log_folder:
                path = self._setup.log_folder / f"{name}.log"
                log = stack.enter_context(path.open("wb", buffering=0))
            self.story = Story(
                list(self._setup.pairs),
                lambda *said: self.market.is_right(said[0], self.exchange.injected, said[1]),
            )
            hear = None
            if self._setup.is_monitored:
                self.monitor = Monitor((self._setup.log_folder or folder) / f"{name}-monitor.txt")
                self.monitor.start()
                stack.callback(self.monitor.close, self.story)
                hear = self.monitor.hear
            self.board = Board(folder, self.story, self._setup.heap_bytes, log, hear)
            stack.callback(self._look_at_black_box)
            stack.callback(self.board.switch_off)
            self.board.switch_on(self._settings(), self.exchange.ca_der)
            self._until(lambda: self.story.is_live, _BEGIN_S)
            if not self.story.is_live:
                why = self.board.gave_up or self.story.last_error() or "no books become LIVE"
                raise UserError(f"the board does not get going: {why}")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception) -> None:
        self._stack.close()

    def _look_at_black_box(self) -> None:
        self.black_box_bytes = self.board.black_box_bytes()

    def strike(self, blow: Blow) -> Outcome:
        """Inject a fault and see it through; raises Stopped."""
        name, when = blow.kind.name, blow.kind.when
        self.board.mark(
            " ".join([name, *(f"{key}={value}" for key, value in blow.options.items())])
        )
        before = len(self.exchange.injected)
        begun_s = time.monotonic()
        self.exchange.fault(name, **blow.options)
        if when == REST:
            self.board.power_cycle()

        def struck() -> Injected | None:
            since = self.exchange.injected[before:]
            return next((each for each in since if each.name == name), None)

        self._until(struck, _STRIKE_S)
        injected = struck()
        struck_s = injected.monotonic_s if injected else begun_s
        # What waits for somebody to come begins by cutting off who is there.
        since_s = begun_s if when in (CONNECT, SUBSCRIBE, REST) else struck_s
        self.rest(struck_s + blow.shows_s - time.monotonic())
        recovered = self.until_live()
        ended_s = self.story.spells[-1].ended_s
        to_live_s = max(0.0, (ended_s if recovered and ended_s else time.monotonic()) - since_s)
        until_s = since_s + to_live_s
        return Outcome(
            name,
            since_s,
            injected is not None,
            recovered,
            to_live_s,
            self.story.waited_s(since_s, until_s),
            tuple(self.story.words(since_s, time.monotonic())),
        )

    def rest_after(self, outcome: Outcome) -> None:
        """Until the board holds nothing against the exchange; raises Stopped."""
        if not _LOST_PROOF.isdisjoint(outcome.words):
            self.rest(_CLEAN_S)

    def until_live(self) -> bool:
        """Wait until all books are LIVE and one of them has moved since; False if that never happens."""
        story = self.story

        def is_live() -> bool:
            if not story.is_live:
                return False
            ended_s = story.spells[-1].ended_s
            return ended_s is not None and story.book_s > ended_s

        self._until(is_live, _RECOVER_S)
        return is_live()

    def rest(self, seconds: float) -> None:
        """Wait; raises Stopped."""
        if seconds > 0 and self._stopping.wait(seconds):
            raise Stopped

    def _until(self, condition: Callable[[], object], timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not condition() and not self.board.gave_up and time.monotonic() < deadline_s:
            self.rest(_POLL_S)

    def _settings(self) -> dict[str, Any]:
        setup = self._setup
        settings = {
            "dialect": setup.dialect,
            "host": "localhost",
            "port": self.exchange.port,
            "pairs": list(setup.pairs),
            "serial_bytes_per_s": 0,
            **setup.settings,
        }
        if setup.dialect != FUTURES_V1:
            settings |= {"rest_host": "localhost", "rest_port": self.exchange.port}
        return settings


def wrong_prices(benches: Sequence[Bench]) -> list[str]:
    """Some of the prices that were believed and false, as they were said."""
    return [
        f"wrong: {record['p']} {record['b']} {record['a']} at {record['t']}, board {bench.number}"
        for bench in benches
        for record in bench.story.wrong[:_WRONG_PRICES_SHOWN]
    ]
