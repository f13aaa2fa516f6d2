"""The board model: builds the 32-bit MicroPython that stands in for an ESP32, once."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from host.boardmodel import probe, sources, toolchain
from host.boardmodel.errors import ModelUnavailable
from host.cache import cache_folder
from host.errors import UserError
from host.progress import Progress

__all__ = ["ModelUnavailable", "board_model"]

VARIANT = Path(__file__).parent / "variant"
"""The port's configuration that makes it a model of the ESP32."""

# About how many files each half compiles (1.25.0), for the length of the bar.
_MPY_CROSS_FILES = 131
_UNIX_FILES = 309

# Set by a surrounding `make demo` or a build environment; they would change what is built.
_NOT_FOR_MAKE = re.compile(
    r"MAKE.*|MFLAGS|CC|CXX|LD|.*CFLAGS|.*CPPFLAGS|LDFLAGS.*|MICROPY.*|BUILD|V|DEBUG"
)


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
    with _only_one_builds(cache, progress):
        # Whoever held the lock may have built it meanwhile.
        return (None if rebuild else _cached(cache, key)) or _build(cache, source, key, progress)


def _recipe() -> str:
    """Changes when what is built from the same source would be another program."""
    files = (path for kind in ("c", "h", "mk", "py") for path in VARIANT.rglob(f"*.{kind}"))
    texts = [(path.relative_to(VARIANT), path.read_bytes()) for path in sorted(files)]
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:8]


def _cached(cache: Path, key: str) -> Path | None:
    """The newest build of this key that still runs (a 32-bit libc can be removed under it)."""
    built = cache.glob(f"{key}-{_recipe()}/micropython")
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
        tree, key = _source_tree(source, key, work, progress)
        binary = _compile(tree, work, log, progress)
        _prove(binary, log)
        final = cache / f"{key}-{_recipe()}" / "micropython"
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


def _source_tree(source: str | None, key: str, work: Path, progress: Progress) -> tuple[Path, str]:
    if source:
        with progress.step(f"unpacking {source}"):
            return sources.own_tree(Path(source), work), key
    with progress.step("fetching MicroPython's and mbedTLS's source from Debian (22 MB)"):
        version = sources.fetch_debian(work)
    with progress.step("unpacking"):
        return sources.unpack_debian(work), f"debian-{version}"


def _compile(tree: Path, work: Path, log: Path, progress: Progress) -> Path:
    """Compile outside the source tree, which may be the user's own."""
    mpy_cross, unix, no_lib = work / "mpy-cross-build", work / "unix-build", work / "no-lib"
    no_lib.mkdir()
    (
        no_lib / "README.md"
    ).touch()  # all that the Makefile looks for, and nothing is frozen from there
    with progress.step("compiling mpy-cross", _MPY_CROSS_FILES) as advance:
        _make(tree / "mpy-cross", log, advance, f"BUILD={mpy_cross}")
    with progress.step("compiling MicroPython", _UNIX_FILES) as advance:
        _make(
            tree / "ports" / "unix",
            log,
            advance,
            f"BUILD={unix}",
            "VARIANT=inkling",
            f"VARIANT_DIR={VARIANT}",
            f"MPY_LIB_DIR={no_lib}",
            f"MICROPY_MPYCROSS={mpy_cross / 'mpy-cross'}",
            "MICROPY_MPYCROSS_DEPENDENCY=",
        )
    return unix / "micropython"


def _make(folder: Path, log: Path, advance: Callable[[], None], *settings: str) -> None:
    """Run make, its output into the log; `advance` once for every file it compiles."""
    environment = {k: v for k, v in os.environ.items() if not _NOT_FOR_MAKE.fullmatch(k)}
    command = ["make", "-C", str(folder), f"-j{os.cpu_count() or 1}", f"PYTHON={sys.executable}"]
    with (
        log.open("ab") as out,
        subprocess.Popen(
            [*command, *settings],
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
def _only_one_builds(cache: Path, progress: Progress) -> Iterator[None]:
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("another process is building the board model; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
