"""Where built and compiled things stay between runs: a folder outside the clone."""

import errno
import os
import shutil
from pathlib import Path

from host.errors import UserError


def cache_folder(name: str) -> Path:
    """`~/.cache/inkling/<name>` (or below `$XDG_CACHE_HOME`), made when missing."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():  # unset, or against the XDG rules
        base = Path.home() / ".cache"
    folder = base / "inkling" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be made ({error.strerror}); set XDG_CACHE_HOME to a folder you own"
        ) from None
    return folder


def write_beside(path: Path, data: bytes) -> None:
    """Write a file so that no reader ever sees half of it; raises OSError, also for a device or a folder."""
    path = path.resolve()  # a link stays one
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not an ordinary file", str(path))
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    if path.exists():
        shutil.copymode(path, beside)
    beside.replace(path)
