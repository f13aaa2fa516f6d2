"""Keeps a board to one command: between two tools its port is free, and a second command would come in there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from host.board import ports
from host.cache import cache_folder
from host.errors import UserError


@contextmanager
def claim(port: str) -> Iterator[None]:
    """Have the board for as long as the block lasts; raises UserError if another command has it."""
    name = port if port.startswith(ports.URL_SCHEMES) else os.path.realpath(port)
    file = cache_folder("ports") / quote(name, safe="")
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UserError(
            f"{file}: cannot be written ({error.strerror}); make room, or set XDG_CACHE_HOME"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise UserError(
            f"{port}: another inkling command is at work on this board; let it end first"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)
