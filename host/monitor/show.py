"""The monitor's one entry: show what a board says, live, as plain lines or as JSON."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from rich.console import Console

from host.cache import write_beside
from host.monitor.board_state import BoardState
from host.monitor.keyboard import QUIT_KEYS, RESTART_KEYS, orderly_death, single_keys
from host.monitor.live import LiveOutput, fit_terminal, live_screen
from host.monitor.plain import JsonOutput, PlainOutput
from host.monitor.records import Line, LineSplitter
from host.monitor.source import Reader, Source, SourceReader
from host.monitor.summary import Summary, summarize
from host.monitor.view import BoardView, svg

Mode = Literal["auto", "live", "plain", "json"]

READ_TIMEOUT_S = 0.1
UNFINISHED_AFTER_S = 0.25  # a line that stands still for so long is a prompt
PICTURE_WIDTH = 120


class Output(Protocol):
    """Where lines go; `refresh` comes at least every READ_TIMEOUT_S."""

    def take(self, line: Line, state: BoardState) -> None: ...
    def notice(self, text: str, state: BoardState) -> None: ...
    def refresh(self, state: BoardState) -> None: ...


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
    have been read from its buffer), an iterable of chunks or a Reader; it is not closed. It ends
    with the source, after `seconds`, when `stop()` says so (asked ten times a second), or by the
    user: q, Ctrl-] or Ctrl-C. `auto` is live on a terminal and plain elsewhere; `out` replaces
    standard output in plain and json mode. The last view goes to `picture`, if given, as SVG;
    should that fail, the summary says why.
    """
    mode = choose_mode() if mode == "auto" else mode
    state = BoardState(title)
    ended_by = "user"
    with ExitStack() as stack:
        own = None if isinstance(source, Reader) else SourceReader(source)
        reader = source if own is None else stack.enter_context(closing(own))
        stack.enter_context(suppress(KeyboardInterrupt))
        output, keyboard = _open(mode, state, out, reader.can_restart, stack)
        ended_by = _loop(reader, state, output, keyboard, seconds, stop)
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
    mode: Mode, state: BoardState, out: BinaryIO | None, can_restart: bool, stack: ExitStack
) -> tuple[Output, int | None]:
    """The output of this mode and the keyboard if it has one; `stack` puts all back."""
    if mode in ("json", "plain"):
        keyboard = None
        if can_restart and out is None:
            if sys.stdout.isatty():
                stack.enter_context(orderly_death())
                keyboard = stack.enter_context(single_keys())
            # Nothing else may come for a while: say that the port is open.
            hint = _hint(keyboard, can_restart)
            print(f"(listening on {state.title}; {hint})", file=sys.stderr, flush=True)
        out = out or sys.stdout.buffer
        if mode == "json":
            return JsonOutput(out, sys.stderr.buffer), keyboard
        return PlainOutput(out), keyboard
    stack.enter_context(orderly_death())
    keyboard = stack.enter_context(single_keys())
    console = Console()
    fit_terminal(console)
    view = BoardView(state, _hint(keyboard, can_restart), console.size.height)
    stack.enter_context(live_screen(console))
    return LiveOutput(console, view), keyboard


def _hint(keyboard: int | None, can_restart: bool) -> str:
    if keyboard is None:
        return "Ctrl-C leaves"
    return "r restarts the board, q or Ctrl-] leaves" if can_restart else "q leaves"


def _loop(
    reader: Reader,
    state: BoardState,
    output: Output,
    keyboard: int | None,
    seconds: float | None,
    stop: Callable[[], bool] | None,
) -> str:
    """Carry lines from the reader to the state and the output; say what ended it."""
    splitter = LineSplitter()
    heard_s = time.monotonic()

    def take(lines: Iterable[Line]) -> None:
        for line in lines:
            state.take(line)
            output.take(line, state)

    ended_by = ""
    while not ended_by:
        state.tick(time.monotonic(), time.time())
        output.refresh(state)
        chunk, keys = reader.read(READ_TIMEOUT_S, keyboard)
        state.tick(time.monotonic(), time.time())
        if chunk:
            heard_s = state.now_s
            take(splitter.feed(chunk))
        elif state.now_s - heard_s > UNFINISHED_AFTER_S:
            take(splitter.pause())
        if RESTART_KEYS.intersection(keys):
            reader.restart()
        for notice in reader.notices():
            take(splitter.close())  # what was cut off is not to be joined to what comes next
            state.port_trouble, state.log_trouble = reader.trouble, reader.log_trouble
            output.notice(notice, state)
        ended_by = "end of stream" if reader.ended else _reason_to_end(state, keys, seconds, stop)
    take(splitter.close())
    output.refresh(state)
    return ended_by


def _reason_to_end(
    state: BoardState, keys: bytes, seconds: float | None, stop: Callable[[], bool] | None
) -> str:
    if QUIT_KEYS.intersection(keys):
        return "user"
    if seconds is not None and state.elapsed_s >= seconds:
        return "time"
    return "stop" if stop is not None and stop() else ""
