"""`inkling` run in this very process, where nothing has to be loaded again."""

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

from host import cli


class Done(NamedTuple):
    """What became of a command."""

    returncode: int
    stdout: str
    stderr: str


def inkling(*args):
    """The command: its exit status, and what it said."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = cli.main(list(map(str, args)))
        except SystemExit as ended:
            status = ended.code
    out.flush()
    err.flush()
    # Whoever is the first after a change compiles, and says so; a step's title is its progress.
    beside = ("inkling: compiling", "Packing ", "Reading the feed")
    said = err.buffer.getvalue().decode().splitlines(keepends=True)
    return Done(
        status,
        out.buffer.getvalue().decode(),
        "".join(line for line in said if not line.startswith(beside)),
    )
