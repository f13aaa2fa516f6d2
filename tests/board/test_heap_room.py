"""What is left of the heap while it runs: room in one piece, and a table of names that need not double."""

import re

import pytest
from running import board

from host.boardmodel import model
from host.exchange.market import Market
from host.exchange.thread import exchange_in_thread

PAIRS = ["BTC/USD", "ETH/USD", "BTC/EUR"]
# MicroPython doubles the table, for 2 KB, at the three hundredth name; the chip's own modules have
# more of them in ROM, and whoever types at the prompt brings some.
_MOST_NAMES = 260
_BLOCK_BYTES = 16
_LEAST_FREE_BYTES = 3 * 1024  # with everything on
_LARGE_HEAP_KB = 110
_LEAST_PIECE_BYTES = 1200  # a borrowed module has pieces of half of that
_LOOK = """
import _thread


def _look():
    import gc, micropython, os, time

    while True:
        time.sleep_ms(1000)
        if "look" in os.listdir():  # not before, lest it prints into a record that is waited for
            gc.collect()
            micropython.qstr_info()
            micropython.mem_info()


_thread.start_new_thread(_look, ())
"""


@pytest.mark.parametrize(
    "settings",
    [
        {"pairs": PAIRS},
        {"pairs": PAIRS, "dialect": "spot_v1"},
        {"pairs": PAIRS[:2], "channels": ["ticker", "trade", "ohlc"]},
        {"pairs": ["PF_XBTUSD", "PF_ETHUSD"], "dialect": "futures_v1"},
    ],
    ids=["spot v2", "spot v1", "channels", "futures"],
)
def test_after_a_reconnect_and_a_resync(settings, tmp_path, monkeypatch):
    def looks_at_itself(folder):
        main = folder / "main.py"
        main.write_text(_LOOK + main.read_text())
        return start(folder)

    start = model.start
    monkeypatch.setattr(model, "start", looks_at_itself)
    with exchange_in_thread(Market(PAIRS, seed=3)) as exchange:
        there = {"rest_host": "localhost", "rest_port": exchange.port}
        with board(tmp_path, exchange, **there, **settings) as running:
            running.until_live(settings["pairs"])
            exchange.fault("drop")
            running.until_live(settings["pairs"])
            exchange.fault("truncated-frame")
            running.until_live(settings["pairs"])
            (tmp_path / "look").touch()
            for _ in range(4):
                running.until(lambda record: record["k"] == "health")
            seen = b"".join(running.lines).decode()
    names = [int(count) for count in re.findall(r"n_qstr=(\d+)", seen)]
    pieces = [int(blocks) for blocks in re.findall(r"max free sz: (\d+)", seen)]
    assert names and names[-1] <= _MOST_NAMES
    assert pieces and pieces[-1] * _BLOCK_BYTES >= _LEAST_PIECE_BYTES


def test_everything_on_for_three_pairs(tmp_path):
    """REST, all channels and what looks across pairs: it comes back from faults, and nothing goes short."""
    channels = ["ticker", "trade", "ohlc"]
    with exchange_in_thread(Market(PAIRS, seed=3)) as exchange:
        there = {"rest_host": "localhost", "rest_port": exchange.port}
        with board(tmp_path, exchange, **there, pairs=PAIRS, channels=channels) as running:
            running.until_live(PAIRS)
            exchange.fault("drop")
            running.until_live(PAIRS)
            exchange.fault("truncated-frame")
            running.until_live(PAIRS)
            for kind in ("vol", "corr", "flow", "tick", "trade", "ohlc"):
                running.until(lambda record, kind=kind: record["k"] == kind)
            for _ in range(3):
                health = running.until(lambda record: record["k"] == "health")
                assert health["free"] >= _LEAST_FREE_BYTES
            assert not running.records("error")
            downs = [each for each in running.records("net") if each["st"] == "down"]
            assert len(downs) == 1  # that was the fault


def test_a_larger_heap_is_used_where_it_is_allowed(tmp_path, monkeypatch):
    """Three pairs of depth 25 do not fit 56 KiB, nor a larger heap that is not theirs."""
    start = model.start
    monkeypatch.setattr(model, "start", lambda folder: start(folder, _LARGE_HEAP_KB * 1024))
    with exchange_in_thread(Market(PAIRS, seed=3)) as exchange:
        with board(tmp_path / "56", exchange, pairs=PAIRS, depth=25) as running:
            assert running.until(lambda record: record["k"] == "error")["why"].startswith(
                "too little"
            )
        large = {"pairs": PAIRS, "depth": 25, "heap_kb": _LARGE_HEAP_KB}
        with board(tmp_path / "110", exchange, **large) as running:
            running.until_live(PAIRS)
