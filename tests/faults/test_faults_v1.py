"""Spot v1: the faults that its dialect makes different, or that any dialect has to survive."""

import pytest
from fault_cases import of, prove
from fault_lab import lab


@pytest.fixture(scope="module")
def v1(board_model, tmp_path_factory):
    with lab(tmp_path_factory.mktemp("flash"), "spot_v1") as running:
        yield running


@pytest.mark.parametrize("case", of("spot_v1"), ids=lambda case: case.id)
def test_fault(case, v1):
    prove(v1, case)
