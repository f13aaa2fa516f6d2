"""What a soak is there to find is found: wrong prices, restarts, a heap that sinks, messages not heard."""

import json
import time
from decimal import Decimal
from types import SimpleNamespace

import pytest

from host.exchange.faults.injector import Injected
from host.exchange.source import FUTURES_V1, SPOT_V2, Topic
from host.exchange.thread import exchange_in_thread
from host.soak import menu
from host.soak.board import Board
from host.soak.story import Story
from host.soak.truth import WatchedMarket
from host.soak.verdict import common_checks

PAIR = "BTC/USD"


def market(dialect=SPOT_V2, steps=3000):
    """A market after so many messages, and the best prices after each: (ms, bid, ask)."""
    watched = WatchedMarket([PAIR], seed=5, start_s=1_800_000_000, dialect=dialect)
    book = watched.states[PAIR].book
    wanted = {PAIR: {Topic(SPOT_V2, "book", PAIR, 10): []}}
    best = []
    for _ in range(steps):
        time_us = watched.next_us()
        watched.step(wanted)
        best.append((time_us // 1000, *(Decimal(s.price(0)).scaleb(-1) for s in book.sides)))
    return watched, best


def record(time_ms, bid, ask, pair=PAIR):
    return {"k": "book", "p": pair, "t": time_ms, "b": bid, "a": ask}


def injected(name, time_ms, symbol=PAIR, **options):
    return Injected(name, options, 1, symbol, 0.0, 0.0, time_ms * 1000)


def test_each_best_price_is_right_at_its_time_and_wrong_at_another():
    watched, best = market()
    assert all(watched.is_right(record(*each), []) for each in best)
    tick = Decimal("0.1")
    for time_ms, bid, ask in best[::50]:
        assert not watched.is_right(record(time_ms, bid - tick / 2, ask), [])
        assert not watched.is_right(record(time_ms, None, ask), [])
        assert not watched.is_right(record(time_ms, ask, bid), [])
    # The price of ten seconds ago is mostly not today's.
    late = [watched.is_right(record(time_ms + 10_000, b, a), []) for time_ms, b, a in best[:1000]]
    assert sum(late) < len(late) / 2


def test_a_snapshot_of_a_busy_pc_may_be_a_moment_older_than_it_says():
    watched, best = market()
    # Two ms after a change that stood for longer than that.
    changed = next(
        n
        for n in range(1000, 3000)
        if best[n][1:] != best[n - 1][1:] and best[n + 1][0] > best[n][0] + 3
    )
    time_ms, (_, *before) = best[changed][0] + 2, best[changed - 1]
    told = record(time_ms, *before)
    assert not watched.is_right(told, [])
    assert watched.is_right(told, [], is_first=True)
    assert watched.is_right(told, [injected("extra-snapshot", time_ms)])
    assert not watched.is_right(told, [injected("extra-snapshot", time_ms, "ETH/USD")])
    assert not watched.is_right(told, [injected("extra-snapshot", time_ms - 60_000)])
    assert not watched.is_right(record(time_ms + 20_000, *before), [], is_first=True)
    live = {"k": "state", "p": PAIR, "t": 1, "st": "LIVE"}
    firsts = []
    story_of([live, told, told, live, told], lambda _, is_first: firsts.append(is_first) or True)
    assert firsts == [True, False, True]


def test_a_fault_that_has_the_exchange_say_otherwise_is_no_wrong_book():
    watched, best = market()
    time_ms, bid, ask = best[1000]
    crossed = injected("crossed-book", time_ms - 500, seconds=1.0)
    assert watched.is_right(record(time_ms, ask, bid), [crossed])
    assert not watched.is_right(record(time_ms, ask, bid), [injected("drop", time_ms - 500)])
    assert not watched.is_right(record(time_ms + 60_000, ask, bid), [crossed])
    # A busy PC strikes a message that was due long before; what is not crossed is no such message.
    late = injected("crossed-book", time_ms + 5000, seconds=1.0)
    assert watched.is_right(record(time_ms, ask, bid), [late])
    assert not watched.is_right(record(time_ms, bid - 5, ask), [late])
    assert not watched.is_right(record(time_ms - 30_000, ask, bid), [late])
    # It is of one pair, however each dialect spells it.
    for pair, told, excused in (
        (PAIR, "XBT/USD", True),
        (PAIR, "ETH/USD", False),
        ("PF_XBTUSD", "PF_XBTUSD", True),
        ("PF_XBTUSD", "PI_XBTUSD", False),
    ):
        fault = injected("crossed-book", time_ms - 500, told, seconds=1.0)
        assert watched.is_right(record(time_ms, ask, bid, pair), [fault]) is excused
    jump = injected("clock-jump", time_ms - 500, seconds=1.0, by_s=3600.0)
    assert watched.is_right(record(time_ms + 3_600_000, bid, ask), [jump])
    assert not watched.is_right(record(time_ms + 3_600_000, bid - 1, ask), [jump])
    # A message that was due a moment before the strike may go out after it.
    jump = injected("clock-jump", time_ms + 100, seconds=1.0, by_s=-60.0)
    assert watched.is_right(record(time_ms - 60_000, bid, ask), [jump])


def test_futures_are_measured_between_the_changes_of_a_message_too():
    between = 0
    for dialect in (SPOT_V2, FUTURES_V1):
        watched = WatchedMarket([PAIR], seed=5, start_s=1_800_000_000, dialect=dialect)
        book, seen = watched.states[PAIR].book, []
        change = book.change

        def spied(side, price, qty, change=change, book=book, seen=seen):
            change(side, price, qty)
            seen.append([Decimal(s.price(0)).scaleb(-1) for s in book.sides])

        book.change = spied
        wrong = 0
        for _ in range(3000):
            time_ms = watched.next_us() // 1000
            seen.clear()
            watched.step({})
            name = "PF_XBTUSD" if dialect == FUTURES_V1 else PAIR
            wrong += sum(not watched.is_right(record(time_ms, *each, name), []) for each in seen)
        if dialect == FUTURES_V1:
            assert wrong == 0
        else:
            between = wrong
    assert between > 0


def story_of(lines, is_right=lambda record, is_first: True):
    story = Story([PAIR], is_right)
    story.power_on(0.0)
    for number, line in enumerate(lines):
        text = (
            line if isinstance(line, str) else json.dumps(line, separators=(",", ":"), default=str)
        )
        story.take(text.encode() + b"\n", float(number))
    return story


def verdicts(story, black_box_bytes=0):
    bench = SimpleNamespace(story=story, black_box_bytes=black_box_bytes, monitor=None)
    found = common_checks([bench])
    return {check.what: check.ok for check in found}


def health(free, low=5000):
    return [
        {"k": "link", "re": 0, "skip": 0, "low": low},
        {"k": "health", "n": 1, "bad": 0, "drop": 0, "lag": 3, "free": free},
    ]


LIVE = {"k": "state", "p": PAIR, "t": 1, "st": "LIVE"}
GOOD = [LIVE, record(1, 1, 2), *(line for _ in range(40) for line in health(6000))]


def test_a_quiet_story_holds():
    assert set(verdicts(story_of(GOOD)).values()) == {True}


def test_a_wrong_price_a_traceback_and_a_full_black_box_do_not_hold():
    assert not verdicts(story_of(GOOD, lambda record, is_first: False))[
        "no wrong book called LIVE"
    ]
    told = story_of([*GOOD, "Traceback (most recent call last):"])
    assert not verdicts(told)["no restart without a cause, no crash"]
    assert not verdicts(story_of(GOOD), 132_000)["the black box stays within its bound"]


@pytest.mark.parametrize(
    ("lines", "holds"),
    [
        ([line for n in range(40) for line in health(6000 - 20 * n)], False),
        # While the books are not LIVE something else may lie in the heap.
        ([line for n in range(40) for line in health(6000 - 1000 * (n % 2))], True),
        (health(6000), None),
    ],
    ids=["sinks", "goes up and down", "too short"],
)
def test_a_heap_that_sinks(lines, holds):
    assert verdicts(story_of([LIVE, *lines]))["no heap sinking"] is holds


def test_times_without_proof_and_the_waiting_in_them():
    down = {"k": "net", "st": "down", "why": "connection lost"}
    stale = {"k": "state", "p": PAIR, "t": 1, "st": "STALE", "why": "disconnect"}
    story = story_of([LIVE, stale, down, {"k": "net", "st": "retry", "ms": 1500}, "", LIVE])
    spell = story.spells[-1]
    assert (spell.began_s, spell.ended_s, story.is_live) == (1.0, 5.0, True)
    assert story.waited_s(1.0, 5.0) == 1.5
    assert story.waited_s(1.0, 4.0) == 1.0
    assert sorted(story.words(1.0, 5.0)) == ["STALE disconnect", "down connection lost"]


def test_a_board_that_ends_is_switched_on_again_and_its_cause_is_kept(board_model, tmp_path):
    watched = WatchedMarket([PAIR], seed=1)
    story = Story([PAIR], lambda record, is_first: watched.is_right(record, [], is_first))
    with exchange_in_thread(watched) as exchange:
        board = Board(tmp_path, story, 56 * 1024)
        settings = {"host": "localhost", "port": exchange.port, "pairs": [PAIR]}
        try:
            board.switch_on(settings, exchange.ca_der)
            for cause in (None, "heap below its floor"):
                until(lambda: story.is_live)
                if cause:
                    (tmp_path / "restart").write_text(f"0 {cause}")
                boots = len(story.boots)
                board.process.kill()
                until(lambda boots=boots: len(story.boots) > boots)
            until(lambda: story.is_live)
            board.power_cycle()
            until(lambda boots=boots: len(story.boots) > boots + 1 and story.is_live)
        finally:
            board.switch_off()
    # Switching it off and on is none of its own doing.
    assert [restart.cause for restart in story.restarts] == [None, "heap below its floor"]
    assert story.causes == ["start", "start", "heap below its floor", "start"]
    holds = verdicts(story)
    assert not holds["no restart without a cause, no crash"]
    assert not holds["no restart for want of memory"]
    assert holds["no wrong book called LIVE"] is not False


def until(condition, timeout_s=20):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "not within 20 s"
        time.sleep(0.02)


def test_the_order_of_faults_follows_from_the_seed_and_rest_comes_last():
    kinds = menu.kinds(SPOT_V2)
    first, again, other = (menu.blows(kinds, 3, seed, [PAIR]) for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(b.kind.name for b in first) == sorted(k.name for k in kinds for _ in range(3))
    is_rest = [blow.kind.name.startswith("rest-") for blow in first]
    assert is_rest == sorted(is_rest) and any(is_rest)
    assert {"sequence-gap", "without-checksum"}.isdisjoint(kind.name for kind in kinds)
    assert "sequence-gap" in [kind.name for kind in menu.kinds(FUTURES_V1)]
