"""Faults of the connection, one after the other on one board."""

import pytest
from fault_cases import CONNECTION, of, prove


@pytest.mark.parametrize("case", of("spot_v2", CONNECTION), ids=lambda case: case.id)
def test_fault(case, v2):
    prove(v2, case)
