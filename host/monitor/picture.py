"""Whether the last view can be kept as a picture: asked before the watching begins."""

import os
from pathlib import Path

from host.errors import UserError


def check_picture(path: Path) -> None:
    """Raise UserError if no picture can be written to this path."""
    if path.is_dir():
        raise UserError(f"--picture {path}: is a folder; name a file")
    if path.exists() and not path.is_file():
        raise UserError(f"--picture {path}: is a device, which it would replace; name a file")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UserError(f"--picture {path}: its folder is missing or cannot be written to")
