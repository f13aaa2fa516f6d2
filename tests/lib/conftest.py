"""Every program of programs/ runs on CPython and on the board model."""

import pytest
from both_runtimes import on_board, on_cpython


@pytest.fixture(params=["cpython", "board"])
def run(request):
    """Call it with a program and its arguments; it gives the lines that the program said."""
    if request.param == "cpython":
        return on_cpython
    binary = request.getfixturevalue("board_model")
    return lambda *args: on_board(binary, *args)


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    """Where the certificates of the other end are."""
    return tmp_path_factory.mktemp("certs")
