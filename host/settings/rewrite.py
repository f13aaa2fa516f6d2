"""Rewrites inkling.toml: one change, its comments kept, and nothing written unless what comes out is good."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from host.errors import UserError


class Rewrite:
    """The file as it will be, known to be good; `result` is what the change returned.

        rewrite = Rewrite(path, lambda document: document.pop("depth", None))
        rewrite.write()

    Raises UserError; then nothing is changed.
    """

    def __init__(self, path: Path | None, change: Callable[[Any], Any]) -> None:
        import tomlkit
        from tomlkit.exceptions import ParseError

        from host import ROOT
        from host.settings import project

        self.path = path = path or ROOT / project.FILE
        if path.exists() and not path.is_file():
            raise UserError(f"{path}: is not a file; nothing changed")
        self._before = ""
        try:
            self._before = path.read_bytes().decode() if path.exists() else ""
            document = tomlkit.parse(self._before)
        except ParseError:
            project.parse(self._before, path)  # which says it with file and line
            raise
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise UserError(f"{path}: is not UTF-8 text; save it as such") from None
        ca_before = document.get("ca")
        self.result = change(document)
        self._after = tomlkit.dumps(document)
        if self._after == self._before:
            return
        try:
            settings = project.parse(self._after, path)
            if document.get("ca") != ca_before:
                settings.check_ca()
        except UserError as error:
            raise UserError(
                f"{_first_trouble(self._before, path) or _unplaced(error, path)}; nothing changed"
            ) from None
        if path.exists() and not os.access(path, os.W_OK):
            raise UserError(f"{path}: is read-only; nothing changed")

    def write(self) -> None:
        """Write it, in one step; raises UserError."""
        from host.cache import write_beside

        if self._after == self._before:
            return
        try:
            write_beside(self.path.resolve(), self._after.encode())  # a link stays a link
        except OSError as error:
            raise UserError(
                f"{self.path}: cannot be written ({error.strerror}); nothing changed"
            ) from None


def _first_trouble(text: str, path: Path) -> str:
    """What was wrong with this file already, before anything was changed; empty if it was good."""
    from host.settings import project

    try:
        project.parse(text, path)
    except UserError as error:
        return str(error)
    return ""


def _unplaced(error: UserError, path: Path) -> str:
    """What was asked for stands in no line of the file."""
    return re.sub(r"^(:\d+)?: ", "", str(error).removeprefix(str(path)))
