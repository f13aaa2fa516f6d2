"""Faults that last for a while, one after the other on one board."""

import pytest
from fault_cases import LASTING, of, prove


@pytest.mark.parametrize("case", of("spot_v2", LASTING), ids=lambda case: case.id)
def test_fault(case, v2):
    prove(v2, case)


def test_maintenance_is_waited_out(v2):
    """Who is cut off meanwhile comes back no faster than every five seconds."""
    v2.begin()
    v2.strike("status", system="maintenance", announced_s=0, seconds=60)
    v2.until_said(k="status", st="maintenance")
    v2.strike("drop")
    _, retry = v2.until_said(k="net", st="retry")
    assert retry["ms"] >= 5000
    v2.until_live(15)
    v2.settle()
    v2.check()
