"""The counting model: the board model built once more, with an interpreter that counts its bytecode operations."""

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from host.boardmodel import build, toolchain
from host.boardmodel.compiling import compile_variant, source_tree
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
    progress.say("building the counting model, once; a minute or so")
    with tempfile.TemporaryDirectory(dir=place) as folder:
        log.write_bytes(b"")
        toolchain.ensure(progress, log)
        work = Path(folder)
        tree, _ = source_tree(os.environ.get("INKLING_MICROPYTHON_SRC"), work, progress)
        variant = work / "variant"
        _write_variant(variant, tree)
        binary = compile_variant(tree, variant, work, log, progress)
        binary.replace(place / _BINARY)
    return place / _BINARY


def _place() -> Path:
    """Another folder when the board model, or what is added to it here, is another one."""
    model = build.board_model().parent.name
    own = [_COUNTED, *(path.read_bytes() for path in sorted(_PARTS.iterdir()))]
    mark = hashlib.sha256(repr(own).encode()).hexdigest()[:8]
    return cache_folder(f"counting-model/{model}-{mark}")


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
