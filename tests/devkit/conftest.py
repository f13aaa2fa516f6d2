"""A board on an erased flash, off."""

import pytest
from on_the_line import Board


@pytest.fixture
def board(board_model, tmp_path):
    with Board(tmp_path) as board:
        yield board
