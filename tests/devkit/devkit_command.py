"""`inkling devkit` as a subprocess, for tests."""

import json
import resource
import subprocess
import sys

_INKLING = [sys.executable, "-m", "host.cli", "devkit"]
ENDS_S = 30
"""How long its end may take on a busy machine."""


def start(
    *arguments: object, stdin: object = subprocess.DEVNULL, most_bytes: int | None = None
) -> subprocess.Popen:
    """Started; `most_bytes` is how long a file may get, as if the disk were full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.Popen(
        [*_INKLING, *map(str, arguments)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=limit if most_bytes else None,
    )


def start_json(*arguments: object, **options: object) -> tuple[subprocess.Popen, dict]:
    """It, and what it says of itself."""
    served = start("--json", "--tcp-port", 0, *arguments, **options)
    return served, json.loads(served.stdout.readline())
