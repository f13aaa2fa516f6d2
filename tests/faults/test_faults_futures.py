"""Futures: the faults that its dialect makes different, or that any dialect has to survive."""

import pytest
from fault_cases import of, prove
from fault_lab import lab


@pytest.fixture(scope="module")
def futures(board_model, tmp_path_factory):
    with lab(tmp_path_factory.mktemp("flash"), "futures_v1") as running:
        yield running


@pytest.mark.parametrize("case", of("futures_v1"), ids=lambda case: case.id)
def test_fault(case, futures):
    prove(futures, case)
