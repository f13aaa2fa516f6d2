"""An installation on the board: cut off after any step, the board has whole files only, and doing it again finishes."""

import os
from contextlib import suppress

import pytest

from firmware.board import install as module
from firmware.board.install import install

OLD = {
    "boot.py": "old boot",
    "main.py": "old main",
    "config.json": "kept",
    "firmware/app.mpy": "old app",
    "firmware/gone/only.mpy": "obsolete",
    "lib/own.py": "the user's",
}
NEW = {
    "boot.py": "new boot",
    "main.py": "new main",
    "firmware/app.mpy": "new app",
    "firmware/feeds/spot.mpy": "new spot",
}
OBSOLETE = ["firmware/gone/only.mpy"]
DONE = {**OLD, **NEW}
del DONE[OBSOLETE[0]]


class PowerCut(Exception):
    pass


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A flash with the old application and the new one staged and ready."""
    for name, text in OLD.items():
        write(tmp_path / name, text)
    for name, text in NEW.items():
        write(tmp_path / "new" / name.replace("/", "~"), text)
    write(tmp_path / "new/ready", "\n".join(OBSOLETE) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


class CutOff:
    """The `os` of a board that loses power at step number `at` of those that change the flash."""

    def __init__(self, at):
        self.at = at
        self.listdir = os.listdir

    def __getattr__(self, name):
        def step(*args):
            if self.at == 0:
                raise PowerCut
            self.at -= 1
            return getattr(os, name)(*args)

        return step


def test_everything_is_in_its_place_and_nothing_else_is_touched(board):
    assert install()
    assert files(board) == DONE
    assert not (board / "firmware/gone").exists()
    assert not (board / "new").exists()


def test_there_is_nothing_to_do_without_new_or_while_a_transfer_is_under_way(board):
    (board / "new/ready").unlink()
    before = files(board)
    assert not install()
    assert files(board) == before


@pytest.mark.parametrize("step", range(30))
def test_a_power_cut_after_any_step_leaves_whole_files_and_the_next_boot_finishes(
    board, monkeypatch, step
):
    with monkeypatch.context() as patch:
        patch.setattr(module, "os", CutOff(step))
        try:
            install()
            assert step > 10  # else the cut was never reached
        except PowerCut:
            pass
    for name, text in files(board).items():
        assert name.startswith("new/") or text in (OLD.get(name), NEW.get(name))
    install()
    assert files(board) == DONE  # at most an empty new/ is left


def test_a_board_that_was_bare_gets_main_py_last(tmp_path, monkeypatch):
    for name, text in NEW.items():
        write(tmp_path / "new" / name.replace("/", "~"), text)
    write(tmp_path / "new/ready", "")
    monkeypatch.chdir(tmp_path)
    for step in range(30):
        with monkeypatch.context() as patch:
            patch.setattr(module, "os", CutOff(step))
            with suppress(PowerCut):
                install()
        if (tmp_path / "main.py").exists():
            break
    assert {**files(tmp_path), "new/ready": ""} == {**NEW, "new/ready": ""}
