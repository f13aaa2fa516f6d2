"""Frozen into a MicroPython of one's own, Inkling is the very modules that `make flash` compiles."""

import host
from host.boardmodel import flash_folder

MODULES = {name.replace(".mpy", ".py") for name in flash_folder.modules(flash_folder.CHIP)}


def test_the_manifest_freezes_every_module(monkeypatch):
    """Executed as MicroPython's build does it: in its folder, with the build's own functions."""
    frozen = set()
    monkeypatch.chdir(host.ROOT / "firmware")

    def package(name, files, base_path, opt):
        assert base_path == ".."
        frozen.update(f"{name}/{file}" for file in files)

    def module(name, base_path, opt):
        frozen.add(f"{base_path.removeprefix('../')}/{name}")

    functions = {"include": lambda path: None, "package": package, "module": module}
    exec((host.ROOT / "firmware/manifest.py").read_text(), functions)
    packages = {name for name in frozen if not name.endswith("__init__.py")}
    assert packages == MODULES
