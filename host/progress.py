"""How a long step shows itself: a bar on a terminal, a plain line elsewhere."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_PART_BYTES = 1 << 20


class Progress:
    """Lines and bars on stderr, so that stdout stays the command's own."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def say(self, text: str) -> None:
        """One line that stays."""
        print(text, file=self._stream, flush=True)

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Callable[[], None]]:
        """Name a step and yield what to call for each of its `total` parts (None: unknown)."""
        if not self._stream.isatty():
            self.say(title)
            yield lambda: None
            return
        from rich import progress as rich_progress
        from rich.console import Console

        bar = rich_progress.Progress(
            rich_progress.SpinnerColumn(finished_text="*"),
            rich_progress.TextColumn("{task.description}"),
            rich_progress.BarColumn(),
            rich_progress.TimeElapsedColumn(),
            console=Console(file=self._stream),
        )
        with bar:
            task = bar.add_task(title, total=total)
            yield lambda: bar.advance(task)
            # The count of parts is a guess: a finished step shows as finished all the same.
            bar.update(task, total=1, completed=1)

    @contextmanager
    def reading(self, title: str, size: int) -> Iterator[Callable[[int], None]]:
        """A step in which `size` bytes are read; yields what to tell how many have been so far."""
        parts = 0

        def tell(done_bytes: int) -> None:
            nonlocal parts
            while parts < done_bytes // _PART_BYTES:
                parts += 1
                advance()

        with self.step(title, math.ceil(size / _PART_BYTES)) as advance:
            yield tell


class Quiet(Progress):
    """Says nothing."""

    def say(self, text: str) -> None:
        pass

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Callable[[], None]]:
        yield lambda: None
