"""Gets MicroPython's source, mbedTLS included: from Debian, or a tree or tarball of the user's."""

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from host.boardmodel.errors import ModelUnavailable
from host.errors import UserError

# In order of preference: stable stays on the mirrors for years, the others always carry something.
SUITES = ("trixie", "forky", "sid")

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
APT_FOLDER = Path("/etc/apt")

_INSTEAD = (
    "set INKLING_MICROPYTHON_SRC to a MicroPython source tree or release tarball, "
    "or INKLING_MICROPYTHON to a built one"
)


class _SuiteLacksIt(Exception):
    """This suite has no such package, or the mirror no such suite."""


def fetch_debian(folder: Path) -> str:
    """Download the source packages into `folder`; returns their versions as one word."""
    if shutil.which("apt-get") is None:
        raise ModelUnavailable(f"no apt-get here to fetch MicroPython's source with: {_INSTEAD}")
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    if keyring is None:
        raise ModelUnavailable(
            f"Debian's archive keys are missing: install debian-archive-keyring, or {_INSTEAD}"
        )
    mirror = system_mirror()
    for suite in SUITES:
        try:
            _apt_source(folder, mirror, suite, keyring)
        except _SuiteLacksIt:
            continue
        return f"{_version(folder, 'micropython')}-mbedtls-{_version(folder, 'mbedtls')}"
    raise ModelUnavailable(
        f"{mirror}: has micropython's source in none of {', '.join(SUITES)}; {_INSTEAD}"
    )


def system_mirror(apt_folder: Path = APT_FOLDER) -> str:
    """The Debian mirror that this system uses already: its administrator chose it.

    Raises ModelUnavailable where there is none.
    """
    lists = [*apt_folder.glob("sources.list.d/*"), apt_folder / "sources.list"]
    for path in sorted(lists):
        if not path.is_file():
            continue
        for line in path.read_text(errors="replace").splitlines():
            for word in line.split("#")[0].split():
                address = word.rstrip("/")
                if re.match(r"https?://\S+/debian$|mirror\+file:\S*debian\S*$", address) and (
                    "security" not in address
                ):
                    return address
    raise ModelUnavailable(
        f"{apt_folder} names no Debian mirror to fetch MicroPython's source from; "
        "set INKLING_MICROPYTHON_SRC to a source tree or release tarball"
    )


def _apt_source(folder: Path, mirror: str, suite: str, keyring: Path) -> None:
    """`apt-get source` with package lists of its own, so that the system's stay as they are."""
    apt = folder / f"apt-{suite}"
    for name in ("sources", "lists/partial", "cache"):
        (apt / name).mkdir(parents=True, exist_ok=True)
    (apt / "sources" / "inkling.sources").write_text(
        f"Types: deb-src\nURIs: {mirror}\nSuites: {suite}\n"
        f"Components: main\nSigned-By: {keyring}\n"
    )
    options = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": apt / "sources",
        "Dir::State::lists": apt / "lists",
        "Dir::Cache": apt / "cache",
        "APT::Sandbox::User": "root",  # the user _apt could not write here
        "APT::Update::Error-Mode": "any",  # a mirror out of reach is an error, not a warning
        "Acquire::Retries": 1,
        "Acquire::http::Timeout": 20,
    }
    base = ["apt-get", "-q"]
    for name, value in options.items():
        base += ["-o", f"{name}={value}"]
    try:
        _apt_get([*base, "update"], folder, mirror)
        _apt_get([*base, "source", "--download-only", "micropython", "mbedtls"], folder, mirror)
    finally:
        shutil.rmtree(apt)


def _apt_get(command: list[str], folder: Path, mirror: str) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **_proxies()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return
    if re.search(r"404|does not have a Release file|Unable to find a source", done.stderr):
        raise _SuiteLacksIt
    why = re.findall(r"^[EW]: (.*?)\s*$", done.stderr, re.MULTILINE)
    raise ModelUnavailable(
        f"MicroPython's source cannot be fetched ({why[0] if why else 'apt-get failed'}): "
        f"is {mirror} within reach? If not, {_INSTEAD}"
    )


def _proxies() -> dict[str, str]:

    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def _version(folder: Path, package: str) -> str:
    return _one(folder, f"{package}_*.dsc").stem.partition("_")[2]


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise ModelUnavailable(f"Debian's source packages came without {pattern}; {_INSTEAD}")
    return found[-1]


def unpack_debian(folder: Path) -> Path:
    """Unpack what `fetch_debian` left in `folder` into one tree, mbedTLS in its place."""
    tree = _unpack(_one(folder, "micropython_*.orig.tar.*"), folder / "micropython")
    mbedtls = _unpack(_one(folder, "mbedtls_*.orig.tar.*"), folder / "mbedtls")
    shutil.rmtree(tree / "lib" / "mbedtls", ignore_errors=True)
    mbedtls.rename(tree / "lib" / "mbedtls")
    return tree


def own_source_key(source: Path) -> str:
    """Tells the user's sources apart: a tarball by size and date, a tree by its version."""
    if not source.exists():
        raise UserError(f"INKLING_MICROPYTHON_SRC={source}: no such file or folder")
    marks: list[object] = [source.resolve()]
    if source.is_dir():
        config = source / "py" / "mpconfig.h"
        marks.append(config.read_bytes() if config.exists() else b"")
    else:
        stat = source.stat()
        marks += [stat.st_size, stat.st_mtime_ns]
    name = re.sub(r"[^\w.+-]", "_", source.resolve().name)  # it will be part of a glob pattern
    return f"{name}-{hashlib.sha256(repr(marks).encode()).hexdigest()[:8]}"


def own_tree(source: Path, folder: Path) -> Path:
    """The user's tree, unpacked into `folder` when it is a tarball, checked for being complete."""
    tree = source if source.is_dir() else _unpack(source, folder / "micropython")
    for needed, remedy in (
        ("ports/unix/Makefile", "give the top of a MicroPython source tree"),
        ("lib/mbedtls/library/ssl_tls.c", "run `make -C ports/unix submodules` in it first"),
    ):
        if not (tree / needed).exists():
            raise UserError(f"INKLING_MICROPYTHON_SRC={source}: has no {needed}; {remedy}")
    return tree.resolve()


def _unpack(archive: Path, into: Path) -> Path:
    """Unpack a tarball; returns the one folder that is in it."""
    try:
        with tarfile.open(archive) as tar:
            # Pythons before 3.11.4 lack the filter; the tarballs are signed, or the user's own.
            tar.extractall(into, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    except (tarfile.TarError, EOFError, OSError) as error:
        why = str(error).splitlines()[0].rstrip(":")
        raise UserError(f"{archive}: cannot be unpacked ({why})") from None
    inside = list(into.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else into
