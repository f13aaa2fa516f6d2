"""How late the feed is: heartbeats overdue, the lag against the clock, and whether that clock is to be believed."""

import json

import pytest
from drawing import drawn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs.lateness_cases import LIVE, STALE, play
from runtimes import on_board

from firmware.kernels.lateness import carry, listen, look
from host.runtimes.checked import checked

_KERNELS = (carry, listen, look)
_CHECKED = tuple(checked(kernel) for kernel in _KERNELS)
_PERIOD = 1 << 30  # of the ticks
_BILLION = 10**9
TELLS_NOTHING, AGREE, DISAGREE = range(3)
_MOST_LAG_MS = 5000
_DAY_MS = 86_400_000


@pytest.fixture(scope="session", params=["checked", "native", "board"])
def run(request):
    """`run(steps)` on each runtime in turn, see programs/lateness_cases.py."""
    if request.param == "board":
        request.getfixturevalue("board_model")
        return lambda steps: json.loads(*on_board("lateness_cases.py", [json.dumps(steps)]))
    kernels = _CHECKED if request.param == "checked" else _KERNELS
    return lambda steps: play(kernels, steps)


class Listener:
    """A connection's rounds of 100 ms: `wait` makes them, `beats` come in between."""

    def __init__(self, start=_PERIOD - 5000):
        self.start = self.now = start
        self.beats = 7  # of an earlier connection
        self.steps = []
        self.listen()

    def listen(self):
        self.steps.append(["listen", self.beats, self.start % _PERIOD, self.now % _PERIOD])

    def wait(self, ms):
        until = self.now + ms
        while self.now + 100 <= until:
            self.now += 100
            self.listen()
        return self

    def beat(self, every_ms=1000, times=1):
        for _ in range(times):
            self.wait(every_ms)
            self.beats += 1
            self.listen()
        return self

    def missing(self, run):
        return run(self.steps)[-1][0]


def test_heartbeats_that_come_every_second_are_never_missing(run):
    said = run(Listener().beat(times=40).steps)
    assert {result for result, *_ in said} == {0}


def test_three_are_missing_three_and_a_half_seconds_after_the_last(run):
    waiting = Listener().beat(times=5).wait(3400)
    assert waiting.missing(run) == 2
    assert waiting.wait(100).missing(run) == 3


def test_a_connection_on_which_none_ever_comes(run):
    assert Listener().wait(2400).missing(run) == 0
    assert Listener().wait(4500).missing(run) == 3


def test_late_ones_are_missing_until_they_come_all_at_once(run):
    late = Listener().beat(times=5).wait(4000)
    assert late.missing(run) == 3
    late.beats += 4
    late.wait(100)
    assert late.missing(run) == 0
    assert late.beat(900).beat(times=5).missing(run) == 0


def test_ones_that_were_never_sent_are_missing_for_a_while_and_then_forgotten(run):
    gap = Listener().beat(times=5).wait(3000).beat(times=3)
    assert gap.wait(900).missing(run) == 3
    assert gap.beat(100).beat(times=60).wait(900).missing(run) == 0


def test_a_silent_connection_is_not_forgiven(run):
    assert Listener().beat(times=5).wait(70_000).missing(run) == 69


@pytest.mark.parametrize("every_ms", [980, 1000, 1020])
def test_an_exchange_whose_second_is_not_ours(run, every_ms):
    listener = Listener()
    for n in range(200):
        due = listener.start + every_ms * (n + 1)
        listener.wait(due - listener.now)
        listener.beats += 1
    said = run(listener.wait(100).steps)
    assert max(result for result, *_ in said) == 0


def test_without_a_connection_nothing_is_missing_and_the_next_starts_afresh(run):
    listener = Listener().beat(times=3).wait(6000)
    listener.start = -1
    steps = [*listener.steps, ["listen", listener.beats, -1, listener.now % _PERIOD]]
    steps.append(["listen", listener.beats, -1, (listener.now + 50_000) % _PERIOD])
    again = (listener.now + 51_000) % _PERIOD
    steps.append(["listen", listener.beats, again, again])
    assert [result for result, *_ in run(steps)[-3:]] == [0, 0, 0]


# The clock and the lag


