"""The tape: candles and the figures of a day are those of the trades, however long it runs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.exchange.books import ASK, BID
from host.exchange.pairs import PAIRS
from host.exchange.tape import Tape

MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US
START_US = 1_790_000_000_000_000
PAIR = PAIRS["BTC/USD"]
PRICE = 840_000


def tape(seed=1):
    return Tape(PAIR, seed, START_US, PRICE)


def total(trades):
    return sum(qty for _, _, qty in trades)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 30 * MINUTE_US), st.integers(1, 2_000_000), st.integers(1, 10**9)
        ),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from((1, 5, 60, 1440)),
    st.booleans(),
)
def test_figures_are_those_of_the_trades(steps, minutes, ask_early):
    """A naive list of all trades says the same; what is asked in between changes nothing."""
    mine, trades, now_us = tape(), [], START_US
    if ask_early:
        mine.day(now_us)
    for wait_us, price, qty in steps:
        now_us += wait_us
        mine.add([(ASK, price, qty)], now_us)
        trades.append((now_us, price, qty))
        if ask_early:
            mine.candle(minutes)
    length_us = minutes * MINUTE_US
    begin_us = now_us - now_us % length_us
    candle = mine.candle(minutes)
    assert candle.begin_us == begin_us
    assert candle.close == trades[-1][1]
    if begin_us > START_US:
        own = [trade for trade in trades if trade[0] >= begin_us]
        assert candle.open == own[0][1]
        assert candle.high == max(price for _, price, _ in own)
        assert candle.low == min(price for _, price, _ in own)
        assert candle.volume == total(own)
        assert candle.trades == len(own)
    # After a day nothing is left of the past that was made up.
    mine.add([(BID, PRICE, 7)], now_us + DAY_US)
    day = mine.day(now_us + DAY_US)
    minute_us = now_us - now_us % MINUTE_US
    left = [trade for trade in trades if trade[0] >= minute_us + MINUTE_US]
    assert day.volume == total(left) + 7
    assert day.trades == len(left) + 1


def test_a_day_of_the_past_before_the_start():
    mine = tape()
    day = mine.day(START_US)
    assert day.close == PRICE
    assert day.low < PRICE < day.high
    assert day.trades > 10_000
    assert 0.9 * PRICE < day.vwap < 1.1 * PRICE
    last = mine.last()
    assert len(last) == 50
    assert last[-1].price == PRICE
    assert all(trade.time_us < START_US for trade in last)
    mine.add([(ASK, PRICE, 1)], START_US + 1)
    assert mine.last()[-1].number == last[-1].number + 1
    assert mine.last()[:-1] == last[1:]


def test_the_past_does_not_depend_on_when_it_is_asked_for():
    early, late = tape(), tape()
    early.day(START_US)
    for each in (early, late):
        for step in range(100):
            each.add([(ASK, PRICE + step, 10)], START_US + step * 3_000_000)
    now_us = START_US + 300_000_000
    for name in ("open", "high", "low", "close", "volume", "trades", "vwap"):
        assert getattr(early.day(now_us), name) == getattr(late.day(now_us), name), name
    assert early.last() == late.last()
    assert tape(2).day(now_us).volume != tape(1).day(now_us).volume


def test_today_begins_at_midnight():
    mine = tape()
    midnight_us = START_US - START_US % DAY_US + DAY_US
    mine.add([(ASK, PRICE, 5)], midnight_us - 1)
    quiet = mine.today(midnight_us)
    assert (quiet.volume, quiet.trades, quiet.close) == (0, 0, PRICE)
    mine.add([(ASK, PRICE + 1, 3)], midnight_us)
    today = mine.today(midnight_us)
    assert (today.volume, today.open) == (3, PRICE + 1)
    assert mine.day(midnight_us).volume > 3


@pytest.mark.parametrize("symbol", sorted(PAIRS))
def test_every_listed_pair_has_a_past(symbol):
    pair = PAIRS[symbol]
    mine = Tape(pair, 1, START_US, 50_000)
    day = mine.day(START_US)
    assert day.low <= day.open <= day.high
    assert day.volume > 0
