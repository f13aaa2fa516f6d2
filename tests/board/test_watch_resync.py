"""A price that moves too far between two looks brings a fresh picture of its book, once a cooldown; calm never does."""

import time

import pytest
from running import board

from host.exchange.books import ASK, BID, Book
from host.exchange.market import Market
from host.exchange.pairs import find
from host.exchange.thread import exchange_in_thread

PAIR = "BTC/USD"
_EVERY_US = 20_000
_STEP = 4000  # ticks of 0.1 USD between levels: 0.4 %
_BEST_BID, _BEST_ASK = 999_500, 1_000_500
_UP_BID = _BEST_ASK + _STEP - 500
MIDS = (100_000.0, 100_425.0)  # as they are when it is down, and up


class Leaps:
    """The flow of a pair in which nothing happens but what a test asks for: the mid leaps up and down by 0.4 %."""

    def __init__(self, start_us):
        self.book = Book(find([PAIR])[0])
        self.deals = []
        self.next_us = start_us
        self.wanted = self.done = 0
        self.wild_until_s = 0.0
        self._size = 0
        self.book.begin()
        for n in range(40):
            self.book.change(BID, _BEST_BID - n * _STEP, 50_000)
            self.book.change(ASK, _BEST_ASK + n * _STEP, 50_000)

    def step(self, depths):
        time_us = self.next_us
        self.next_us += _EVERY_US
        self.book.begin(depths, time_us)
        if self.done < self.wanted or time.monotonic() < self.wild_until_s:
            self.done += 1
            if self.done & 1:
                self.book.change(ASK, _BEST_ASK, 0)
                self.book.change(BID, _UP_BID, 50_000)
            else:
                self.book.change(BID, _UP_BID, 0)
                self.book.change(ASK, _BEST_ASK, 50_000)
        else:
            # Somebody comes and goes 0.08 % nearer: a mid that moves by 0.04 % at most.
            self._size = 1000 - self._size
            self.book.change(BID, _BEST_BID + 200, self._size)
        return time_us


@pytest.fixture
def leaps():
    """An exchange whose BTC/USD leaps when asked to."""
    market = Market([PAIR], seed=3)
    state = market.states[PAIR]
    state.flow = Leaps(state.next_us)
    state.book = state.flow.book
    with exchange_in_thread(market) as exchange:
        exchange.leaps = state.flow
        yield exchange


def resyncs(running):
    return [record for record in running.records("resync") if record["why"] == "moved"]


def test_a_move_beyond_the_threshold_brings_a_fresh_picture(leaps, tmp_path):
    with board(tmp_path, leaps, pairs=[PAIR]) as running:
        running.until_live([PAIR])
        seen = len(running.lines)
        for _ in range(3):  # some seconds of calm
            running.until(lambda r: r["k"] == "pair")
        assert not [line for line in running.lines[seen:] if b'"k":"resync"' in line]
        for before, after in (MIDS, MIDS[::-1]):
            leaps.leaps.wanted += 1
            stale = running.until(lambda r: r["k"] == "state")
            assert (stale["st"], stale["why"]) == ("STALE", "moved")
            assert running.until(lambda r: r["k"] == "state")["st"] == "LIVE"
            told = running.until(lambda r: r["k"] == "resync")
            assert (told["p"], told["why"], told["ok"]) == (PAIR, "moved", 1)
            assert told["a"] == pytest.approx(before, rel=0.0005)
            assert told["b"] == pytest.approx(after, rel=0.0005)
            assert 0 <= told["ms"] < 2000
            for _ in range(2):  # the cooldown
                running.until(lambda r: r["k"] == "pair")
        assert len(resyncs(running)) == 2


def test_a_wild_market_brings_one_a_cooldown(leaps, tmp_path):
    with board(tmp_path, leaps, pairs=[PAIR], resync_cooldown_ms=800) as running:
        running.until_live([PAIR])
        began = time.monotonic()
        leaps.leaps.wild_until_s = began + 3
        while time.monotonic() < began + 4:
            running.until(lambda r: r["k"] == "pair")
        took_s = time.monotonic() - began
        told = resyncs(running)
        assert 2 <= len(told) <= 1 + took_s / 0.8
        assert all(record["ok"] == 1 for record in told)
        assert running.until(lambda r: r["k"] == "pair")["st"] == "LIVE"


def test_without_a_threshold_nobody_looks(leaps, tmp_path):
    with board(tmp_path, leaps, pairs=[PAIR], delta_threshold=0) as running:
        running.until_live([PAIR])
        leaps.leaps.wanted += 1
        for _ in range(2):
            running.until(lambda r: r["k"] == "pair")
        assert leaps.leaps.done == 1
        assert not running.records("resync")
        assert [r["st"] for r in running.records("state")] == ["LIVE"]
