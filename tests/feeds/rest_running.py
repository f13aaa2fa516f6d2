"""Runs the programs about REST on CPython or on the board model; gives the JSON lines that they said."""

import asyncio
import importlib.util
import json
import sys
from functools import cache
from pathlib import Path

from host import ROOT
from host.boardmodel import flash_folder, model

_PROGRAMS = Path(__file__).parent / "programs"
_TIMEOUT_S = 60

sys.path.append(str(ROOT / "tests" / "lib"))  # the other end of the line


def on_cpython(program, *args):
    lines = []
    running = _load(program).run([str(arg) for arg in args], lines.append)
    asyncio.run(asyncio.wait_for(running, _TIMEOUT_S))
    return [json.loads(line) for line in lines]


def on_board(folder):
    """A runner for the compiled modules, laid out in `folder`, in the heap that the chip has."""
    flash_folder.write(folder, {}, b"")

    def run(program, *args):
        said = model.run_script(
            _PROGRAMS / program,
            *args,
            heap_bytes=model.HEAP_BYTES,
            folder=folder,
            timeout_s=_TIMEOUT_S,
        )
        return [json.loads(line) for line in said.splitlines()]

    return run


@cache
def _load(program):
    spec = importlib.util.spec_from_file_location(Path(program).stem, _PROGRAMS / program)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
