"""Every command that the README shows is run, as it stands there, only shorter."""

import os
import re
import shutil
import subprocess

import pytest

from host import ROOT
from host.exchange.recording import record_market

# What makes a command end sooner, or not at all: this very test run is the README's `make test`.
_SHORTER = {
    "make demo": "make demo SECONDS=4",
    "make bench": "make bench ARGS=--quick",
}
_THIS = "make test"

COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for line in block.splitlines()
]


def test_the_readme_has_commands_and_ci_runs_the_test_command():
    assert _THIS in COMMANDS
    assert _THIS in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("command", [line for line in COMMANDS if line != _THIS])
def test_a_command_of_the_readme(command, board_model, tmp_path):
    record_market(tmp_path / "feed.jsonl", seconds=20)
    command = _SHORTER.get(command, command).replace(".venv/bin", str(ROOT / ".venv" / "bin"))
    # The outer make's flags are not for the inner one.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        command,
        shell=True,
        cwd=ROOT if command.startswith("make") else tmp_path,
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
    for target in ("setup", "demo", "replay", "test", "bench", "lint"):
        assert re.search(rf"make {target} +\w", done.stdout), target
