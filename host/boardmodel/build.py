"""The board model: builds the 32-bit MicroPython that stands in for an ESP32, once."""

import hashlib
import os
import shutil
from pathlib import Path

from host.boardmodel import probe, sources, toolchain
from host.boardmodel.compiling import compile_variant, only_one_builds, source_tree
from host.boardmodel.errors import ModelUnavailable
from host.cache import cache_folder
from host.errors import UserError
from host.progress import Progress

__all__ = ["ModelUnavailable", "board_model"]

VARIANT = Path(__file__).parent / "variant"
"""The port's configuration that makes it a model of the ESP32."""


def board_model(progress: Progress | None = None, rebuild: bool = False) -> Path:
    """The board model's `micropython`, built when it is not in the cache.

        binary = board_model()

    `INKLING_MICROPYTHON` names a binary to use as it is, `INKLING_MICROPYTHON_SRC` a source
    tree or tarball to build instead of Debian's. Raises ModelUnavailable when it cannot be built
    here, UserError when what those name is no good.
    """
    given = os.environ.get("INKLING_MICROPYTHON")
    if given:
        try:
            probe.require(Path(given))
        except UserError as error:
            raise UserError(f"INKLING_MICROPYTHON={error}") from None
        return Path(given).absolute()
    source = os.environ.get("INKLING_MICROPYTHON_SRC")
    cache = cache_folder("board-model")
    key = f"own-{sources.own_source_key(Path(source))}" if source else "debian-*"
    binary = None if rebuild else _cached(cache, key)
    if binary:
        return binary
    progress = progress or Progress()
    with only_one_builds(cache, progress):
        # Whoever held the lock may have built it meanwhile.
        return (None if rebuild else _cached(cache, key)) or _build(cache, source, key, progress)


def recipe() -> str:
    """Changes when what is built from the same source would be another program."""
    files = (path for kind in ("c", "h", "mk", "py") for path in VARIANT.rglob(f"*.{kind}"))
    texts = [(path.relative_to(VARIANT), path.read_bytes()) for path in sorted(files)]
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:8]


def _cached(cache: Path, key: str) -> Path | None:
    """The newest build of this key that still runs (a 32-bit libc can be removed under it)."""
    built = cache.glob(f"{key}-{recipe()}/micropython")
    for binary in sorted(built, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            probe.require(binary)
        except UserError:
            continue
        return binary
    return None


def _build(cache: Path, source: str | None, key: str, progress: Progress) -> Path:
    log = cache / "build.log"
    log.write_bytes(b"")
    work = cache / "building"
    shutil.rmtree(work, ignore_errors=True)  # left by a build that was killed
    work.mkdir()
    try:
        toolchain.ensure(progress, log)
        progress.say("building the board model, a 32-bit MicroPython; half a minute or so, once")
        tree, version = source_tree(source, work, progress)
        key = f"debian-{version}" if version else key
        binary = compile_variant(tree, VARIANT, work, log, progress)
        _prove(binary, log)
        final = cache / f"{key}-{recipe()}" / "micropython"
        final.parent.mkdir(exist_ok=True)
        return binary.replace(final)
    except OSError as error:
        raise ModelUnavailable(f"the board model cannot be built in {cache}: {error}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _prove(binary: Path, log: Path) -> None:
    try:
        probe.require(binary)
    except UserError as error:
        what = str(error).removeprefix(f"{binary}: ")
        raise ModelUnavailable(f"the board model was built, but is {what} (see {log})") from None
