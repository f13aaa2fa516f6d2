"""`inkling config`: show, change and check the settings in inkling.toml."""

import argparse
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from host.errors import UserError

EXIT_BAD_SETTINGS = 1


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling config\n  inkling config show pairs\n"
        "  inkling config set depth 25\n  inkling config set pairs BTC/USD,ETH/USD\n"
        "  inkling config unset depth\n  inkling config check\n"
        "  inkling config set imbalance_threshold=0.35 levels=3 --live"
    )
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help="use these settings instead of inkling.toml"
    )
    verbs = parser.add_subparsers(dest="action", metavar="ACTION")

    def verb(name: str, says: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")

    show = verb("show", "show all settings, or one; the same as giving no ACTION")
    show.add_argument("key", nargs="?", metavar="KEY")
    show.add_argument("--json", action="store_true", help="print JSON")
    change = verb("set", "change settings in the file; comments in it are kept")
    change.usage = "inkling config set [-h] [--live [--port PORT]] [--json] KEY=VALUE ..."
    change.epilog = (
        "examples:\n  inkling config set depth=25 pairs=BTC/USD,ETH/USD\n"
        "  inkling config set imbalance_threshold=0.35 --live\n\n"
        "With --live the running board changes it at once, without a restart, and keeps it:\n"
        "thresholds, levels, intervals. A setting that needs `make flash` and a restart says so."
    )
    change.formatter_class = parser.formatter_class
    change.add_argument(
        "settings",
        nargs="+",
        metavar="KEY=VALUE",
        help="a TOML or JSON value, or plain text; a single KEY VALUE will do, too",
    )
    change.add_argument("--live", action="store_true", help="change it on the running board, too")
    change.add_argument("--port", metavar="PORT", help="the board's port (default: the only one)")
    change.add_argument("--json", action="store_true", help="print JSON")
    unset = verb("unset", "remove one setting from the file, so that its default holds")
    unset.add_argument("key", metavar="KEY")
    check = verb("check", "check a settings file: exit status 0 if it is good, 1 if not")
    check.add_argument("path", nargs="?", type=Path, metavar="FILE")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; raises UserError for what cannot be used."""
    if args.action == "set":
        return _set(args)
    if args.action == "unset":
        return _unset(args)
    if args.action == "check":
        return _check(args)
    return _show(args)


def _show(args: argparse.Namespace) -> int:
    from host.settings import project, table

    settings = project.load(args.file)
    key = getattr(args, "key", None)
    if key is None:
        shown = {each: settings.complete[each] for each in project.names()}
    elif key in project.names():
        shown = settings.complete[key]
    else:
        raise project.unknown(key)
    if getattr(args, "json", False):
        print(json.dumps(shown))
    elif key is not None:
        print(shown if isinstance(shown, str) else json.dumps(shown))
    else:
        print("\n".join(table.lines(settings)))
    return 0


def _set(args: argparse.Namespace) -> int:
    from host.settings.rewrite import Rewrite

    wanted = _wanted(args.settings)
    if args.live:
        return _set_live(args, wanted)
    Rewrite(args.file, lambda document: document.update(wanted)).write()
    if args.json:
        print(json.dumps({"set": wanted, "board": None}))
    else:
        for key, value in wanted.items():
            print(f"{key} = {json.dumps(value)}; `make flash` puts it on the board")
    return 0


def _set_live(args: argparse.Namespace, wanted: dict[str, Any]) -> int:
    from host.board import ports
    from host.board.claim import claim
    from host.settings import live
    from host.settings.rewrite import Rewrite

    for key in wanted:
        if key not in live.names():
            raise UserError(f"{key} needs a restart: `inkling config set` and `make flash`")
    rewrite = Rewrite(args.file, lambda document: document.update(wanted))
    port = ports.choose(args.port)
    with claim(port):
        held, trouble = live.change(port, wanted)
    if trouble:
        rewrite = Rewrite(args.file, lambda document: document.update(held))
    try:
        rewrite.write()
    except UserError as error:
        raise UserError(f"{error}, but the board has {_listed(held)}") from None
    if trouble:
        told = "is unchanged"
        if held:
            told = f"and the board have {_listed(held)}, and nothing else changed"
        raise UserError(f"{trouble}; {rewrite.path} {told}")
    if args.json:
        print(json.dumps({"set": held, "board": port}))
    else:
        for key, value in held.items():
            print(f"{key} = {json.dumps(value)}, in force on the board and kept there")
    return 0


def _wanted(given: list[str]) -> dict[str, Any]:
    """The settings to change, from KEY=VALUE ... or KEY VALUE; raises UserError."""
    from host.settings import project

    pairs = [tuple(each.partition("=")[::2]) for each in given]
    if "=" not in given[0] and len(given) == 2:
        pairs = [(given[0], given[1])]
    elif missing := [each for each in given if "=" not in each]:
        raise UserError(f"{missing[0]}: say KEY=VALUE, or one KEY VALUE")
    for key, _ in pairs:
        if key not in project.names():
            raise project.unknown(key)
    return {key: _value(key, value) for key, value in pairs}


def _listed(held: dict[str, Any]) -> str:
    return ", ".join(f"{key} = {json.dumps(value)}" for key, value in held.items())


def _unset(args: argparse.Namespace) -> int:
    from host.settings import project
    from host.settings.rewrite import Rewrite

    rewrite = Rewrite(args.file, lambda document: document.pop(args.key, None))
    rewrite.write()
    if args.key in project.names():
        default = project.load(args.file).complete[args.key]
        print(f"{args.key} = {json.dumps(default)} (default); `make flash` puts it on the board")
    elif rewrite.result is None:
        raise project.unknown(args.key)
    else:
        print(f"{args.key} is gone, and was not a setting")
    return 0


def _check(args: argparse.Namespace) -> int:
    from host.settings import project

    path = args.path or args.file
    if path is not None and not path.is_file():
        raise UserError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}")
    try:
        settings = project.load(path)
        settings.check_ca()
    except UserError as error:
        print(f"inkling config: {error}", file=sys.stderr)
        return EXIT_BAD_SETTINGS
    print(f"{settings.path}: good")
    return 0


def _value(key: str, text: str) -> object:
    """What the user means by this text: a TOML value (JSON's are alike), else the text itself."""
    from firmware import config

    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    if key in ("pairs", "channels") and isinstance(value, str):
        return [pair.strip() for pair in value.split(",")]
    is_text = isinstance(config.check({}).get(key), str)
    if is_text and not isinstance(value, str):
        return text  # a host may look like a number
    return value
