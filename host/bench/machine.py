"""What the figures were measured on: the CPU, and the versions of what takes part."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from host.boardmodel import probe
from host.boardmodel.build import board_model

_CPUINFO = Path("/proc/cpuinfo")
_PACKAGES = ("numba", "numpy", "msgspec", "cryptofeed")


def describe() -> dict[str, str]:
    """The CPU with the load it has now, the system, and versions."""
    return {
        "CPU": _cpu(),
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "MicroPython": str(probe.examine(board_model())["version"]),
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _cpu() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
