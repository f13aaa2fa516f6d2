"""The monitor's one entry: show what a board says, live, as plain lines or as JSON."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from rich.console import Console
from rich.live import Live

from host.cache import write_beside
from host.monitor.board_state import BoardState
from host.monitor.keyboard import QUIT_KEYS, orderly_death, single_keys
from host.monitor.plain import JsonOutput, PlainOutput
from host.monitor.records import Line, LineSplitter
from host.monitor.source import Source, SourceReader
from host.monitor.summary import Summary, summarize
from host.monitor.view import BoardView, svg

Mode = Literal["auto", "live", "plain", "json"]

REDRAW_S = 0.25  # faster than this, digits are only noise to the eye
IDLE_REDRAW_S = 0.5  # the clock moves, and what is overdue is seen to be
READ_TIMEOUT_S = 0.1
PICTURE_WIDTH = 120


class Output(Protocol):
    """Where lines go; `refresh` comes at least every READ_TIMEOUT_S."""

    def take(self, line: Line, state: BoardState) -> None: ...
    def refresh(self, state: BoardState) -> None: ...


class LiveOutput:
    """The live view on the alternate screen, redrawn when something changed, not too often."""

    def __init__(self, console: Console, live: Live, view: BoardView) -> None:
        self._console = console
        self._live = live
        self._view = view
        self._drawn_s = 0.0
        self._size = console.size
        self._news = True

    def take(self, line: Line, state: BoardState) -> None:
        self._news = True

    def refresh(self, state: BoardState) -> None:
        since_s = state.now_s - self._drawn_s
        resized = self._console.size != self._size
        if not resized and since_s < (REDRAW_S if self._news else IDLE_REDRAW_S):
            return
        self._size = self._console.size
        self._drawn_s, self._news = state.now_s, False
        self._view.height = self._size.height
        self._live.update(self._view, refresh=True)


def show(
    source: Source,
    *,
    title: str = "",
    mode: Mode = "auto",
    seconds: float | None = None,
    stop: Callable[[], bool] | None = None,
    out: BinaryIO | None = None,
    picture: Path | None = None,
) -> Summary:
    """Show the records that come from `source` and return what they came to.

    `source` is a descriptor, a binary file object (read through its descriptor, so nothing may
    have been read from its buffer) or an iterable of chunks; it is not closed. It ends with the
    source, after `seconds`, when `stop()` says so (asked ten times a second), or by the user: q or
    Ctrl-C. `auto` is live on a terminal and plain elsewhere; `out` replaces standard output in
    plain and json mode. The last view goes to `picture`, if given, as SVG; should that fail, the
    summary says why.
    """
    mode = choose_mode() if mode == "auto" else mode
    state = BoardState(title)
    reader = SourceReader(source)
    try:
        with ExitStack() as stack:
            output, keyboard = _open(mode, state, out, stack)
            ended_by = _loop(reader, state, output, keyboard, seconds, stop)
    except KeyboardInterrupt:
        ended_by = "user"
    finally:
        reader.close()
    picture_error = ""
    if picture:
        try:
            write_beside(picture, svg(state, PICTURE_WIDTH).encode())
        except OSError as error:
            picture_error = f"{picture}: cannot be written ({error.strerror})"
    return summarize(state, ended_by, picture_error)


def choose_mode() -> Literal["live", "plain"]:
    """Live where there is a terminal that can move its cursor."""
    capable = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return "live" if capable else "plain"


def _open(
    mode: Mode, state: BoardState, out: BinaryIO | None, stack: ExitStack
) -> tuple[Output, int | None]:
    """The output of this mode and the keyboard if it has one; `stack` puts all back."""
    if mode == "json":
        return JsonOutput(out or sys.stdout.buffer, sys.stderr.buffer), None
    if mode == "plain":
        return PlainOutput(out or sys.stdout.buffer), None
    stack.enter_context(orderly_death())
    keyboard = stack.enter_context(single_keys())
    console = Console()
    hint = "q leaves" if keyboard is not None else "Ctrl-C leaves"
    view = BoardView(state, hint, console.size.height)
    live = Live(view, console=console, screen=True, auto_refresh=False)
    return LiveOutput(console, stack.enter_context(live), view), keyboard


def _loop(
    reader: SourceReader,
    state: BoardState,
    output: Output,
    keyboard: int | None,
    seconds: float | None,
    stop: Callable[[], bool] | None,
) -> str:
    """Carry lines from the reader to the state and the output; say what ended it."""
    splitter = LineSplitter()

    def take(lines: list[Line]) -> None:
        state.tick(time.monotonic(), time.time())
        for line in lines:
            state.take(line)
            output.take(line, state)
        output.refresh(state)

    take([])
    while True:
        chunk, keys = reader.read(READ_TIMEOUT_S, keyboard)
        if not reader.ended:
            take(list(splitter.feed(chunk)))
            ended_by = _reason_to_end(state, keys, seconds, stop)
        else:
            ended_by = "end of stream"
        if ended_by:
            take(list(splitter.close()))
            return ended_by


def _reason_to_end(
    state: BoardState, keys: bytes, seconds: float | None, stop: Callable[[], bool] | None
) -> str:
    if QUIT_KEYS.intersection(keys):
        return "user"
    if seconds is not None and state.elapsed_s >= seconds:
        return "time"
    return "stop" if stop is not None and stop() else ""
