"""The pulse: when samples are taken, however messages come, that `out` never overflows, and no alert is lost."""

import json
import random
from collections import Counter
from itertools import pairwise

import planted_feed
import pytest
import spelling
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from meaning_feeds import CALM, walks
from pulse_reference import Timetable
from runtimes import player

from firmware import config
from firmware.feeds import buffers
from firmware.feeds.pulse import pulse
from firmware.kernels.overdue import overdue
from host.runtimes.checked import checked

_OVERDUE, _PULSE = checked(overdue), checked(pulse)
_SERIES = 16  # its place among the buffers
_BEAT, _COUNTERS, _OUT = 15, 10, 11
_DUE, _STAGE, _BACK = 0, 2, 6
_ROWS, _ROW, _AT = 4, 26, 3
_WINDOW = 500  # more than one message's samples
_START_MS = 1_787_999_999_000  # a second before the upper half of the time goes on
_OUT_BYTES = 896


# When samples are taken.

steps = st.one_of(
    st.integers(0, 150),
    st.integers(150, 3000),
    st.integers(9_800, 10_200),
    st.integers(10_200, 10**10),
    st.integers(-300, 0),
    st.integers(-10_200, -9_800),
    st.integers(-(10**10), -10_200),
)


@settings(max_examples=200, deadline=None)
@example(1, [(0, False)] * 3)
@example(8, [(50, False)] * 20 + [(9_999, False), (0, False)])
@example(3, [(100, False)] * 5 + [(-5000, False)] + [(100, False)] * 60)
@example(3, [(100, False)] * 5 + [(5000, True)] + [(30, False)] * 9)
@given(
    st.integers(1, 8),
    st.lists(st.tuples(steps, st.sampled_from([False] * 9 + [True])), max_size=30),
)
def test_samples_are_taken_when_they_are_due(pairs, told):
    """`told`: how long after the one before a message comes, and whether a book came back with that one."""
    names = [f"A{n}/USD" for n in range(pairs)]
    made = buffers.make(config.check({"pairs": names, "correlation_window": _WINDOW}))
    beat, series = made[_BEAT], made[_SERIES]
    timetable = Timetable(pairs)
    now, taken = _START_MS, 0
    for step, back in told:
        now = max(now + step, 10**12)
        beat[_BACK] = timetable.back = back
        due = _OVERDUE(beat, *divmod(now, 10**9))
        if due >= 0:  # of books that are not LIVE nothing is told
            assert _PULSE(*divmod(now, 10**9), due - 1, made) == 0
        did = list(timetable.at(now))
        taken += did.count("sample")
        assert {series[_ROWS + n * (_ROW + _WINDOW) + _AT] for n in range(pairs)} == {
            taken % (_WINDOW + 1)
        }
        assert beat[_DUE] * 10**9 + beat[_DUE + 1] == timetable.due_ms
        assert beat[_STAGE] == timetable.stage
        # What the timetable is for: never more than so far behind, never more than so much at once.
        assert now - timetable.due_ms < 200 and did.count("sample") <= 101


def moments(first_ms, every_ms, count):
    return [first_ms + n * every_ms for n in range(count)]


def sampled(times):
    timetable = Timetable(1)
    return [list(timetable.at(time)).count("sample") for time in times]


def test_the_timetable_is_what_it_should_be():
    """Known cases of the model that the firmware is held against."""
    assert sum(sampled(moments(_START_MS, 20, 501))) == 101  # ten seconds, both ends
    assert sampled([_START_MS, _START_MS + 9_000]) == [1, 88]
    assert sampled([_START_MS, _START_MS + 60_000]) == [1, 1]
    behind = [_START_MS, _START_MS - 500, _START_MS - 400, _START_MS + 50, _START_MS + 150]
    assert sampled(behind) == [1, 0, 0, 0, 1]
    other = [_START_MS, _START_MS - 86_400_000, *moments(_START_MS - 86_400_000, 50, 9)]
    assert sum(sampled(other)) == 6


# What messages do.


