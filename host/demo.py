"""`inkling demo`: a local Kraken, the firmware on the board model as a board would run it, and the live view."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from host.arguments import positive_seconds
from host.errors import UserError

if TYPE_CHECKING:
    from host.exchange.source import Source

# A person watches: health comes sooner than every ten seconds.
_HEALTH_INTERVAL_MS = 2000
_ON_MODEL = "board model"
_ON_CPYTHON = "CPython"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling demo\n  inkling demo --seconds 20\n  inkling demo --json | head\n"
        "  inkling demo --seconds 20 --record feed.zst"
    )
    add = parser.add_argument
    add(
        "--seconds",
        type=positive_seconds,
        metavar="N",
        help="end after so long (default: q or Ctrl-C ends it)",
    )
    add("--seed", type=int, default=1, help="another market (%(default)s)")
    add("--capture", metavar="FILE", help="play a recorded feed instead of the seeded market")
    add("--record", metavar="FILE", help="keep what the local Kraken serves; .gz, .zst compress")
    add(
        "--config", metavar="FILE", help="settings of the board; host, port and ca stay the demo's"
    )
    add("--plain", action="store_true", help="plain lines also on a terminal")
    add("--json", action="store_true", help="the board's records, one JSON object a line")
    add("--picture", type=Path, metavar="FILE", help="keep the last view as an SVG picture")
    add(
        "--cpython",
        action="store_true",
        help="run the firmware on CPython, not on the board model",
    )


def run(args: argparse.Namespace) -> int:
    """Run until the user, the time or the board ends it; raises UserError if the board gives up."""
    from host.exchange.thread import exchange_in_thread
    from host.monitor.picture import check_picture
    from host.monitor.show import show

    given, source = _checked(args)
    if args.picture:
        check_picture(args.picture)
    books = len(given["pairs"])
    _say(
        "local Kraken with TLS on this machine, "
        f"{books} book{'' if books == 1 else 's'}, a virtual board"
    )
    on = _ON_CPYTHON if args.cpython else _prepare_model()
    with (
        exchange_in_thread(source, record=args.record) as exchange,
        tempfile.TemporaryDirectory() as folder,
    ):
        settings = {
            "health_interval_ms": _HEALTH_INTERVAL_MS,
            **given,
            "host": "localhost",
            "port": exchange.port,
            "ca": "ca.der",
        }
        _say(f"power on: boot.py, then main.py, on {on}")
        board = _power_on(Path(folder), settings, exchange.ca_der, on)
        try:
            summary = show(
                board.stdout,
                title=f"{on} · local Kraken",
                mode="json" if args.json else "plain" if args.plain else "auto",
                seconds=args.seconds,
                picture=args.picture,
            )
        finally:
            _power_off(board)
        print(summary, file=sys.stderr if args.json else sys.stdout)
    if args.record:
        recorded = exchange.frames_recorded
        _say(f"recorded {recorded:,} frames in {args.record}" if recorded else "nothing recorded")
    if summary.ended_by == "end of stream":
        said = summary.restarts or summary.errors or ("see its last words above",)
        raise UserError(f"the board stopped: {said[-1]}")
    if summary.picture_error:
        raise UserError(summary.picture_error)
    return 0


def _checked(args: argparse.Namespace) -> tuple[dict, "Source"]:
    """The board's settings with its pairs, and the feed it is to hear: known to fit together."""
    from firmware import config
    from host.exchange.market import Market
    from host.exchange.pairs import DEFAULT_SYMBOLS
    from host.exchange.player import Player

    given = _given(args.config)
    if args.capture:
        source: Source = Player(args.capture)
        given.setdefault("pairs", list(source.symbols()))
        if missing := [pair for pair in given["pairs"] if pair not in source.symbols()]:
            has = ", ".join(source.symbols())
            raise UserError(f"{args.capture}: has no {', '.join(missing)}; it has {has}")
        given.setdefault("depth", source.depths(given["pairs"][0])[0])
    else:
        given.setdefault("pairs", list(DEFAULT_SYMBOLS))
        source = Market(given["pairs"], args.seed)
    try:
        settings = config.check(given)
    except OSError as error:
        raise UserError(f"{args.capture}: the board cannot follow it: {error}") from None
    for pair in given["pairs"]:
        if settings["depth"] not in (depths := source.depths(pair)):
            raise UserError(
                f"{args.capture}: {pair} is of depth {depths[0]}, the board's is set to "
                f"{settings['depth']}"
            )
    return given, source


def _given(path: str | None) -> dict:
    if path is None:
        return {}
    from firmware import config

    try:
        config.load(path)
        return json.loads(Path(path).read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(str(error)) from None


def _prepare_model() -> str:
    """Where the firmware will run: the board model, or CPython where that cannot be built."""
    from host.boardmodel.build import ModelUnavailable, board_model

    try:
        board_model()
    except ModelUnavailable as error:
        _say(f"no board model: {error}")
        _say("the same files run on CPython; timing and memory are not the chip's")
        return _ON_CPYTHON
    return _ON_MODEL


def _power_on(folder: Path, settings: dict, ca_der: bytes, on: str) -> subprocess.Popen:
    from host.boardmodel import flash_folder, model

    if on == _ON_CPYTHON:
        _compile_kernels()
        flash_folder.write_settings(folder, settings, ca_der)
        return model.start_cpython(folder)
    flash_folder.write(folder, settings, ca_der)
    return model.start(folder)


def _compile_kernels() -> None:
    """Now, so that the firmware finds them on disk and keeps no exchange waiting."""
    import ring
    import wsframe
    import wsoutbox
    from firmware.feeds import pulse, spot_v2, take_book
    from host.runtimes.kernel import Kernel

    for module in (spot_v2, take_book, pulse, wsframe, wsoutbox, ring):
        for kernel in vars(module).values():
            if isinstance(kernel, Kernel):
                _ = kernel.compiled


def _power_off(board: subprocess.Popen) -> None:
    from host.boardmodel import model

    model.stop(board)


def _say(text: str) -> None:
    print(f"inkling demo: {text}", file=sys.stderr, flush=True)
