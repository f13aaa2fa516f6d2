"""A socket that is half open is noticed; a pair that has nothing to say is not mistaken for one."""

from fault_lab import lab, measured

_NOTICED_S = 4.0
_AGAIN_S = 3.0
_QUIET_S = 30
# What looks across pairs goes on with the others: of this one it tells that nothing happened.
_ACROSS = ("vol", "corr", "flow", "depth", "contagion")


def test_half_open(board_model, tmp_path):
    with lab(tmp_path, silence_ms=3500) as running:
        running.begin()
        running.strike("half-open")
        stale_s, _ = running.until_said(k="state", st="STALE")
        assert stale_s - running.struck_s < _NOTICED_S
        running.until_said(k="net", st="up")
        running.until_live()
        running.settle()
        assert running.downs() == ["silent, no heartbeat"]
        assert running.stales() == {pair: ["heartbeat"] for pair in running.pairs}
        took_s = running.live_again(running.pairs, "heartbeat") - running.struck_s
        assert took_s < _NOTICED_S + _AGAIN_S
        measured("half-open spot_v2", took_s)
        running.check()


def test_quiet_pair(board_model, tmp_path):
    """In real time: heartbeats and the other pairs go on, nothing comes of this one."""
    with lab(tmp_path) as running:
        pair = running.pairs[0]
        running.begin()
        running.strike("quiet-pair", symbol=pair, seconds=_QUIET_S)
        running.settle(1)
        silent = len(running.heard)
        running.settle(_QUIET_S - 2)
        heard = [record for _, record in running.heard[silent:] if record["k"] not in _ACROSS]
        told = [record for record in heard if record.get("p") == pair]
        assert {record["k"] for record in told} == {"pair"}
        assert {record["st"] for record in told} == {"LIVE"}
        assert len(told) >= _QUIET_S - 4
        assert not running.said("state", "net")
        # Then all its changes come in one message. With more levels than the board has room for it
        # is lost, and all books are asked for anew.
        running.until_said(k="book", p=pair, since=len(running.heard))
        running.settle(1)
        running.until_live()
        assert not running.downs()
        running.check()
