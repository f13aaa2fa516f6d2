"""Delays double from 1 to 60 seconds, differ from board to board, and leave a budget of tries unspent."""

import random

from backoff import Backoff

_BANNED_TRIES = 150
_BANNED_MS = 600_000
_WRAP_MS = 1 << 30


def test_delays_grow_to_the_limit_and_start_again():
    backoff = Backoff(1000, 60_000, random.Random(1))
    spans = [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]
    now_ms = 0
    for _ in range(50):
        for span_ms in spans:
            delay_ms = backoff.next_ms(now_ms)
            assert span_ms // 2 <= delay_ms <= span_ms
            now_ms = (now_ms + delay_ms) % _WRAP_MS
        backoff.reset()


def test_delays_are_spread():
    delays = {Backoff().next_ms(0) for _ in range(100)}
    assert len(delays) > 50
    assert min(delays) >= 1000


def test_limits_that_leave_no_choice():
    backoff = Backoff(500, 500)
    assert {backoff.next_ms(500 * n) for n in range(10)} == {500}


def test_no_settings_and_no_successes_spend_what_gets_an_address_banned():
    """Delays as short as can be set, each try a success that ends at once: still half of Cloudflare's limit."""
    backoff = Backoff(100, 100)
    now_ms, tries = 5, []
    while now_ms < 4 * _BANNED_MS:
        tries.append(now_ms)
        now_ms += backoff.next_ms(now_ms)
        backoff.reset()
    for first in tries:
        assert sum(first <= at < first + _BANNED_MS for at in tries) < 0.6 * _BANNED_TRIES
    assert len(tries) > 200


def test_a_board_that_was_well_for_long_may_try_a_handful_of_times_at_once():
    backoff = Backoff(100, 100)
    for start_ms in (0, 10 * _BANNED_MS, _WRAP_MS - 500):
        delays = [backoff.next_ms((start_ms + 100 * n) % _WRAP_MS) for n in range(10)]
        assert delays == [100] * 10