def clock(ms, ticks=1000, drift=0):
    return ["clock", ticks, ms // _BILLION, ms % _BILLION, drift]


def seen(exchange_ms, arrival, count=1, pair=0, state=LIVE, snapshots=0):
    hi, lo = divmod(exchange_ms, _BILLION)
    return ["look", pair, count, hi, lo, arrival, state, snapshots]


_NOW_MS = 1_763_000_000_000
_UP = ["listen", 0, 900, 1000]


def lag_of(watch, place=11):
    return watch[place] - 100_000 if watch[place] else None


def looked(run, *steps, behind=_UP):
    """(verdict, largest lag of the second) after these."""
    result, _, watch = run([["most", _MOST_LAG_MS], clock(_NOW_MS), behind, *steps])[-1]
    return result, lag_of(watch)


@pytest.mark.parametrize("lag_ms", [-9999, -1, 0, 37, 4999, 99_999])
@pytest.mark.parametrize("limb", [0, 300, -300], ids=["within", "across", "before"])
def test_the_lag_is_exact(run, lag_ms, limb):
    """Also where the two limbs of a time differ between clock and exchange."""
    now_ms = 1_763_000_000_000 + limb
    steps = [["most", _MOST_LAG_MS], clock(now_ms, ticks=_PERIOD - 50), _UP]
    steps.append(seen(now_ms + 200 - lag_ms, 150))
    _, _, watch = run(steps)[-1]
    assert [lag_of(watch, place) for place in (11, 12, 16)] == [lag_ms] * 3


def test_a_lag_too_large_for_a_record_is_the_largest_there_is_and_eleven_days_tell_nothing(run):
    assert looked(run, seen(_NOW_MS - 200_000, 1000))[1] == 99_999
    assert looked(run, seen(_NOW_MS - 2 * _BILLION, 1000)) == (TELLS_NOTHING, None)
    assert looked(run, seen(0, 1000)) == (TELLS_NOTHING, None)


def test_the_largest_of_all_pairs_counts(run):
    steps = [seen(_NOW_MS - lag, 1000, pair=pair) for pair, lag in enumerate((20, 300, 40))]
    assert looked(run, *steps) == (AGREE, 300)


def test_a_publication_is_looked_at_once(run):
    once = seen(_NOW_MS - 20, 1000)
    assert looked(run, once, once) == (TELLS_NOTHING, 20)


def test_snapshots_and_books_that_are_not_live_tell_nothing(run):
    assert looked(run, seen(_NOW_MS - 9000, 1000, snapshots=1)) == (TELLS_NOTHING, None)
    assert looked(run, seen(_NOW_MS - 9000, 1000, state=STALE)) == (TELLS_NOTHING, None)
    later = [["listen", 0, 900, 1000 + 100 * n] for n in (1, 2)]
    update = seen(_NOW_MS - 30, 1000, count=2, snapshots=1)
    assert looked(run, seen(_NOW_MS, 1000, snapshots=1), *later, update) == (AGREE, 30)


def test_a_young_connection_that_is_late_doubts_the_clock(run):
    assert looked(run, seen(_NOW_MS - 6000, 1000))[0] == DISAGREE


def test_one_that_was_on_time_before_is_late_itself(run):
    on_time = seen(_NOW_MS - 40, 1000)
    assert looked(run, on_time, seen(_NOW_MS - 6000, 1000, count=2)) == (TELLS_NOTHING, 6000)


def test_one_whose_heartbeats_are_late_too_is_late_itself(run):
    silent = [["listen", 0, 900, 1000 + 100 * n] for n in range(1, 60)]
    assert looked(run, *silent, seen(_NOW_MS - 6000, 1000)) == (TELLS_NOTHING, 6000)


def test_an_exchange_ahead_of_us_always_doubts_the_clock(run):
    on_time = seen(_NOW_MS - 40, 1000)
    assert looked(run, on_time, seen(_NOW_MS + 6000, 1000, count=2))[0] == DISAGREE


def test_when_the_clocks_agree_what_the_second_said_before_is_forgotten(run):
    late, on_time = seen(_NOW_MS - 6000, 1000), seen(_NOW_MS - 40, 1000, count=2)
    assert looked(run, late, on_time) == (AGREE, 40)


@pytest.mark.parametrize("ppm", [0, 50, -50, 299])
def test_a_day_of_drifting_ticks_carried(run, ppm):
    step_ms = 30_000
    steps = [clock(_NOW_MS, ticks=0, drift=100 * ppm)]
    steps += [["carry", n * step_ms % _PERIOD] for n in range(1, _DAY_MS // step_ms + 1)]
    _, (_, hi, lo, *_), _ = run(steps)[-1]
    true_ms = _NOW_MS + _DAY_MS + _DAY_MS * ppm // 1_000_000
    assert abs(hi * _BILLION + lo - true_ms) <= 1


ticks = st.integers(0, _PERIOD - 1)
limb = st.integers(0, _BILLION - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("carry"), ticks),
        st.tuples(st.just("listen"), st.integers(0, 50_000), st.just(-1) | ticks, ticks),
        st.tuples(
            st.just("clock"), ticks, st.integers(0, 2000), limb, st.integers(-30_000, 30_000)
        ),
        st.tuples(st.just("most"), st.integers(500, 600_000)),
        st.tuples(
            *(st.just("look"), st.integers(0, 2), st.integers(0, 5), st.integers(0, 2000), limb),
            *(ticks, st.integers(0, 2), st.integers(0, 2)),
        ),
    ),
    max_size=40,
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_whatever_happens_nothing_overflows_and_every_runtime_says_the_same(some):
    assert play(_CHECKED, some) == play(_KERNELS, some)


def test_the_board_says_what_the_host_says(board_model):
    examples = drawn(steps, 60)
    lines = on_board("lateness_cases.py", map(json.dumps, examples))
    assert [json.loads(line) for line in lines] == [play(_KERNELS, some) for some in examples]
