"""Builds the board model with the module `fence`, as one static program that valgrind can run without more packages."""

import hashlib
import os
import shutil
from pathlib import Path

from host.boardmodel import build, toolchain
from host.boardmodel.compiling import compile_variant, only_one_builds, source_tree
from host.boardmodel.errors import ModelUnavailable
from host.cache import cache_folder
from host.progress import Progress

_FENCE = Path(__file__).parent / "fence" / "fence.c"


def fenced_model(progress: Progress) -> Path:
    """The program, built when it is not in the cache; raises as `board_model` does."""
    cache = cache_folder("fuzz") / "model"
    cache.mkdir(exist_ok=True)
    recipe = hashlib.sha256(build.recipe().encode() + _FENCE.read_bytes()).hexdigest()[:12]
    binary = cache / recipe / "micropython"
    with only_one_builds(cache, progress):
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
        tree, _ = source_tree(source, work, progress)
        variant = work / "variant"
        shutil.copytree(build.VARIANT, variant)
        shutil.copy(_FENCE, variant)
        built = compile_variant(tree, variant, work, log, progress, "LDFLAGS_EXTRA=-static")
        binary.parent.mkdir(exist_ok=True)
        built.replace(binary)
    except OSError as error:
        raise ModelUnavailable(f"no board model with fences in {cache}: {error}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
