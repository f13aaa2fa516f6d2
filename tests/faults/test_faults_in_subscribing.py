"""Faults that meet whoever subscribes, one after the other on one board."""

import pytest
from fault_cases import LOST, SUBSCRIBE, of, prove


@pytest.mark.parametrize("case", of("spot_v2", SUBSCRIBE), ids=lambda case: case.id)
def test_fault(case, v2):
    prove(v2, case)


def test_error_ack(v2):
    """A refused pair is named, and the others are LIVE; it is asked for again after a minute."""
    refused, *others = v2.pairs
    v2.begin()
    v2.strike("error-ack", symbol=refused, error="EGeneral:Permission denied")
    v2.until_said(k="error", why="EGeneral:Permission denied", p=refused)
    v2.until_said(k="state", st="STALE", p=refused, why="refused")
    v2.until_live(pairs=others)
    v2.settle()
    assert v2.states[refused] == "STALE"
    assert v2.downs() == [LOST]
    v2.check()
    v2.strike("drop")
    v2.until_live()
