"""`inkling config`: show, change and check the settings in inkling.toml."""

import argparse
import json
import os
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
        "--file", type=Path, metavar="FILE", help="use these settings instead of inkling.toml"
    )
    verbs = parser.add_subparsers(dest="action", metavar="ACTION")

    def verb(name: str, says: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")

    show = verb("show", "show all settings, or one; the same as giving no ACTION")
    show.add_argument("key", nargs="?", metavar="KEY")
    show.add_argument("--json", action="store_true", help="print JSON")
    change = verb("set", "change one setting; comments in the file are kept")
    change.add_argument("key", metavar="KEY")
    change.add_argument("value", metavar="VALUE", help="a TOML or JSON value, or plain text")
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
    from host.settings import project

    if args.key not in project.names():
        raise project.unknown(args.key)
    value = _value(args.key, args.value)
    _change(args.file, lambda document: document.__setitem__(args.key, value))
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


def _change(path: Path | None, change: Callable[[Any], Any]) -> Any:
    """Rewrite the file with this change, if what comes out is good; raises UserError."""
    import tomlkit
    from tomlkit.exceptions import ParseError

    from host import ROOT
    from host.cache import write_beside
    from host.settings import project

    path = path or ROOT / project.FILE
    if path.exists() and not path.is_file():
        raise UserError(f"{path}: is not a file; nothing changed")
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
    before = document.get("ca")
    result = change(document)
    changed = tomlkit.dumps(document)
    if changed == text:
        return result
    try:
        settings = project.parse(changed, path)
        if document.get("ca") != before:
            settings.check_ca()
    except UserError as error:
        raise UserError(
            f"{_first_trouble(text, path) or _unplaced(error, path)}; nothing changed"
        ) from None
    if path.exists() and not os.access(path, os.W_OK):
        raise UserError(f"{path}: is read-only; nothing changed")
    try:
        write_beside(path.resolve(), changed.encode())  # a link stays a link
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); nothing changed") from None
    return result


def _first_trouble(text: str, path: Path) -> str:
    """What was wrong with this file already, before anything was changed; empty if it was good."""
    from host.settings import project

    try:
        project.parse(text, path)
    except UserError as error:
        return str(error)
    return ""


def _unplaced(error: UserError, path: Path) -> str:
    """What was asked for stands in no line of the file."""
    return re.sub(r"^(:\d+)?: ", "", str(error).removeprefix(str(path)))
