"""Runs the programs about REST on CPython or on the board model; gives the JSON lines that they said."""

import json
from pathlib import Path

import both_runtimes

from host.boardmodel import flash_folder, model

_PROGRAMS = Path(__file__).parent / "programs"
_TIMEOUT_S = 60


def on_cpython(program, *args):
    return [json.loads(line) for line in both_runtimes.on_cpython(_PROGRAMS / program, *args)]


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
