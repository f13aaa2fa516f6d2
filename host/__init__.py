"""The PC side of Inkling: puts `lib/` and the stand-in `micropython` module where `import` finds them."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: the folder that holds `firmware/`, `lib/` and `host/`."""

# On the board `lib/` is on the import path and `micropython` is built in; here both are folders.
for _folder in (ROOT, ROOT / "lib", ROOT / "host" / "runtimes" / "cpython"):
    if str(_folder) not in sys.path:
        sys.path.append(str(_folder))

from host.runtimes import stand_ins  # noqa: E402

stand_ins.install()
