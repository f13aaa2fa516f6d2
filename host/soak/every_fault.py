"""Every fault many times over, on several benches at once."""

import statistics
import threading
import time
from collections import Counter, defaultdict, deque
from contextlib import ExitStack

from host.errors import UserError
from host.soak import plot
from host.soak.bench import Bench, Outcome, Setup, Stopped, wrong_prices
from host.soak.menu import Blow
from host.soak.verdict import Check, FaultRow, Report, common_checks, curves
from host.soak.watch import Watch

# Short waits, so that many faults fit into a day; the budget for connections stays the firmware's.
SETTINGS = {
    "health_interval_ms": 1000,
    "backoff_min_ms": 100,
    "backoff_max_ms": 1000,
    "connect_timeout_ms": 3000,
    "max_lag_ms": 2000,
}
_DROP = "drop"
_MOST_DROP_S = 2.0
# A fault that so many times found nothing to strike is left alone from then on.
_MOST_MISSES = 3
_MOST_WORDS = 4


class EveryFault:
    """Takes one fault after the other from a common heap; each bench has a thread of its own."""

    def __init__(self, setup: Setup, blows: list[Blow], boards: int):
        self.dialect = setup.dialect
        self._setup = setup
        self._todo = deque(blows)
        self._total = len(blows)
        self._boards = min(boards, len(blows))
        self._stopping = threading.Event()
        self._outcomes: list[Outcome] = []
        self._benches: list[Bench] = []
        self._failures: list[BaseException] = []
        self._missed: Counter[str] = Counter()
        self._left_alone: Counter[str] = Counter()
        self._took_s: dict[str, list[float]] = defaultdict(list)
        """By the name of a fault: all that it took, from one to the next."""
        self._under_way: dict[int, tuple[Blow, float]] = {}
        """By the number of the bench: what it is at, and since when."""

    def run(self, watch: Watch) -> Report:
        """Until all is done or Ctrl-C; raises UserError when no board gets going."""
        begun_s = time.monotonic()
        workers = [
            threading.Thread(target=self._work, args=(number,), name=f"bench {number}")
            for number in range(self._boards)
        ]
        for worker in workers:
            worker.start()
        interrupted = False
        try:
            while any(worker.is_alive() for worker in workers):
                time.sleep(0.2)
                watch.tell(self._progress(time.monotonic() - begun_s))
        except KeyboardInterrupt:
            interrupted = True
        finally:
            self._stopping.set()
            for worker in workers:
                worker.join()
            watch.end()
        if self._failures and not self._outcomes:
            raise self._failures[0]
        return self._report(time.monotonic() - begun_s, interrupted)

    def _work(self, number: int) -> None:
        try:
            with ExitStack() as stack:
                bench = stack.enter_context(Bench(self._setup, number, self._stopping))
                self._benches.append(bench)
                while self._todo and not self._stopping.is_set():
                    self._next(bench)
        except Stopped:
            pass
        except Exception as error:
            self._failures.append(error)

    def _next(self, bench: Bench) -> None:
        try:
            blow = self._todo.popleft()
        except IndexError:
            return
        name = blow.kind.name
        if self._missed[name] >= _MOST_MISSES:
            self._left_alone[name] += 1
            return
        begun_s = time.monotonic()
        self._under_way[bench.number] = blow, begun_s
        outcome = bench.strike(blow)
        if outcome.has_struck or self._missed[name] >= 0:
            self._outcomes.append(outcome)
        else:
            self._todo.append(blow)  # whom it was for had just left: later, then
        # One strike is the proof that it can be struck.
        self._missed[name] += 1 if not outcome.has_struck else -self._total
        if bench.board.gave_up:
            raise UserError(f"the board gave up: {bench.board.gave_up}")
        if not outcome.recovered:
            bench.board.power_cycle()
            bench.until_live()
        elif self._todo:
            bench.rest_after(outcome)
        del self._under_way[bench.number]
        self._took_s[name].append(time.monotonic() - begun_s)

    def _progress(self, for_s: float) -> str:
        done = len(self._outcomes) + self._left_alone.total()
        text = f"{done:,} of {self._total:,} faults, {_minutes(for_s)}"
        if self._outcomes:
            text += f"; about {_minutes(self._left_s())} to go"
        lost = sum(1 for each in self._outcomes if not each.recovered)
        wrong = sum(bench.story.wrong_count for bench in self._benches)
        restarts = sum(len(bench.story.restarts) for bench in self._benches)
        return f"{text}; not recovered {lost}, wrong prices {wrong}, restarts {restarts}"

    def _left_s(self) -> float:
        """Each fault that is left will take as long as its like did."""
        took_s = {name: statistics.fmean(each) for name, each in list(self._took_s.items())}
        usual_s = statistics.fmean(took_s.values()) if took_s else 0.0

        def expected_s(blow: Blow) -> float:
            return max(took_s.get(blow.kind.name, usual_s), blow.shows_s)

        now_s = time.monotonic()
        going = [expected_s(blow) - now_s + at_s for blow, at_s in list(self._under_way.values())]
        left_s = sum(expected_s(blow) for blow in list(self._todo))
        return max([0.0, *going]) + left_s / self._boards

    def _report(self, took_s: float, interrupted: bool) -> Report:
        by_name: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in self._outcomes:
            by_name[outcome.name].append(outcome)
        rows = [fault_row(name, by_name[name]) for name in sorted(by_name)]
        checks = self._checks(by_name, interrupted) + common_checks(self._benches)
        notes = [str(each) for each in self._failures] + wrong_prices(self._benches)
        done = len(self._outcomes)
        title = (
            f"{self._setup.dialect}: {done:,} faults of {len(by_name)} kinds, "
            f"{self._boards} boards, {_minutes(took_s)}, seed {self._setup.seed}"
        )
        return Report(
            title,
            checks,
            rows,
            curves(self._benches, self._outcomes),
            notes,
            interrupted,
            plot.draw(title, self._benches, self._outcomes),
        )

    def _checks(self, by_name: dict[str, list[Outcome]], interrupted: bool) -> list[Check]:
        lost = Counter(each.name for each in self._outcomes if not each.recovered)
        missed = Counter(each.name for each in self._outcomes if not each.has_struck)
        left = len(self._todo) + self._left_alone.total()
        checks = [
            Check(
                "every fault struck",
                None if interrupted else not missed and not left,
                _counted(missed + self._left_alone) or "all",
            ),
            Check(
                "every fault recovered",
                not lost and not self._failures,
                _counted(lost) or f"{len(self._outcomes):,} of {len(self._outcomes):,}",
            ),
        ]
        if drops := by_name.get(_DROP):
            own_s = statistics.median(each.to_live_s - each.waited_s for each in drops)
            with_s = statistics.median(each.to_live_s for each in drops)
            checks.append(
                Check(
                    f"a drop is over in {_MOST_DROP_S:g} s, plus the backoff",
                    own_s < _MOST_DROP_S,
                    f"median {own_s:.2f} s, {with_s:.2f} s with the backoff",
                )
            )
        return checks


def fault_row(name: str, outcomes: list[Outcome]) -> FaultRow:
    """All of one fault in one line."""
    words: Counter[str] = Counter()
    for outcome in outcomes:
        words.update(outcome.words)
    return FaultRow(
        name,
        len(outcomes),
        sum(each.has_struck for each in outcomes),
        sum(each.recovered for each in outcomes),
        statistics.median(each.to_live_s for each in outcomes),
        max(each.to_live_s for each in outcomes),
        statistics.median(each.waited_s for each in outcomes),
        tuple(word for word, _ in words.most_common(_MOST_WORDS)),
    )


def _counted(names: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in names.most_common())


def _minutes(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
