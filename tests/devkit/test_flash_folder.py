"""The flash folder: what lies in it, what is compiled again, and a board that runs from it."""

import json
import re
import subprocess
import sys

import pytest
from devkit_tools import runs, wait_for

from host.boardmodel import flash_folder, model
from host.errors import UserError

CONFIG = {"pairs": ["BTC/USD"]}
CA = b"\x30\x82"

_VIPER_STEP = (
    "import micropython\n\n\n@micropython.viper\ndef step(n: int) -> int:\n    return n + 1\n"
)
# backoff and firmware.app are linked into the core, tick and firmware.config are not.
CHECKOUT = {
    "boot.py": "booted = 'boot ran'\n",
    "main.py": "print(booted, __name__)\nfrom firmware.app import run\n\nrun()\n",
    "firmware/__init__.py": "",
    "firmware/manifest.py": "include('for those who freeze')\n",
    "firmware/config.py": "LEAST = 40\n",
    "firmware/app.py": (
        "import sys\n\nimport tick\nfrom backoff import step_on\nfrom firmware.config import LEAST\n"
        "\n\ndef run():\n    print(tick.step(step_on(LEAST)))\n    print(sys.stdin.readline())\n"
    ),
    "lib/backoff.py": _VIPER_STEP.replace("step", "step_on"),
    "lib/tick.py": _VIPER_STEP,
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
        "firmware/config.mpy",
        "firmware/core.mpy",
        "lib/tick.mpy",
        "config.json",
        "ca.der",
    }
    assert (flash / "boot.py").read_text() == CHECKOUT["boot.py"]
    main = CHECKOUT["main.py"].replace("firmware.app", "firmware.core")
    assert (flash / "main.py").read_text() == main
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


def test_a_member_that_is_gone_is_missed_on_the_board_as_in_the_checkout(
    board_model, checkout, tmp_path
):
    (checkout / "lib" / "backoff.py").unlink()
    flash_folder.write(tmp_path / "flash", CONFIG, CA)
    board = model.start(tmp_path / "flash")
    text = board.stdout.read()
    model.stop(board)
    assert b"no module named 'backoff'" in text


@pytest.fixture
def compilations(own_cache, monkeypatch):
    """What has been compiled or linked since it was last looked at."""
    done = []
    for name in ("_compile", "_linked"):
        work = getattr(flash_folder, name)
        monkeypatch.setattr(
            flash_folder, name, lambda *given, work=work: done.append(given) or work(*given)
        )

    def look():
        names = [given[1] if len(given) > 1 else "link" for given in done]
        done.clear()
        return names

    return look


def test_only_what_changed_is_compiled_again(checkout, compilations):
    every = ["firmware/config.py", "firmware/core.py", "lib/tick.py"]  # an empty __init__ is not
    flash_folder.modules()
    assert compilations() == ["link", *every]
    flash_folder.files(flash_folder.MODEL, CONFIG, CA)
    assert compilations() == []
    before = flash_folder.modules()
    member = checkout / "lib" / "backoff.py"
    member.write_text(member.read_text().replace("n + 1", "n + 2"))
    after = flash_folder.modules()
    assert compilations() == ["link", "firmware/core.py"]
    assert {name for name in after if after[name] != before.get(name)} == {"firmware/core.mpy"}
    (checkout / "lib" / "tick.py").write_text("changed = 1\n")
    flash_folder.modules()
    assert compilations() == ["link", "lib/tick.py"]
    flash_folder.modules(flash_folder.CHIP)
    assert compilations() == every


def test_another_way_of_building_builds_again(checkout, compilations, monkeypatch):
    flash_folder.modules()
    compilations()
    monkeypatch.setattr(flash_folder.bundle, "MEMBERS", ("backoff",))
    monkeypatch.setattr(flash_folder, "_build", lambda: ["another"])
    assert "firmware/app.mpy" in flash_folder.modules()
    assert compilations() == ["link", "firmware/app.py", "firmware/core.py"]


@pytest.mark.parametrize("path", ["firmware/config.py", "firmware/app.py", "lib/backoff.py"])
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\ndef (:\n", ":2: SyntaxError"),
        (
            "import micropython\n\n@micropython.viper\n"
            "def f(p: ptr8) -> int:\n    return p // 2\n",
            ":4: ViperTypeError",
        ),
        ("def f():\n    pass\n\n\ndef g():\n    nonlocal y\n", ":6: SyntaxError"),
    ],
)
def test_a_module_that_does_not_compile_is_named_with_its_line(path, text, says, checkout):
    """Also where it is linked into the core, of which a developer knows nothing."""
    (checkout / path).write_text(text)
    with pytest.raises(UserError) as error:
        flash_folder.modules()
    assert str(error.value).startswith(path + says)
    assert "\n" not in str(error.value)


def test_a_module_by_itself_keeps_its_names(checkout):
    """The board's tests put some modules onto a board that has nothing else."""
    (checkout / "lib" / "tick.py").write_text("def _in_private():\n    pass\n")
    alone = flash_folder.compiled(checkout / "lib" / "tick.py", flash_folder.MODEL)
    assert b"_in_private" in alone and b"lib/tick.mpy" in alone
    assert b"_in_private" not in flash_folder.modules()["lib/tick.mpy"]


def test_a_module_that_is_no_text_is_one_line(checkout):
    (checkout / "lib" / "tick.py").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"^lib/tick\.py: is not UTF-8: "):
        flash_folder.modules()


def test_a_checkout_without_its_scripts_is_one_line(checkout, tmp_path):
    (checkout / "main.py").unlink()
    with pytest.raises(UserError, match=r"main\.py: cannot be read"):
        flash_folder.write(tmp_path / "flash", CONFIG, CA)


@pytest.mark.parametrize("arch", [flash_folder.CHIP, flash_folder.MODEL])
def test_every_module_of_the_firmware_compiles(arch):
    sizes = flash_folder.sizes(arch)
    assert {"firmware/core.mpy", "firmware/config.mpy", "firmware/kernels/pick.mpy"} < set(sizes)
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


@pytest.mark.parametrize(
    ("source", "shown", "has_line"),
    [("lib/tick.py", "lib/tick.mpy", True), ("firmware/app.py", "firmware/core.mpy", False)],
)
def test_a_traceback_comes_over_the_serial_line_and_names_file_and_line(
    source, shown, has_line, board_model, checkout, tmp_path
):
    lines = (checkout / source).read_text() + "\n\nx = 1\nraise ValueError('no')\n"
    (checkout / source).write_text(lines)
    flash_folder.write(tmp_path / "flash", CONFIG, CA)
    board = model.start(tmp_path / "flash")
    text = board.stdout.read().decode()
    model.stop(board)
    assert "ValueError: no" in text
    *_, line = re.findall(rf'File "{shown}", line (\d+)', text)
    assert int(line) == (lines.count("\n") if has_line else 1)


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
