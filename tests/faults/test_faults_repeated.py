"""Faults again and again: how soon a dropped connection is back, and that all memory is given back."""

import statistics

from fault_lab import lab

_TIMES = 10
_SETTLED = 2  # after so many of them nothing may be taken any more
_MOST_TAKEN = 400  # bytes
_RECOVERED_S = 2.0


def given_back(running):
    """Free heap, as the next health record has it."""
    _, health = running.until_said(k="health", since=len(running.heard))
    return health["free"]


def test_a_dropped_connection_is_back_within_2_s_and_the_backoff(board_model, tmp_path):
    with lab(tmp_path) as running:
        took, free = [], []
        for _ in range(_TIMES):
            running.mark = len(running.heard)
            running.strike("drop")
            running.until_said(k="net", st="retry")
            running.until_live()
            backoff_ms = sum(record["ms"] for record in running.said("net") if "ms" in record)
            took.append(
                running.live_again(running.pairs, "disconnect")
                - running.struck_s
                - backoff_ms / 1000
            )
            free.append(given_back(running))
        assert statistics.median(took) < _RECOVERED_S
        assert free[-1] >= free[_SETTLED - 1] - _MOST_TAKEN, free
        running.check()


def test_memory_is_given_back(board_model, tmp_path):
    """After what makes a book STALE, what is too large, and what ends the connection."""
    with lab(tmp_path) as running:
        free = []
        for n in range(_TIMES):
            running.mark = len(running.heard)
            running.strike("wrong-checksum", symbol=running.pairs[n % len(running.pairs)])
            for name in ("ping-storm", "fragmented", "huge-frame", "drop"):
                running.strike(name)
            running.until_said(k="net", st="up")
            running.until_live()
            free.append(given_back(running))
        assert free[-1] >= free[_SETTLED - 1] - _MOST_TAKEN, free
        running.check()
