"""Delays double from 1 to 60 seconds, never leave those limits, and differ from board to board."""

import random

from backoff import Backoff


def test_delays_grow_to_the_limit_and_start_again():
    backoff = Backoff(1000, 60_000, random.Random(1))
    spans = [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]
    for _ in range(50):
        for span_ms in spans:
            assert span_ms // 2 <= backoff.next_ms() <= span_ms
        backoff.reset()


def test_delays_are_spread():
    delays = {Backoff().next_ms() for _ in range(100)}
    assert len(delays) > 50
    assert min(delays) >= 1000


def test_limits_that_leave_no_choice():
    backoff = Backoff(500, 500)
    assert {backoff.next_ms() for _ in range(20)} == {500}
