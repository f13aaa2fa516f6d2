"""Makes sure that this machine can compile 32-bit programs; installs the compiler where it may."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from host.boardmodel.errors import ModelUnavailable
from host.progress import Progress

_X86 = ("x86_64", "i386", "i486", "i586", "i686")
_TRIAL = b"#include <errno.h>\n#include <pthread.h>\nint main(void) { return 0; }\n"


def ensure(progress: Progress, log: Path) -> None:
    """Return when gcc makes 32-bit programs that run here; ModelUnavailable says why not."""
    if sys.platform != "linux" or platform.machine() not in _X86:
        raise ModelUnavailable(
            f"the board model is 32-bit x86 code for Linux, this is {platform.machine()} on "
            f"{platform.system()}: set INKLING_MICROPYTHON to a 32-bit MicroPython you have"
        )
    packages = missing_packages()
    if not packages:
        return
    if shutil.which("apt-get") is None:
        raise ModelUnavailable(
            f"the board model needs {' and '.join(packages)} (a compiler for 32-bit programs) "
            "and there is no apt-get here: install what your system calls them, then try again"
        )
    if os.geteuid() != 0:
        raise ModelUnavailable(
            "the board model needs a compiler for 32-bit programs: "
            f"run `sudo apt-get install {' '.join(packages)}`, then try again"
        )
    _install(packages, progress, log)
    if missing_packages():
        raise ModelUnavailable(
            f"{' and '.join(packages)}: installed, and still no 32-bit program compiles and runs "
            "here (does this kernel run 32-bit programs?)"
        )


def missing_packages() -> list[str]:
    """The Debian packages that are not there, by what they would do."""
    missing = [] if shutil.which("make") else ["make"]
    if not _compiles_32_bit():
        missing.append("gcc-multilib" if platform.machine() == "x86_64" else "gcc")
    return missing


def _compiles_32_bit() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/trial"
        try:
            subprocess.run(
                ["gcc", "-m32", "-x", "c", "-", "-o", program, "-lm"],
                input=_TRIAL,
                capture_output=True,
                check=True,
            )
            subprocess.run([program], check=True)
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


def _install(packages: list[str], progress: Progress, log: Path) -> None:
    names = " ".join(packages)
    # A container's package lists are often missing or old, so they are fetched first.
    commands = (
        ["apt-get", "-q", "update"],
        ["apt-get", "-qy", "install", "--no-install-recommends", *packages],
    )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    title = f"installing {names} with apt-get (a compiler for 32-bit programs)"
    with progress.step(title), log.open("ab") as out:
        for command in commands:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                check=False,
            )
    if done.returncode:
        raise ModelUnavailable(f"apt-get could not install {names}: see {log}")
