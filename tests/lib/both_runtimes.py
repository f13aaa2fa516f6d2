"""Runs a program of programs/ on CPython or on the board model; gives the lines that it said."""

import asyncio
import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from host import ROOT

_PROGRAMS = Path(__file__).parent / "programs"
_TIMEOUT_S = 60

sys.path.append(str(_PROGRAMS))  # as the board has it: what stands beside a program


def on_cpython(program, *args):
    lines = []
    asyncio.run(
        asyncio.wait_for(_load(program).run([str(a) for a in args], lines.append), _TIMEOUT_S)
    )
    return lines


def on_board(binary, program, *args):
    done = subprocess.run(
        [binary, "-X", "heapsize=56k", _PROGRAMS / program, *map(str, args)],
        env=dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'lib'}"),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@cache
def _load(program):
    spec = importlib.util.spec_from_file_location(Path(program).stem, _PROGRAMS / program)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
