"""What ends in a restart: the board says why, keeps it across the restart where it can, and is LIVE again."""

import pytest
from fault_lab import lab, measured
from powered_lab import PoweredLab

# The next `close` runs this in place of closewhy.py, which is loaded when a close code came; once.
_ONCE = "import os\nos.remove('closewhy.py')\n"
_WATCHDOG_MS = 3000
_LOST_BYTES = 1500
_REST_BYTES = 700
# What is never given back: no allocation of its own is as large as a piece.
_LEAK = f"""{_ONCE}
import sys
sys.modules["leak"] = [bytearray(60) for _ in range({_LOST_BYTES // 96})]
def why(code):
    return "leak"
"""


@pytest.fixture
def powered(board_model, tmp_path):
    """`powered(text, **settings)`: a board whose next `close` runs `text`."""

    def make(text, **settings):
        extra = {"closewhy.py": text}
        return lab(tmp_path, kind=PoweredLab, extra=extra, pairs_wanted=1, **settings)

    return make


def restarted(running, fault_name, timeout_s=20):
    """The boot record after the fault; the books are LIVE again."""
    running.begin()
    running.strike("close")
    _, boot = running.until_said(timeout_s, k="boot")
    again = len(running.heard)
    running.states.clear()
    running.until_live(timeout_s)
    at = max(at for at, record in running.heard[again:] if record.get("st") == "LIVE")
    measured(f"{fault_name} {running.dialect}", at - running.struck_s)
    running.settle()
    return boot


def test_crash(powered):
    with powered(_ONCE + "1/0\n") as running:
        boot = restarted(running, "crash")
        assert boot["why"] == "crash: ZeroDivisionError"
        assert running.said("restart") == [{"k": "restart", "why": "crash: ZeroDivisionError"}]
        assert b"ZeroDivisionError" in running.noise[-1]
        assert {tuple(whys) for whys in running.stales().values()} == {("disconnect",)}
        running.check(restarts=1)


def test_watchdog(powered):
    with powered(_ONCE + "while True: pass\n", watchdog_ms=_WATCHDOG_MS) as running:
        boot = restarted(running, "watchdog")
        assert boot["cause"] == "wdt"
        assert "why" not in boot
        assert not running.said("restart")
        assert any(b"Task watchdog got triggered" in line for line in running.noise)
        running.check(restarts=1)


def test_low_heap(powered):
    with powered("") as running:
        running.until_said(k="link")
        running.settle(1.2)
        _, link = running.until_said(k="link")
        low = link["low"]
    with powered(_LEAK, heap_floor=low - _REST_BYTES) as running:
        boot = restarted(running, "low-heap")
        assert boot["why"] == "heap below its floor"
        assert "heap below its floor" in running.downs()
        assert running.said("restart") == [{"k": "restart", "why": "heap below its floor"}]
        running.check(restarts=1)
