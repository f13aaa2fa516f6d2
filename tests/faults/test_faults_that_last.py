import pytest
from fault_cases import LASTING, of, prove

@pytest.mark.parametrize("case", of("spot_v2", LASTING), ids=lambda case: case.id)
def test_fault(case, v2):
    prove(v2, case)
