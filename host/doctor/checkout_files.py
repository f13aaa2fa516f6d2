"""What a board should hold for this checkout: every file by its path there."""

import json
from pathlib import Path

from host import ROOT
from host.board.inventory import Inventory, require_arch
from host.progress import Quiet


def wanted(board: Inventory, port: str, config: Path | None) -> dict[str, bytes]:
    """Modules for the board's architecture, scripts, settings, certificate; raises UserError."""
    from host.boardmodel import flash_folder
    from host.settings import project

    settings = project.load(config)
    files = flash_folder.modules(require_arch(board, port))
    files |= {name: (ROOT / name).read_bytes() for name in ("boot.py", "main.py")}
    files["config.json"] = json.dumps(settings.config, separators=(",", ":")).encode()
    files["ca.der"] = settings.ca_der(Quiet())
    return files
