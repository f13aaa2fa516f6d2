"""The counting model: the board model built once more, with an interpreter that counts its bytecode operations."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from host.boardmodel import build, sources, toolchain
from host.boardmodel.errors import ModelUnavailable
from host.cache import cache_folder
from host.progress import Progress

_PARTS = Path(__file__).parent / "counting"
_PROGRAM = "INKLING_MICROPYTHON"
_BINARY = "micropython"
_MAKEFILE = "mpconfigvariant.mk"

# What the interpreter does before each operation, which is nothing in a build like any other.
_BEFORE_EACH = re.compile(r"^#define TRACE\(ip\)$", re.MULTILINE)
_COUNTED = "extern __thread unsigned bytecode_operations;\n#define TRACE(ip) ++bytecode_operations"


def cached() -> Path | None:
    """The counting model of the board model that is in use; None if it has not been built, or cannot be."""
    if os.environ.get(_PROGRAM):
        return None
    binary = _place() / _BINARY
    return binary if binary.exists() else None


def counting_model(progress: Progress) -> Path:
    """The same, built when it is not in the cache, which takes a minute. Raises ModelUnavailable."""
    if os.environ.get(_PROGRAM):
        raise ModelUnavailable(f"{_PROGRAM} names a program; counting needs its source")
    if found := cached():
        return found
    place = _place()
    log = place / "build.log"
    with (
        progress.step("building the counting model, once; a minute or so"),
        tempfile.TemporaryDirectory(dir=place) as folder,
    ):
        log.write_bytes(b"")
        toolchain.ensure(progress, log)
        work = Path(folder)
        binary = _compile(_source_tree(work), work, log)
        binary.replace(place / _BINARY)
    return place / _BINARY


def _place() -> Path:
    """Another folder when the board model, or what is added to it here, is another one."""
    model = build.board_model().parent.name
    own = [_COUNTED, *(path.read_bytes() for path in sorted(_PARTS.iterdir()))]
    mark = hashlib.sha256(repr(own).encode()).hexdigest()[:8]
    return cache_folder(f"counting-model/{model}-{mark}")


def _source_tree(work: Path) -> Path:
    source = os.environ.get("INKLING_MICROPYTHON_SRC")
    if source:
        return sources.own_tree(Path(source), work)
    sources.fetch_debian(work)
    return sources.unpack_debian(work)


def _compile(tree: Path, work: Path, log: Path) -> Path:
    """Outside the tree, which may be the user's own."""
    variant, mpy_cross, unix, no_lib = (
        work / name for name in ("variant", "mpy-cross-build", "unix-build", "no-lib")
    )
    no_lib.mkdir()
    (no_lib / "README.md").touch()
    _write_variant(variant, tree)
    _make(tree / "mpy-cross", log, f"BUILD={mpy_cross}")
    _make(
        tree / "ports" / "unix",
        log,
        f"BUILD={unix}",
        "VARIANT=inkling",
        f"VARIANT_DIR={variant}",
        f"MPY_LIB_DIR={no_lib}",
        f"MICROPY_MPYCROSS={mpy_cross / 'mpy-cross'}",
        "MICROPY_MPYCROSS_DEPENDENCY=",
    )
    return unix / _BINARY


def _write_variant(variant: Path, tree: Path) -> None:
    """The board model's configuration, and what counts."""
    shutil.copytree(build.VARIANT, variant)
    shutil.copy(_PARTS / "counting.c", variant)
    with (variant / _MAKEFILE).open("a") as file:
        file.write((_PARTS / "counting.mk").read_text())
    text, found = _BEFORE_EACH.subn(_COUNTED, (tree / "py" / "vm.c").read_text())
    if found != 1:
        raise ModelUnavailable("this MicroPython's py/vm.c is not one that can be made to count")
    (variant / "loop").mkdir()
    (variant / "loop" / "vm.c").write_text(text)


def _make(folder: Path, log: Path, *settings: str) -> None:
    jobs = f"-j{os.cpu_count() or 1}"
    # By its name, since a rule in counting.mk may come before it.
    command = ["make", "-C", folder, jobs, f"PYTHON={sys.executable}", "all"]
    with log.open("ab") as out:
        done = subprocess.run(
            [*command, *settings],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise ModelUnavailable(f"compiling the counting model failed: see the end of {log}")
