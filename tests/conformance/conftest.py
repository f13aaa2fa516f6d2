"""Plays the whole list on each runtime once; programs and TLS peers are those of tests/lib."""

import sys
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]
sys.path += [str(_TESTS / "lib"), str(_TESTS / "lib" / "programs")]


@pytest.fixture(scope="session", params=["cpython", "board"])
def runtime(request):
    """The name of a runtime, and a function that runs a program of this folder on it and gives its lines."""
    from both_runtimes import on_board, on_cpython

    programs = Path(__file__).parent / "programs"
    if request.param == "cpython":
        return request.param, lambda program, *args: on_cpython(programs / program, *args)
    binary = request.getfixturevalue("board_model")
    return request.param, lambda program, *args: on_board(binary, programs / program, *args)