def snapshots(time_ms, *names, price=99):
    """A message of a book for each name."""
    exchange = spelling.Exchange(10)
    data = []
    for name in names:
        item = spelling.element(
            name, [(f"{price}.0", "3.0")], [(f"{price}.1", "1.0")], 0, planted_feed.stamp(time_ms)
        )
        item["checksum"] = exchange.checksum("snapshot", item)
        data.append(item)
    return spelling.kraken("snapshot", *data)


@pytest.fixture(params=["checked", "board"])
def play_small(request):
    if request.param == "board":
        request.getfixturevalue("board_model")
    return player(request.param)


@pytest.mark.parametrize("count", [1, 2, 8])
def test_all_records_come_in_turn(play_small, count):
    names = [f"A{n}/USD" for n in range(count)]
    frames = [snapshots(100 * n, name) for n in range(90) for name in names]
    said = [r for step in play_small(frames, pairs=names) for r in step.pulsed]
    turns = 3 * count + count * (count - 1) // 2
    told = [(r["k"], r["p"], r.get("q")) for r in said]
    links = [("corr", names[o], names[n]) for n in range(count) for o in range(n)]
    order = [("vol", name, None) for name in names]
    order += [(kind, name, None) for name in names for kind in ("flow", "depth")] + links
    at = order.index(told[0])  # the first turn began before the books were LIVE
    assert told == [order[(at + n) % turns] for n in range(len(told))]
    assert set(told) == set(order)


def test_a_message_of_several_books_is_no_pulse(play_small):
    """They have times of their own; the next one of a single book makes up for it."""
    names = ["BTC/USD", "ETH/USD"]
    frames = [snapshots(0, name) for name in [*names, names[0]]]
    frames += [snapshots(100 * n, *names) for n in range(1, 30)]
    frames += [snapshots(3000, names[0])]
    *steps, last = play_small(frames, pairs=names)
    assert not any(step.pulsed for step in steps[3:])
    assert last.pulsed and {record["t"] for record in last.pulsed} == {1787608803000}


def test_a_book_that_is_not_live_is_not_told_of(play_small):
    """Nor is anything made up for when it comes back, though its snapshot tells no time."""
    names = ["BTC/USD", "ETH/USD"]
    good = [snapshots(50 * n, names[n & 1]) for n in range(40)]
    wrong = spelling.kraken(
        "update", spelling.element(names[1], [], [], 1, planted_feed.stamp(2000))
    )
    others = [snapshots(2050 + 50 * n, names[0]) for n in range(40)]
    back = spelling.Exchange(10).say("snapshot", names[1], [("98.0", "3.0")], [("98.1", "1.0")])
    later = [snapshots(9000 + 50 * n, names[n & 1], price=99 - (n & 1)) for n in range(20)]
    steps = play_small([*good, wrong, *others, back, *later], pairs=names)
    silent = [r for step in steps[41:81] for r in step.pulsed]
    assert silent and {r["p"] for r in silent} == {names[0]}
    assert {r["k"] for r in silent} == {"vol", "flow", "depth"}
    again = [r for step in steps[82:] for r in step.pulsed if r["k"] == "vol"]
    # It was another price behind the gap, which is no return.
    assert {r["v"] for r in again} == {0} and {r["p"] for r in again} == set(names)


def test_every_link_of_a_crowd_is_told(board_model):
    """28 alerts in one sample or two: what finds no room in a message is told later, each once."""
    names = [f"A{n}/USD" for n in range(8)]

    def mix(noise):
        shared = noise[0]
        for n in range(130, 170):
            for row in noise[1:]:
                row[n] = 0.99 * shared[n] + 0.14 * row[n]
        return [
            [value * (8 if 130 <= n < 170 else 1) for n, value in enumerate(row)] for row in noise
        ]

    rounds = walks(4, 230, [CALM] * 8, mix, [100.0] * 8, [6] * 8)
    frames = [frame for _, frame in planted_feed.told(rounds, names=names, channels=False)]
    steps = player("board")(frames, pairs=names, correlation_window=20)
    alerts = [r for step in steps for r in step.pulsed if r["k"] == "contagion"]
    told = Counter((frozenset((r["p"], r["q"])), r["on"]) for r in alerts)
    assert {link for link, _ in told} == {
        frozenset((a, b)) for a in names for b in names if a != b
    }
    assert set(told.values()) == {1} and len(told) == 56
    assert (
        max(
            len([line for line in step.lines.splitlines() if b"contagion" in line])
            for step in steps
        )
        == 2
    )


