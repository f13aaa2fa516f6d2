"""The type check of `make lint` finds what the board does not have, and lets through what it has."""

import subprocess
import sys

import pytest

from host import ROOT

HEAD = """\
import time
from array import array

import machine
import micropython
import wsframe


@micropython.viper
def kernel(a: ptr8, b: ptr32, n: int) -> int:
    a[n] = b[n]
    return a[0]


numbers = array("i", [0])


def program():
    # Without annotations, as most of the firmware is.
    wsframe.scan(numbers, wsframe.rx_state(512), bytearray(9))
    numbers[0] = time.ticks_ms()
    machine.freq(240_000_000)
    kernel(bytearray(1), numbers, time.ticks_ms())
"""
PLANTED = {
    "time.sleep_mss(1)": 'Module has no attribute "sleep_mss"',
    "time.monotonic()": 'Module has no attribute "monotonic"',
    "machine.frequency()": 'Module has no attribute "frequency"',
    "wsframe.scann(1)": 'Module has no attribute "scann"',
    "kernel(bytearray(1), numbers)": 'Missing positional argument "n"',
    "kernel(numbers, numbers, 0)": 'Argument 1 to "kernel" has incompatible type',
    "kernel(bytearray(1), bytearray(1), 0)": 'Argument 2 to "kernel" has incompatible type',
    "kernel(bytearray(1), numbers, '0')": 'Argument 3 to "kernel" has incompatible type',
    "forgotten": 'Name "forgotten" is not defined',
}


@pytest.fixture(scope="module")
def type_check(tmp_path_factory):
    folder = tmp_path_factory.mktemp("types")

    def run(text: str) -> list[str]:
        path = folder / "planted.py"
        path.write_text(text)
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--cache-dir", folder / "cache", path],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        assert done.returncode == ("error:" in done.stdout), done.stdout
        return [line for line in done.stdout.splitlines() if "error:" in line]

    return run


def test_what_the_board_has_passes(type_check):
    assert type_check(HEAD) == []


def test_every_planted_error_is_found(type_check):
    first = HEAD.count("\n") + 1
    found = type_check(HEAD + "".join(f"    {line}\n" for line in PLANTED))
    assert len(found) == len(PLANTED), found
    for number, (error, text) in enumerate(zip(found, PLANTED.values(), strict=True)):
        assert f"planted.py:{first + number}: " in error
        assert text in error
