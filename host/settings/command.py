"""`inkling config`: show, change and check the settings in inkling.toml."""

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from host.errors import UserError

EXIT_BAD_SETTINGS = 1


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling config\n  inkling config show pairs\n"
        "  inkling config set depth 25\n  inkling config set pairs BTC/USD,ETH/USD\n"
        "  inkling config unset depth\n  inkling config check"
    )
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help="other settings than inkling.toml"
    )
    verbs = parser.add_subparsers(dest="action", metavar="ACTION")
    show = verbs.add_parser("show", help="all settings, or one (what no action does, too)")
    show.add_argument("key", nargs="?", metavar="KEY")
    show.add_argument("--json", action="store_true", help="as one JSON object")
    change = verbs.add_parser("set", help="change one setting; comments in the file stay")
    change.add_argument("key", metavar="KEY")
    change.add_argument("value", metavar="VALUE", help="a TOML or JSON value, or plain text")
    unset = verbs.add_parser("unset", help="back to the default")
    unset.add_argument("key", metavar="KEY")
    check = verbs.add_parser("check", help="status 0 if all is well, 1 if a setting is wrong")
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
    from host.settings import project

    if args.key not in project.names():
        raise project.unknown(args.key)
    value = _value(args.key, args.value)
    try:
        _change(args.file, lambda document: document.__setitem__(args.key, value))
    except UserError as error:
        # What was asked for stands in no line yet.
        raise UserError(re.sub(rf"^.*:\d+: (?={args.key} )", "", str(error))) from None
    print(f"{args.key} = {json.dumps(value)}; `make flash` puts it on the board")
    return 0


def _unset(args: argparse.Namespace) -> int:
    from host.settings import project

    removed = _change(args.file, lambda document: document.pop(args.key, None))
    if args.key in project.names():
        default = project.load(args.file).complete[args.key]
        print(f"{args.key} = {json.dumps(default)} (default); `make flash` puts it on the board")
    elif removed is None:
        raise project.unknown(args.key)
    else:
        print(f"{args.key} is gone, and was not a setting")
    return 0


def _check(args: argparse.Namespace) -> int:
    from host.settings import ca, project

    path = args.path or args.file
    if path is not None and not path.is_file():
        raise UserError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}")
    try:
        settings = project.load(path)
        if settings.ca != project.AUTO:
            ca.from_file(settings.path.parent / settings.ca)
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
    if key == "pairs" and isinstance(value, str):
        return [pair.strip() for pair in value.split(",")]
    if key in config._TEXTS and not isinstance(value, str):
        return text  # a host may look like a number
    return value


def _change(path: Path | None, change: Callable[[Any], Any]) -> Any:
    """Rewrite the file with this change, if what comes out is good; raises UserError."""
    import tomlkit
    from tomlkit.exceptions import ParseError

    from host import ROOT
    from host.cache import write_beside
    from host.settings import project

    path = (path or ROOT / project.FILE).resolve()  # a link stays a link
    text = ""
    try:
        text = path.read_bytes().decode() if path.exists() else ""
        document = tomlkit.parse(text)
    except ParseError:
        project.parse(text, path)  # which says it with file and line
        raise
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not UTF-8 text; save it as such") from None
    result = change(document)
    changed = tomlkit.dumps(document)
    if changed == text:
        return result
    try:
        project.parse(changed, path)
    except UserError as error:
        raise UserError(f"{error}; nothing changed") from None
    try:
        write_beside(path, changed.encode())
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); nothing changed") from None
    return result
