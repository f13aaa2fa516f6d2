"""Builds the board model with the module `fence`, as one static program that valgrind can run without more packages."""

import hashlib
import os
import shutil
from pathlib import Path

from host.boardmodel import build, toolchain
from host.boardmodel.errors import ModelUnavailable
from host.cache import cache_folder
from host.progress import Progress

_FENCE = Path(__file__).parent / "fence" / "fence.c"


def fenced_model(progress: Progress) -> Path:
    """The program, built when it is not in the cache; raises as `board_model` does."""
    cache = cache_folder("fuzz") / "model"
    cache.mkdir(exist_ok=True)
    recipe = hashlib.sha256(build._recipe().encode() + _FENCE.read_bytes()).hexdigest()[:12]
    binary = cache / recipe / "micropython"
    with build._only_one_builds(cache, progress):
        if not binary.exists():
            _build(cache, binary, progress)
    return binary


def _build(cache: Path, binary: Path, progress: Progress) -> None:
    log = cache / "build.log"
    log.write_bytes(b"")
    work = cache / "building"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        toolchain.ensure(progress, log)
        progress.say("building the board model with fences; half a minute or so, once")
        source = os.environ.get("INKLING_MICROPYTHON_SRC")
        tree, _ = build._source_tree(source, "", work, progress)
        built = _compile(tree, work, log)
        binary.parent.mkdir(exist_ok=True)
        built.replace(binary)
    except OSError as error:
        raise ModelUnavailable(f"no board model with fences in {cache}: {error}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _compile(tree: Path, work: Path, log: Path) -> Path:
    """As the board model itself is compiled, of a variant with one file more."""
    variant, unix, cross, no_lib = (
        work / name for name in ("variant", "unix-build", "mpy-cross-build", "no-lib")
    )
    shutil.copytree(build.VARIANT, variant)
    shutil.copy(_FENCE, variant)
    no_lib.mkdir()
    (no_lib / "README.md").touch()
    build._make(tree / "mpy-cross", log, lambda: None, f"BUILD={cross}")
    build._make(
        tree / "ports" / "unix",
        log,
        lambda: None,
        f"BUILD={unix}",
        "VARIANT=inkling",
        f"VARIANT_DIR={variant}",
        f"MPY_LIB_DIR={no_lib}",
        f"MICROPY_MPYCROSS={cross / 'mpy-cross'}",
        "MICROPY_MPYCROSS_DEPENDENCY=",
        "LDFLAGS_EXTRA=-static",
    )
    return unix / "micropython"
