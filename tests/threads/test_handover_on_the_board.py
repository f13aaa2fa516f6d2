"""Published books between two real threads of the board model, behind its real lock (GIL)."""

import json
from pathlib import Path

import pytest

from host.boardmodel.model import run_script

_PROGRAM = Path(__file__).parent / "programs" / "handover.py"
_DRAWN = 10_000_000  # publications, in half a minute
_FREE = 1_000_000
_BYTECODE = 5000  # each of them takes a hundred times as long
_TIMEOUT_S = 500


def hand_over(publications, hands, what, seed=1):
    text = run_script(_PROGRAM, publications, seed, hands, what, timeout_s=_TIMEOUT_S)
    print(text)
    return json.loads(text)


def test_ten_million_books_of_the_chips_kernels(board_model):
    found = hand_over(_DRAWN, "drawn", "native")
    assert found["torn"] is None
    assert found["publications"] == _DRAWN
    assert found["handovers"] > _DRAWN // 20
    assert found["believed"] > _DRAWN // 100
    # The reader was interrupted within a slot, had parts of two books in its hands, and refused them.
    assert found["caught"] > _DRAWN // 500


def test_nor_where_the_kernels_are_interrupted(board_model):
    found = hand_over(_BYTECODE, "drawn", "bytecode")
    assert found["torn"] is None
    assert found["publications"] == _BYTECODE
    assert found["believed"] > _BYTECODE // 2
    assert found["refused"] > _BYTECODE // 100


@pytest.mark.parametrize(("what", "publications"), [("native", _FREE), ("bytecode", _BYTECODE)])
def test_nor_where_micropython_hands_over(board_model, what, publications):
    found = hand_over(publications, "free", what)
    assert found["torn"] is None
    assert found["publications"] == publications
    assert found["believed"] > 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("defect", ["count first", "unchecked"])
def test_a_planted_defect_is_found_on_the_board(board_model, defect, seed):
    found = hand_over(_BYTECODE, "drawn", defect, seed)
    assert found["torn"]
    assert found["publications"] < _BYTECODE
