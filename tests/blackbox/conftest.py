"""A folder's black box on CPython and on the board model; a powered board with the box's code on its flash."""

import io
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from host import ROOT
from host.boardmodel import flash_folder, model

sys.path.append(str(ROOT / "tests" / "devkit"))  # on_the_line.py: a powered board and its line

_PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(params=["cpython", "board"])
def run(request, tmp_path, monkeypatch):
    """Call it with a program of programs/ and arguments; it works in `tmp_path` and gives its lines."""

    def on_cpython(program, *args):
        said = io.StringIO()
        path = str(_PROGRAMS / program)
        monkeypatch.setattr(sys, "argv", [path, str(tmp_path), *map(str, args)])
        with redirect_stdout(said):
            runpy.run_path(path, run_name="__main__")
        return said.getvalue().splitlines()

    def on_board(program, *args):
        binary = request.getfixturevalue("board_model")
        said = model.run_script(_PROGRAMS / program, tmp_path, *args, binary=binary)
        return said.splitlines()

    return on_cpython if request.param == "cpython" else on_board


@pytest.fixture
def board(board_model, tmp_path):
    """A powered board, off, whose flash has the black box in lib/."""
    from on_the_line import FLASH_IMAGE, Board

    library = tmp_path / "files" / "lib"
    library.mkdir(parents=True)
    for name in ("blackbox", "boxfiles"):
        code = flash_folder.compiled(ROOT / "lib" / f"{name}.py", flash_folder.MODEL)
        (library / f"{name}.mpy").write_bytes(code)
    with Board(tmp_path) as board:
        model.run_script(FLASH_IMAGE, board.flash, library.parent)
        yield board
