"""`inkling demo`: a local Kraken, the firmware on the board model as a board would run it, and the live view."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from host.errors import UserError

# A person watches: health comes sooner than every ten seconds.
_HEALTH_INTERVAL_MS = 2000
_ON_MODEL = "board model"
_ON_CPYTHON = "CPython"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling demo\n  inkling demo --seconds 20\n  inkling demo --json | head"
    )
    add = parser.add_argument
    add(
        "--seconds",
        type=float,
        metavar="N",
        help="end after so long (default: q or Ctrl-C ends it)",
    )
    add("--seed", type=int, default=1, help="another market (%(default)s)")
    add("--capture", metavar="FILE", help="play a recorded feed instead of the seeded market")
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
    from host.exchange.market import DEFAULT_SEED, Market
    from host.exchange.pairs import DEFAULT_SYMBOLS
    from host.exchange.player import Player
    from host.exchange.thread import exchange_in_thread
    from host.monitor.show import show

    _say("local Kraken with TLS on this machine, three books, and a board that is not there")
    given = _given(args.config)
    pairs = given.get("pairs", DEFAULT_SYMBOLS)
    if args.capture:
        source = Player(args.capture)
        given.setdefault("pairs", list(source.symbols()))
    else:
        source = Market(pairs, args.seed or DEFAULT_SEED)
    on = _ON_CPYTHON if args.cpython else _prepare_model()
    with exchange_in_thread(source) as exchange, tempfile.TemporaryDirectory() as folder:
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
    if summary.ended_by == "end of stream":
        why = summary.errors[-1] if summary.errors else "see its last words above"
        raise UserError(f"the board stopped: {why}")
    return 0


def _given(path: str | None) -> dict:
    if path is None:
        return {}
    import json

    from firmware import config

    try:
        config.load(path)
        return json.loads(Path(path).read_text())
    except OSError as error:
        raise UserError(str(error)) from None


def _prepare_model() -> str:
    """Where the firmware will run: the board model, or CPython where that cannot be built."""
    from host.devkit.build import ModelUnavailable, board_model

    try:
        board_model()
    except ModelUnavailable as error:
        _say(f"no board model: {error}")
        _say("the same files run on CPython instead; timing and memory are then not the chip's")
        return _ON_CPYTHON
    return _ON_MODEL


def _power_on(folder: Path, settings: dict, ca_der: bytes, on: str) -> subprocess.Popen:
    from host.devkit import flash_folder, model

    if on == _ON_CPYTHON:
        flash_folder.write_settings(folder, settings, ca_der)
        return model.start_cpython(folder)
    flash_folder.write(folder, settings, ca_der)
    return model.start(folder)


def _power_off(board: subprocess.Popen) -> None:
    from host.devkit import model

    model.stop(board)


def _say(text: str) -> None:
    print(f"inkling demo: {text}", file=sys.stderr, flush=True)
