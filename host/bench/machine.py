"""What the figures were measured on: the CPU, and the versions of what takes part."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


def describe(micropython: str) -> dict[str, str]:
    """The CPU with its load, the system, and versions; `micropython` is the board model's."""
    return {
        "CPU": _cpu(),
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "MicroPython": micropython,
        **{name: version(name) for name in ("numba", "numpy", "msgspec")},
    }


def _cpu() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
