"""The live view on the alternate screen: drawn when something changed, not too often, and only the lines that did."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleDimensions
from rich.control import Control
from rich.segment import Segment, Segments
from rich.text import Text

from host.monitor.board_state import BoardState
from host.monitor.records import Line
from host.monitor.view import BoardView

REDRAW_S = 0.25  # faster than this, digits are only noise to the eye
IDLE_REDRAW_S = 0.5  # the clock moves, and what is overdue is seen to be
DRAWING_SHARE = 0.025  # of a core, at most; a large screen on a slow PC is drawn less often
SLOWEST_REDRAW_S = 2.0
REPAINT_S = 10.0  # whatever another program wrote on the screen goes


class LiveOutput:
    """Draws `view`; within `live_screen` only."""

    def __init__(self, console: Console, view: BoardView) -> None:
        self._console = console
        self._view = view
        self._drawn_s = self._painted_s = float("-inf")
        self._size = console.size
        self._news = True
        self._redraw_s = REDRAW_S
        self._shown: list[Text] = []

    def take(self, line: Line, state: BoardState) -> None:
        self._news = True

    def notice(self, text: str, state: BoardState) -> None:
        self._drawn_s = float("-inf")  # it is in the state, and is shown at once

    def refresh(self, state: BoardState) -> None:
        since_s = state.now_s - self._drawn_s
        fit_terminal(self._console)
        resized = self._console.size != self._size
        if not resized and since_s < (
            self._redraw_s if self._news else max(self._redraw_s, IDLE_REDRAW_S)
        ):
            return
        if resized or state.now_s - self._painted_s > REPAINT_S:
            self._shown, self._painted_s = [], state.now_s
        self._size = self._console.size
        self._drawn_s, self._news = state.now_s, False
        self._view.height = self._size.height
        start_s = time.thread_time()
        self._draw(resized)
        needed_s = (time.thread_time() - start_s) / DRAWING_SHARE
        self._redraw_s = min(max(REDRAW_S, needed_s), SLOWEST_REDRAW_S)

    def _draw(self, clear: bool) -> None:
        # Rich's own Live renders, splits and crops every line, which costs twice the drawing.
        lines = self._view.console_lines(self._console.options)
        drawn: list[Segment] = [Control.clear().segment] if clear else []
        for row, line in enumerate(lines):
            if row < len(self._shown) and line == self._shown[row]:
                continue
            drawn.append(Control.move_to(0, row).segment)
            drawn += line.render(self._console)
        for row in range(len(lines), len(self._shown)):
            drawn += [Control.move_to(0, row).segment, Segment(" " * self._size.width)]
        self._shown = lines
        if drawn:
            self._console.print(Segments(drawn), end="", crop=False, soft_wrap=True)


def fit_terminal(console: Console) -> None:
    """Have the console as large as its terminal is now.

    Left alone, Rich believes COLUMNS and LINES, which a parent program may have exported (Python's
    readline does), and which stay as they were when the window changes.
    """
    try:
        size = os.get_terminal_size(console.file.fileno())
    except OSError:
        return
    if size.columns and size.lines:
        console.size = ConsoleDimensions(*size)


@contextmanager
def live_screen(console: Console) -> Iterator[None]:
    """The alternate screen without a cursor; the screen as it was on every way out."""
    with console.screen(hide_cursor=True):
        yield
