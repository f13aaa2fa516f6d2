"""Where built and compiled things stay between runs: a folder outside the clone."""

import os
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
    """Write a file so that no reader ever sees half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
