"""Faults that meet whoever connects, one after the other on one board."""

import pytest
from fault_cases import DOOR, of, prove


@pytest.mark.parametrize("case", of("spot_v2", DOOR), ids=lambda case: case.id)
def test_fault(case, v2):
    prove(v2, case)
