"""A day of the seeded market, as fast as the board model takes it: every message counted, every checksum proved."""

import math
import threading
import time

from host.exchange.clock import FULL_SPEED
from host.soak import plot
from host.soak.bench import Bench, Setup, Stopped, wrong_prices
from host.soak.verdict import Check, Report, common_checks, curves
from host.soak.watch import Watch

# Ahead of any PC's clock, and always the same day for the same seed: what comes from the future is
# never late.
_START_S = 2_000_000_000
DAY_S = 86_400
# In a hurry prices jump between two looks of the board: a tenth they never do.
SETTINGS = {"health_interval_ms": 1000, "book_interval_ms": 1000, "delta_threshold": 0.1}
_LOOK_S = 0.2
# The board gets this long to read what is left when the market has ended.
_LAST_S = 60.0


class Day:
    """`seconds` of exchange time (a day unless somebody is in a hurry) on one bench."""

    def __init__(self, setup: Setup, seconds: float = DAY_S):
        self.dialect = setup.dialect
        self._setup = setup
        self._seconds = seconds

    def run(self, watch: Watch) -> Report:
        """Until the market has ended or Ctrl-C; raises UserError when the board does not get going."""
        begun_s = time.monotonic()
        stopping = threading.Event()
        end_us = int((_START_S + self._seconds) * 1e6)
        bench = Bench(self._setup, 0, stopping, start_s=_START_S, end_us=end_us, speed=FULL_SPEED)
        interrupted, last = False, (0, 0, 0)
        with bench:
            try:
                self._follow(bench, watch, begun_s)
                last = self._last_count(bench)
            except (KeyboardInterrupt, Stopped):
                interrupted = True
            watch.end()
            took_s = time.monotonic() - begun_s
        checks = self._checks(bench, last, interrupted) + common_checks([bench])
        sent = bench.exchange.messages_sent
        hours = (bench.market.now_us / 1e6 - _START_S) / 3600
        title = (
            f"{self._setup.dialect}: {hours:.1f} h of {len(self._setup.pairs)} pairs in "
            f"{took_s / 60:.1f} min, {sent:,} messages, {sent / took_s:,.0f} a second"
        )
        return Report(
            title,
            checks,
            curves=curves([bench], ()),
            notes=wrong_prices([bench]),
            interrupted=interrupted,
            figure=plot.draw(title, [bench], ()),
        )

    def _follow(self, bench: Bench, watch: Watch, begun_s: float) -> None:
        """Until the market has ended, or the board."""
        while not bench.market.has_ended and not bench.board.gave_up:
            time.sleep(_LOOK_S)
            part = min(1.0, (bench.market.now_us / 1e6 - _START_S) / self._seconds)
            for_s = time.monotonic() - begun_s
            sent = bench.exchange.messages_sent
            to_go = f"about {for_s * (1 / part - 1) / 60:.1f} min to go" if part else ""
            watch.tell(
                f"{part * self._seconds / 3600:.1f} of {self._seconds / 3600:.1f} h, "
                f"{sent:,} messages, {sent / for_s:,.0f}/s; {to_go}"
            )

    def _last_count(self, bench: Bench) -> tuple[int, int, int]:
        """(sent before, heard, sent after) once the board has heard everything: then only heartbeats go on."""
        deadline_s = time.monotonic() + _LAST_S
        seen = len(bench.story.samples)
        before, heard, after = math.inf, 0, 0
        while time.monotonic() < deadline_s and not bench.board.gave_up:
            before = bench.exchange.messages_sent
            while len(bench.story.samples) == seen and time.monotonic() < deadline_s:
                time.sleep(_LOOK_S / 20)
            seen = len(bench.story.samples)
            heard = sum(boot.messages for boot in bench.story.boots)
            after = bench.exchange.messages_sent
            if before <= heard <= after or not _is_unbroken(bench):
                break
        return int(before), heard, after

    def _checks(self, bench: Bench, last: tuple[int, int, int], interrupted: bool) -> list[Check]:
        before, heard, after = last
        totals = bench.story.boots[-1]
        missing = max(0, before - heard)
        return [
            Check(
                "no message missed",
                None if interrupted else _is_unbroken(bench) and before <= heard <= after,
                f"{after:,} sent, {heard:,} heard, {missing:,} missing; "
                f"{len(bench.story.restarts)} restarts, {totals.reconnects} reconnects",
            ),
            Check(
                "every checksum proved",
                totals.bad == 0 and totals.skipped == 0 and bench.story.is_live,
                f"{totals.bad} failed, {totals.skipped} skipped",
            ),
            Check("no record dropped", totals.dropped == 0, f"{totals.dropped} dropped"),
        ]


def _is_unbroken(bench: Bench) -> bool:
    """Whether one connection lasted all the time."""
    boots = bench.story.boots
    return len(boots) == 1 and boots[0].reconnects == 0
