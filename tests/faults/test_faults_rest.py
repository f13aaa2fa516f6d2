"""REST that fails at start: it is said, and the books are LIVE without it."""

import pytest
from fault_lab import Lab, lab, measured


class WithRest(Lab):
    """A board that asks the local Kraken's REST of its pairs before it follows their books."""

    def __init__(self, folder, exchange, *given, **settings):
        there = {"rest_host": "localhost", "rest_port": exchange.port}
        super().__init__(folder, exchange, *given, **there, **settings)


def begun(running, fault_name):
    """What was said of REST at start; the books are right."""
    live_s = max(at for at, record in running.heard if record.get("st") == "LIVE")
    measured(f"{fault_name} {running.dialect}", live_s - running.heard[0][0])
    running.settle()
    running.check()
    errors = [record["why"] for record in running.said("error")]
    return errors, {record["p"] for record in running.said("listing")}


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("rest-refused", "HTTP 502 bad gateway"),
        ("rest-error", "EService:Unavailable"),
        ("rest-throttled", "EService: Throttled"),
        ("rest-cut", "the answer was cut off"),
        ("rest-silent", "timed out"),
    ],
)
def test_fault(fault, why, board_model, tmp_path):
    with lab(tmp_path, kind=WithRest, waiting=(fault, {})) as running:
        errors, listed = begun(running, fault)
        assert [error.startswith("REST of localhost: " + why) for error in errors] == [True]
        assert not listed


def test_rest_slow(board_model, tmp_path):
    with lab(tmp_path, kind=WithRest, waiting=("rest-slow", {"pause_ms": 2})) as running:
        errors, listed = begun(running, "rest-slow")
        assert not errors
        assert listed == set(running.pairs)
