"""Random faults at true speed for hours, with the settings that a board has by default."""

import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from itertools import pairwise

from host.exchange.faults import plan
from host.soak import plot
from host.soak.bench import Bench, Outcome, Setup, wrong_prices
from host.soak.every_fault import fault_row
from host.soak.verdict import Check, Report, common_checks, curves
from host.soak.watch import Watch

SETTINGS: dict[str, int] = {}
# The backoff respects Cloudflare's budget: a board may connect about 7 times a minute.
DEFAULT_RATE = "2/min"
_LOOK_S = 0.5
# After the last fault: a board whose connects went wrong waits for up to a minute between them.
_LAST_S = 300.0
# A spell may show a moment before its fault is in the list.
_EARLY_S = 0.2


class _EndingPlan:
    """A plan of faults that can be ended."""

    def __init__(self, whole: plan.Plan):
        self.seed, self.begin, self.take = whole.seed, whole.begin, whole.take
        self.is_over = False
        self._whole = whole

    def next_us(self) -> int | None:
        return None if self.is_over else self._whole.next_us()


class Hours:
    """`rate_per_min` faults on each of `boards` boards for `seconds`."""

    def __init__(self, setup: Setup, seconds: float, rate_per_min: float, boards: int):
        self.dialect = setup.dialect
        self._setup = setup
        self._seconds = seconds
        self._rate_per_min = rate_per_min
        self._boards = boards

    def run(self, watch: Watch) -> Report:
        """Until the time is over or Ctrl-C; raises UserError when no board gets going."""
        stopping = threading.Event()
        begun_s = time.monotonic()
        seeds = range(self._setup.seed, self._setup.seed + self._boards)
        plans = [_EndingPlan(plan.at_random(self._rate_per_min, seed)) for seed in seeds]
        with ExitStack() as stack:
            benches = [
                stack.enter_context(Bench(self._setup, number, stopping, plan=each))
                for number, each in enumerate(plans)
            ]
            interrupted = False
            try:
                self._follow(benches, watch, begun_s)
                for each in plans:
                    each.is_over = True
                self._wait_for_live(benches, watch)
            except KeyboardInterrupt:
                interrupted = True
            watch.end()
            live = [bench.story.is_live for bench in benches]
            outcomes = [outcome for bench in benches for outcome in _outcomes(bench)]
        common = common_checks(benches)
        took_s = time.monotonic() - begun_s
        by_name: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            by_name[outcome.name].append(outcome)
        lost = [outcome.name for outcome in outcomes if not outcome.recovered]
        check = Check(
            "every fault recovered",
            None if interrupted else all(live) and not lost,
            ", ".join(lost) or f"{len(outcomes):,} of {len(outcomes):,}",
        )
        title = (
            f"{self._setup.dialect}: {len(outcomes):,} random faults in {took_s / 3600:.2f} h, "
            f"{self._boards} board{'' if self._boards == 1 else 's'}, seed {self._setup.seed}"
        )
        return Report(
            title,
            [check, *common],
            [fault_row(name, by_name[name]) for name in sorted(by_name)],
            curves(benches, outcomes),
            wrong_prices(benches),
            interrupted,
            plot.draw(title, benches, outcomes),
        )

    def _follow(self, benches: list[Bench], watch: Watch, begun_s: float) -> None:
        """Until the time is over, or all boards gave up."""
        while (for_s := time.monotonic() - begun_s) < self._seconds:
            if all(bench.board.gave_up for bench in benches):
                return
            time.sleep(_LOOK_S)
            struck = sum(len(bench.exchange.injected) for bench in benches)
            wrong = sum(bench.story.wrong_count for bench in benches)
            restarts = sum(len(bench.story.restarts) for bench in benches)
            watch.tell(
                f"{for_s / 60:.1f} of {self._seconds / 60:.1f} min, {struck:,} faults, "
                f"wrong prices {wrong}, restarts {restarts}"
            )

    def _wait_for_live(self, benches: list[Bench], watch: Watch) -> None:
        """Until what the last faults did is over."""
        deadline_s = time.monotonic() + _LAST_S
        while not all(bench.story.is_live or bench.board.gave_up for bench in benches):
            if time.monotonic() > deadline_s:
                return
            time.sleep(_LOOK_S)
            watch.tell("no more faults; until all books are LIVE")


def _outcomes(bench: Bench) -> list[Outcome]:
    """What each fault did: the times without proof that began before the next one struck."""
    story, injected = bench.story, bench.exchange.injected
    now_s = time.monotonic()
    bounds = [each.monotonic_s for each in injected] + [now_s]
    found = []
    for fault, (at_s, next_s) in zip(injected, pairwise(bounds), strict=True):
        spells = [each for each in story.spells if at_s <= each.began_s + _EARLY_S < next_s]
        ends_s = [now_s if each.ended_s is None else each.ended_s for each in spells]
        until_s = max([at_s, *ends_s])
        found.append(
            Outcome(
                fault.name,
                at_s,
                True,
                all(each.ended_s is not None for each in spells),
                until_s - at_s,
                story.waited_s(at_s, until_s),
                tuple(story.words(at_s, max(until_s, min(next_s, at_s + 1)))),
            )
        )
    return found
