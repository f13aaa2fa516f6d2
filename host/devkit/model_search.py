"""Finds the board model, or builds it, without keeping a chip from being reset meanwhile."""

import threading
from pathlib import Path

from host.boardmodel.build import board_model
from host.errors import UserError


class ModelSearch:
    """Begun when first asked for; `changed` is notified when it is over.

    search = ModelSearch(changed)
    changed.wait_for(search.over)
    binary = search.result()
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._begun = False
        self._found: Path | UserError | None = None

    def over(self) -> bool:
        """Call it with the condition held."""
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._search, name="model search", daemon=True).start()
        return self._found is not None

    def result(self) -> Path:
        """The binary; raises the UserError that says why there is none."""
        assert self._found is not None
        if isinstance(self._found, UserError):
            raise self._found
        return self._found

    def _search(self) -> None:
        found: Path | UserError
        try:
            found = board_model()
        except UserError as error:
            found = error
        with self._changed:
            self._found = found
            self._changed.notify_all()
