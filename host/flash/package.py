"""`inkling package`: the compiled application as a folder that `mpremote mip install` takes from disk or the web."""

import argparse
import json
from importlib.metadata import version
from pathlib import Path

from host.boardmodel import flash_folder
from host.cache import write_beside
from host.errors import UserError
from host.progress import Progress

_DEFAULT_FOLDER = Path("build/mip")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  inkling package\n"
        "  mpremote mip install --target / build/mip/package.json\n"
        "  inkling package public --config shop.toml\n\n"
        "The folder can be published as it is, on a web server or as a branch of a repository:\n"
        "  mpremote mip install --target / github:OWNER/REPOSITORY@BRANCH\n"
        "mip replaces files in place and checks nothing; `inkling flash` does better."
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=_DEFAULT_FOLDER, help="where to (%(default)s)"
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: the checkout's)"
    )
    parser.add_argument(
        "--arch",
        choices=(flash_folder.CHIP, flash_folder.MODEL),
        default=flash_folder.CHIP,
        help="what the native code is for: the chip or a virtual board (%(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the folder; package.json comes last, so that what it lists is there."""
    from host.settings import project

    settings = project.load(args.config)
    files = flash_folder.files(args.arch, settings.config, settings.ca_der(Progress()))
    package = {
        "urls": [[name, name] for name in files],
        "deps": [],
        "version": version("inkling"),
    }
    files["package.json"] = json.dumps(package, indent=1).encode()
    for name, data in files.items():
        path = args.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_beside(path, data)
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror})") from None
    for name, data in files.items():
        print(f"{len(data):9,}  {name}")
    size = sum(map(len, files.values()))
    print(f"{size:9,}  bytes in {len(files)} files for {args.arch}, in {args.folder}")
    return 0