# The room of `out`.

_LONG = ["LONGEST12/NAMES", "LONGEST13/NAMES", "LONGEST14/NAMES"]
_MOST = {"book_interval_ms": 0, "signal_cooldown_ms": 0, "imbalance_threshold": 0.01}


@st.composite
def crowded(draw):
    """Messages of up to three books with names and numbers as long as can be, all of which changes."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    digits = draw(st.integers(15, 18))
    decimals = draw(st.tuples(st.integers(0, 18), st.integers(0, 18)))
    exchange = spelling.Exchange(10)
    frames, time_ms = [], 0
    for _ in range(draw(st.integers(3, 12))):
        time_ms += rng.choice([0, 20, 100, 450, 3000])
        data = []
        kind = rng.choice(["snapshot", "snapshot", "update"])
        for name in rng.sample(_LONG, rng.choice([1, 3, 3])):
            middle = 10**digits - 100 - rng.randrange(100)
            sides = [
                [(spelling.plain(middle + sign, decimals[0]), spelling.plain(size, decimals[1]))]
                for sign, size in zip(
                    (-1, 1), rng.sample([10**17 + 7, 3, 9 * 10**17], 2), strict=True
                )
            ]
            item = spelling.element(name, *sides, 0, planted_feed.stamp(time_ms))
            item["checksum"] = exchange.checksum(kind, item) ^ (rng.random() < 0.15)
            data.append(item)
        frames.append(spelling.kraken(kind, *data))
    return frames


# A smaller seed is no smaller message, so that there is nothing to shrink.
@settings(max_examples=60, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(crowded())
def test_out_never_overflows(frames):
    """The checked runtime traps a byte beyond its end; `render` is promised 256 free ones."""
    steps = player("checked")(frames, pairs=_LONG, spread_threshold_bps=1000.0, **_MOST)
    assert max(len(step.lines) for step in steps) < _OUT_BYTES
    assert all(len(line) < 120 for step in steps for line in step.lines.splitlines())
    json.dumps([step.records for step in steps])  # each is whole


def test_the_worst_of_messages(play_small):
    """Three books with the longest names that all come back to life, and each signals."""
    exchange = spelling.Exchange(10)
    data = []
    for name in _LONG:
        bids, asks = (
            [("99999999.9999999917", "99999999.9999999917")],
            [("99999999.9999999919", "1.5")],
        )
        item = spelling.element(name, bids, asks, 0, planted_feed.stamp(0))
        item["checksum"] = exchange.checksum("snapshot", item)
        data.append(item)
    (step,) = play_small([spelling.kraken("snapshot", *data)], pairs=_LONG, **_MOST)
    assert [r["k"] for r in step.records] == [
        *("state", "book", "signal"), *("state", "signal"), *("state", "signal")
    ]  # fmt: skip
    assert len(step.lines) <= 120 * 7


def test_each_pair_has_its_own_cooldown(play_small):
    """Of two pairs that turn round in every message, each begins anew after two seconds of its own."""
    names = ["BTC/USD", "ETH/USD"]
    exchange = spelling.Exchange(10)
    frames = []
    for n in range(80):
        name, time = names[n & 1], planted_feed.stamp(100 * n)
        heavy, light = ("9.0", "1.0") if n % 4 < 2 else ("1.0", "9.0")
        frames.append(exchange.say("snapshot", name, [("99.0", heavy)], [("99.01", light)], time))
    steps = play_small(frames, pairs=names, signal_cooldown_ms=2000)
    for name in names:
        said = [r for s in steps for r in s.records if r["k"] == "signal" and r["p"] == name]
        began = [r["t"] for r in said if r["side"] != "FLAT"]
        assert [after - before for before, after in pairwise(began)] == [2000] * 3
        assert [r["side"] for r in said] == ["BUY", "FLAT"] * 4
