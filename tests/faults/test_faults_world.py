"""What the board finds around it: a Wi-Fi that goes, a time server that is wrong."""

import pytest
from fault_lab import lab, measured
from powered_lab import PoweredLab

_HOUR_MS = 3_600_000


# The server's answer takes some time.
_NEAR_MS = 500


def is_set(running, by_ms):
    """Whether the clock is trusted again, and was set right by about that much."""
    off = running.said("link")[-1]["off"]
    return off is not None and abs(off - by_ms) < _NEAR_MS


def test_wifi_lost(board_model, tmp_path):
    with lab(tmp_path, kind=PoweredLab) as running:
        running.begin()
        running.struck_s = running.now_s()
        running.world.radio = False
        running.until_said(k="wifi", st="down", why="lost")
        assert running.downs() == ["connection lost"]
        running.settle(1)
        running.world.radio = True
        back_s = running.now_s()
        running.until_live(20)
        live_s = running.live_again(running.pairs, "disconnect")
        assert live_s - back_s < 10
        measured("wifi-lost spot_v2", live_s - back_s)
        running.settle()
        running.check()


@pytest.mark.parametrize("off_ms", [_HOUR_MS, -_HOUR_MS], ids=["ahead", "behind"])
def test_clock_wrong(board_model, tmp_path, off_ms):
    """Books stay LIVE; the lag is told, not believed; the time server, right by then, is asked again."""
    with lab(tmp_path, kind=PoweredLab, clock_off_ms=off_ms, pairs_wanted=1) as running:
        _, link = running.until_said(k="link")
        assert link["off"] is None
        running.time_server.offset_ms = 0
        running.until(lambda: is_set(running, -off_ms), 25, "the clock was not set right")
        running.settle(2.5)
        assert not running.stales()
        assert not running.downs()
        running.check()
