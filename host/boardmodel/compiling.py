"""Compiles MicroPython's port with one of our variants of it: where its source comes from, its two programs, a log."""

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from host.boardmodel import sources
from host.boardmodel.errors import ModelUnavailable
from host.progress import Progress

# About how many files each half compiles (1.25.0), for the length of the bar.
_MPY_CROSS_FILES = 131
_UNIX_FILES = 309

# Set by a surrounding `make demo` or a build environment; they would change what is built.
_NOT_FOR_MAKE = re.compile(
    r"MAKE.*|MFLAGS|CC|CXX|LD|.*CFLAGS|.*CPPFLAGS|LDFLAGS.*|MICROPY.*|BUILD|V|DEBUG"
)


def source_tree(source: str | None, work: Path, progress: Progress) -> tuple[Path, str | None]:
    """The user's own `source` unpacked in `work`, or Debian's with its version; raises as `sources` does."""
    if source:
        with progress.step(f"unpacking {source}"):
            return sources.own_tree(Path(source), work), None
    with progress.step("fetching MicroPython's and mbedTLS's source from Debian (22 MB)"):
        version = sources.fetch_debian(work)
    with progress.step("unpacking"):
        return sources.unpack_debian(work), version


def compile_variant(
    tree: Path, variant: Path, work: Path, log: Path, progress: Progress, *settings: str
) -> Path:
    """The program of `variant`, by `make` with `settings`; outside the tree, which may be the user's own.

    Raises ModelUnavailable.
    """
    mpy_cross, unix, no_lib = work / "mpy-cross-build", work / "unix-build", work / "no-lib"
    no_lib.mkdir()
    # All that the Makefile looks for, and nothing is frozen from there.
    (no_lib / "README.md").touch()
    with progress.step("compiling mpy-cross", _MPY_CROSS_FILES) as advance:
        _make(tree / "mpy-cross", log, advance, f"BUILD={mpy_cross}")
    with progress.step("compiling MicroPython", _UNIX_FILES) as advance:
        _make(
            tree / "ports" / "unix",
            log,
            advance,
            f"BUILD={unix}",
            "VARIANT=inkling",
            f"VARIANT_DIR={variant}",
            f"MPY_LIB_DIR={no_lib}",
            f"MICROPY_MPYCROSS={mpy_cross / 'mpy-cross'}",
            "MICROPY_MPYCROSS_DEPENDENCY=",
            *settings,
        )
    return unix / "micropython"


def _make(folder: Path, log: Path, advance: Callable[[], None], *settings: str) -> None:
    """Run make, its output into the log; `advance` once for every file it compiles."""
    environment = {k: v for k, v in os.environ.items() if not _NOT_FOR_MAKE.fullmatch(k)}
    command = ["make", "-C", str(folder), f"-j{os.cpu_count() or 1}", f"PYTHON={sys.executable}"]
    with (
        log.open("ab") as out,
        subprocess.Popen(
            # The target by its name, since a rule of the variant may come before it.
            [*command, *settings, "all"],
            env={**environment, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as make,
    ):
        assert make.stdout
        for line in make.stdout:
            out.write(line)
            if line.startswith(b"CC "):
                advance()
    if make.returncode:
        raise ModelUnavailable(f"compiling {folder.name} failed: see the end of {log}")


@contextmanager
def only_one_builds(cache: Path, progress: Progress) -> Iterator[None]:
    """Waits for another process that builds in the folder `cache`, and says so."""
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("another process is building the board model; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
