"""`inkling pull`: what the board's black box has recorded, as NDJSON with readable times."""

import argparse
import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import UserError

if TYPE_CHECKING:
    from host.board import tool
    from host.progress import Progress
    from host.pull.events import Story
    from host.pull.transfer import Found

_STOP_S = 2.0
_PROMPT = b">>> "


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Bring the events of the board's black box to this PC, one JSON object a line."
    )
    parser.epilog = (
        "examples:\n  inkling pull | tail\n  inkling pull --out events.ndj --clear\n\n"
        "The application is stopped meanwhile, and the board is restarted at the end. Nothing is\n"
        "written to --out, and nothing removed from the board, before all has come whole."
    )
    add = parser.add_argument
    add("--port", metavar="PORT", help="the board's port (default: the only one there is)")
    add("--out", type=Path, metavar="FILE", help="write to this file (default: standard output)")
    add("--clear", action="store_true", help="then empty the black box; counting goes on")
    add("--verbose", action="store_true", help="also what the tool says")


def run(args: argparse.Namespace) -> int:
    """0 when all events came; raises UserError for what a person can mend."""
    from host.board import break_in, ports, tool
    from host.board.claim import claim
    from host.board.uploader import ToolFailed
    from host.progress import Progress

    port = ports.choose(args.port)
    if args.out and not args.out.absolute().parent.is_dir():
        raise UserError(f"{args.out}: there is no such folder; make it first")
    progress = Progress()
    with ExitStack() as stack:
        stack.enter_context(claim(port))
        transcript = tool.Transcript(echo=args.verbose)
        stack.callback(transcript.close)
        ports.open_port(port).close()  # what is wrong with it is told before anything is stopped
        try:
            _stop_gently(port)
            break_in.break_in(port)
            stories = _at_board(args, port, transcript, progress)
        except break_in.NoPrompt:
            raise UserError(
                f"{port}: no MicroPython answers; flash the board: inkling flash"
            ) from None
        except ToolFailed as error:
            raise UserError(
                f"{port}: the black box could not be brought over ({error}); the board keeps it, "
                f"so try again (details: {transcript.path})"
            ) from None
        finally:
            break_in.let_run(port)
            if ports.is_there(port):
                progress.say("The board was restarted.")
    if not args.clear:  # a pager may take its time, for which the board need not wait
        _write(args.out, stories)
    return 0


def _stop_gently(port: str) -> None:
    """One Ctrl-C: the application writes what its black box still holds in RAM. Raises UserError."""
    from host.board import ports
    from host.board.reading import read_some

    with ports.open_port(port, timeout_s=0) as serial:
        try:
            serial.write(b"\r\x03")
            serial.flush()
            until = time.monotonic() + _STOP_S
            heard = b""
            while _PROMPT not in heard and time.monotonic() < until:
                heard = heard[-len(_PROMPT) :] + read_some(serial, 0.1)
        except OSError as error:
            raise ports.explain(port, error) from None


def _at_board(
    args: argparse.Namespace, port: str, transcript: "tool.Transcript", progress: "Progress"
) -> "list[Story]":
    """What the board has recorded; with --clear it is written before the board forgets it."""
    from host.board.uploader import ToolFailed
    from host.pull import events
    from host.pull.transfer import Puller

    puller = Puller(port, transcript)
    found = _brought(puller, progress)
    if found.why:
        progress.say(f"The SD card is left out: {found.why}")
    if not found.there:
        raise UserError(
            f"{port}: the board has no black box; it gets one when the application runs with "
            "blackbox_kb above 0 (inkling config show blackbox_kb)"
        )
    # A card's files count their starts apart from those in the flash, where events go without one.
    folders = dict.fromkeys(path.rpartition("/")[0] for path in found.paths)
    stories = {
        folder: events.read(
            found.files[path] for path in found.paths if path.rpartition("/")[0] == folder
        )
        for folder in folders
    }
    told = list(stories.values())
    _say(progress, told)
    if args.clear:
        _write(args.out, told)
        last = {path.rpartition("/")[0]: path for path in found.paths}
        heads = {last[folder]: story.last_head.encode() for folder, story in stories.items()}
        try:
            puller.clear(found.paths, heads)
        except ToolFailed as error:
            raise UserError(
                f"{port}: all events came, but the board did not forget them ({error}); "
                "the next pull brings them again"
            ) from None
        progress.say("The black box is empty now.")
    return told


def _brought(puller, progress: "Progress") -> "Found":
    with ExitStack() as bar:
        step = []

        def listed(count: int) -> None:
            if not step:
                title = f"Bringing {count} file{'s' * (count != 1)} of the black box"
                step.append(bar.enter_context(progress.step(title, count)))

        return puller.pull(listed, lambda: step[0]())


def _write(out: Path | None, stories: "list[Story]") -> None:
    from host.cache import write_beside

    lines = [
        json.dumps(event, separators=(",", ":")) + "\n"
        for story in stories
        for event in story.events
    ]
    text = "".join(lines)
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        write_beside(out, text.encode())
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror})") from None


def _say(progress: "Progress", stories: "list[Story]") -> None:
    count = sum(len(story.events) for story in stories)
    boots = sum(story.boots for story in stories)
    lost = sum(story.lost for story in stories)
    torn = sum(story.torn for story in stories)
    said = f"{count:,} events of {boots} start{'s' * (boots != 1)}"
    if lost:
        said += f"; {lost:,} more came too fast to be kept"
    if torn:
        said += f"; {torn} damaged line{'s' * (torn != 1)} left out"
    progress.say(said if count else "The black box holds no events.")
