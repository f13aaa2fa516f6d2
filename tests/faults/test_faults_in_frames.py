"""Faults of single book frames, one after the other on one board."""

import pytest
from fault_cases import FRAMES, of, prove


@pytest.mark.parametrize("case", of("spot_v2", FRAMES), ids=lambda case: case.id)
def test_fault(case, v2):
    prove(v2, case)
