"""The flash folder: what lies in it, what is compiled again, and a board that runs from it."""

import json
import subprocess
import sys

import pytest
from devkit_tools import runs, wait_for

from host.boardmodel import flash_folder, model
from host.errors import UserError

CONFIG = {"pairs": ["BTC/USD"]}
CA = b"\x30\x82"

CHECKOUT = {
    "boot.py": "booted = 'boot ran'\n",
    "main.py": "print(booted, __name__)\nimport firmware.app\n",
    "firmware/__init__.py": "",
    "firmware/app.py": "import sys, tick\nprint(tick.step(41))\nprint(sys.stdin.readline())\n",
    "lib/tick.py": (
        "import micropython\n@micropython.viper\ndef step(n: int) -> int:\n    return n + 1\n"
    ),
}


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    root = tmp_path / "checkout"
    for name, text in CHECKOUT.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(flash_folder, "ROOT", root)
    return root


@pytest.fixture
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_it_holds_scripts_as_source_modules_compiled_and_the_settings(checkout, tmp_path):
    flash = tmp_path / "flash"
    flash_folder.write(flash, CONFIG, CA)
    found = {path.relative_to(flash).as_posix() for path in flash.rglob("*") if path.is_file()}
    assert found == {
        "boot.py",
        "main.py",
        "firmware/app.mpy",
        "lib/tick.mpy",
        "config.json",
        "ca.der",
    }
    assert (flash / "boot.py").read_text() == CHECKOUT["boot.py"]
    assert json.loads((flash / "config.json").read_text()) == CONFIG
    assert (flash / "ca.der").read_bytes() == CA


def test_a_module_that_is_gone_from_the_checkout_goes_and_the_boards_own_files_stay(
    checkout, tmp_path
):
    flash = tmp_path / "flash"
    flash_folder.write(flash, CONFIG, CA)
    (flash / "state.bin").write_bytes(b"kept")
    (checkout / "lib" / "tick.py").rename(checkout / "lib" / "tock.py")
    flash_folder.write(flash, CONFIG, CA)
    assert {path.name for path in (flash / "lib").iterdir()} == {"tock.mpy"}
    assert (flash / "state.bin").read_bytes() == b"kept"


def test_only_what_changed_is_compiled_again(checkout, own_cache, monkeypatch):
    names = []
    compile_one = flash_folder._compile
    monkeypatch.setattr(
        flash_folder, "_compile", lambda s, n, o: names.append(n) or compile_one(s, n, o)
    )
    flash_folder.modules()
    assert len(names) == 2  # an empty __init__ is for CPython only
    names.clear()
    flash_folder.modules()
    assert names == []
    (checkout / "firmware" / "app.py").write_text("changed = 1\n")
    flash_folder.modules()
    assert names == ["firmware/app.py"]
    names.clear()
    flash_folder.modules(flash_folder.CHIP)
    assert len(names) == 2  # an empty __init__ is for CPython only


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\ndef (:\n", "firmware/app.py:2: SyntaxError"),
        (
            "import micropython\n@micropython.viper\ndef f(p: ptr8) -> int:\n    return p // 2\n",
            "firmware/app.py:3: ViperTypeError",
        ),
    ],
)
def test_a_module_that_does_not_compile_is_named_with_its_line(text, says, checkout):
    (checkout / "firmware" / "app.py").write_text(text)
    with pytest.raises(UserError) as error:
        flash_folder.modules()
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_checkout_without_its_scripts_is_one_line(checkout, tmp_path):
    (checkout / "main.py").unlink()
    with pytest.raises(UserError, match=r"main\.py: cannot be read"):
        flash_folder.write(tmp_path / "flash", CONFIG, CA)


@pytest.mark.parametrize("arch", [flash_folder.CHIP, flash_folder.MODEL])
def test_every_module_of_the_firmware_compiles(arch):
    sizes = flash_folder.sizes(arch)
    assert "firmware/kernels/book.mpy" in sizes
    assert all(name.startswith(("firmware/", "lib/")) for name in sizes)
    assert all(size > 0 for size in sizes.values())


def test_the_model_boots_from_it_and_talks_over_its_serial_line(board_model, checkout, tmp_path):
    flash_folder.write(tmp_path / "flash", CONFIG, CA)
    board = model.start(tmp_path / "flash")
    assert board.stdout.readline() == b"boot ran __main__\n"
    assert board.stdout.readline() == b"42\n"
    board.stdin.write(b"hello\n")
    assert board.stdout.readline() == b"hello\n"
    assert board.wait(5) == 0
    model.stop(board)


def test_a_traceback_comes_over_the_serial_line_and_names_file_and_line(
    board_model, checkout, tmp_path
):
    (checkout / "firmware" / "app.py").write_text("x = 1\nraise ValueError('no')\n")
    flash_folder.write(tmp_path / "flash", CONFIG, CA)
    board = model.start(tmp_path / "flash")
    text = board.stdout.read()
    model.stop(board)
    assert b'File "firmware/app.mpy", line 2' in text and b"ValueError: no" in text


def test_a_running_board_is_switched_off(board_model, checkout, tmp_path):
    (checkout / "main.py").write_text("print('up')\nwhile True:\n    pass\n")
    flash_folder.write(tmp_path / "flash", CONFIG, CA)
    board = model.start(tmp_path / "flash")
    assert board.stdout.readline() == b"up\n"
    assert model.stop(board) != 0
    assert board.poll() is not None


def test_a_test_program_can_run_on_the_flashed_modules(board_model, checkout, tmp_path):
    flash_folder.write(tmp_path / "flash", CONFIG, CA)
    text = model.run_script(
        "import tick, os; print(tick.step(1), sorted(os.listdir())[0])", folder=tmp_path / "flash"
    )
    assert text.split() == ["2", "boot.py"]


def test_cpython_runs_the_same_scripts_from_the_checkout(checkout, tmp_path, monkeypatch):
    (checkout / "host").mkdir()
    (checkout / "host" / "__init__.py").write_text(
        "import sys, pathlib\nROOT = pathlib.Path(__file__).resolve().parent.parent\n"
    )
    (checkout / "main.py").write_text("print(open('config.json').read(), __name__)\n")
    monkeypatch.setattr(model, "ROOT", checkout)
    flash_folder.write_settings(tmp_path / "flash", CONFIG, CA)
    board = model.start_cpython(tmp_path / "flash")
    text = board.stdout.read().decode()
    model.stop(board)
    config, _, name = text.rpartition(" ")
    assert (json.loads(config), name) == (CONFIG, "__main__\n")


def test_the_board_goes_with_the_program_that_started_it(board_model, checkout, tmp_path):
    (checkout / "main.py").write_text("import time\nprint('up')\nwhile True:\n    time.sleep(1)\n")
    flash_folder.write(tmp_path / "flash", CONFIG, CA)
    starter = (
        "import os, pathlib, sys\n"
        "from host.boardmodel import model\n"
        "board = model.start(pathlib.Path(sys.argv[1]))\n"
        "board.stdout.readline()\n"
        "print(board.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", starter, tmp_path / "flash"], stdout=subprocess.PIPE, check=False
    )
    wait_for(lambda: not runs(int(done.stdout)))
