"""Every command that the README shows is run, as it stands there, only shorter."""

import os
import re
import shutil
import subprocess

import pytest

from host import ROOT

# What makes a command end sooner, or not at all: this very test run is the README's `make test`.
_SHORTER = {
    "make demo": "make demo SECONDS=4",
    "make bench": "make bench ARGS=--quick",
    ".venv/bin/inkling demo --seconds 10 --record feed.zst": (
        ".venv/bin/inkling demo --seconds 6 --record feed.zst"
    ),
}
_THIS = "make test"

BLOCKS = [
    block.splitlines()
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
]


def test_the_readme_has_commands_and_ci_runs_the_test_command():
    assert any(_THIS in block for block in BLOCKS)
    assert _THIS in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("block", BLOCKS, ids=" ; ".join)
def test_a_block_of_the_readme_in_its_order(block, board_model, tmp_path):
    for command in block:
        if command != _THIS:
            run(command, tmp_path)


def run(command, folder):
    command = _SHORTER.get(command, command).replace(".venv/bin", str(ROOT / ".venv" / "bin"))
    # The outer make's flags are not for the inner one.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        command,
        shell=True,
        cwd=ROOT if command.startswith("make") else folder,
        env=clean,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_make_alone_says_what_there_is():
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in (
        "setup",
        "demo",
        "flash",
        "monitor",
        "doctor",
        "pull",
        "devkit",
        "replay",
        "test",
        "bench",
        "lint",
    ):
        assert re.search(rf"make {target} +\w", done.stdout), target
