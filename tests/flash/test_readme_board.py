"""The README's board section: its commands, run as they stand there against a virtual board."""

import os
import re
import subprocess

import pytest
from flashing import WIFI

from host import ROOT

_TIMEOUT_S = 180
_README = (ROOT / "README.md").read_text()
# Indented, because they need a board; those between fences are run by tests/demo.
COMMANDS = re.findall(r"^    (make .*|mpremote .*)$", _README, re.MULTILINE)
# What a user has who types them: one board, and the exchange of the settings.
_HERE = {
    "make flash": "make flash PORT={port} FIRMWARE={firmware} CONFIG={settings}",
    "make monitor": 'make monitor PORT={port} ARGS="--seconds 4"',
}


def run(command, kit, firmware_file, settings, answers=""):
    values = {"port": kit.url, "firmware": firmware_file, "settings": settings}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        command.format(**values),
        shell=True,
        cwd=ROOT,
        env=clean | WIFI,
        input=answers,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_the_section_has_the_commands_that_are_run_here():
    kinds = {" ".join(command.split()[:2]) for command in COMMANDS}
    assert kinds == {"make flash", "make monitor", "mpremote mip"}  # mip: test_package.py


def test_flash_then_monitor_then_doctor_on_a_bare_board(bare, firmware_file, settings):
    flashed = run(_HERE["make flash"], bare, firmware_file, settings)
    assert flashed.returncode == 0, flashed.stderr
    watched = run(_HERE["make monitor"], bare, firmware_file, settings)
    assert watched.returncode == 0, watched.stderr
    assert re.search(r"BTC/USD .*LIVE .* bid \d", watched.stdout)
    doctor = run('make doctor PORT={port} ARGS="--config {settings}"', bare, None, settings)
    assert "fail" not in doctor.stdout
    assert re.search(r"ok +application +all \d+ files as in the checkout", doctor.stdout)


@pytest.mark.parametrize("shown", [text for text in COMMANDS if "rfc2217" in text])
def test_the_page_of_make_devkit_says_what_the_readme_shows(shown, board_model, tmp_path):
    arguments = f'make devkit ARGS="--board {tmp_path} --tcp-port 0"'
    page = subprocess.run(
        arguments,
        shell=True,
        cwd=ROOT,
        input="help\nquit\n",
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=True,
    ).stdout
    wanted = re.escape(shown).replace(r"\.\.\.", r"\S+").replace(":4000", r":\d+")
    assert re.search(wanted, page), page
    assert "cable out|in" in page
