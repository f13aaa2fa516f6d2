"""How far a soak has come: one line that is written over on a terminal, one now and then elsewhere."""

import sys
import time

_EVERY_S = 20.0
_ON_TERMINAL_S = 0.5


class Watch:
    """On stderr, so that stdout stays the report's own."""

    def __init__(self, is_quiet: bool = False):
        self._is_quiet = is_quiet
        self._is_terminal = sys.stderr.isatty()
        self._told_s = time.monotonic()
        self._width = 0

    def tell(self, text: str) -> None:
        every_s = _ON_TERMINAL_S if self._is_terminal else _EVERY_S
        if self._is_quiet or time.monotonic() - self._told_s < every_s:
            return
        self._told_s = time.monotonic()
        if self._is_terminal:
            print(f"\r{text:<{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(text)
        else:
            self.say(text)

    def say(self, text: str) -> None:
        """A line that stays."""
        if not self._is_quiet:
            print(f"inkling soak: {text}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line that is written over."""
        if self._width:
            print(file=sys.stderr, flush=True)
            self._width = 0
