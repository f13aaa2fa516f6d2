"""How flashing shows itself: as any long step, and with the name of the part that it is at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from host.progress import Progress


class Steps(Progress):
    """A bar that names its current part on a terminal, a line for each part elsewhere."""

    _describe: Callable[[str], None] | None = None

    def part(self, text: str) -> None:
        """Which part of the step begins now."""
        if self._describe:
            self._describe(text)
        else:
            self.say(f"  {text}")

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Callable[[], None]]:
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
            rich_progress.TextColumn("{task.fields[part]}"),
            console=Console(file=self._stream),
        )
        with bar:
            task = bar.add_task(title, total=total, part="")
            self._describe = lambda text: bar.update(task, part=text)
            try:
                yield lambda: bar.advance(task)
            finally:
                self._describe = None
                bar.update(task, part="")
            bar.update(task, total=1, completed=1)
