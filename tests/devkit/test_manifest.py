"""Frozen into a MicroPython of one's own, Inkling is every module that `make flash` compiles or links."""

import host
from host.boardmodel import flash_folder

SCRIPTS = {"boot.py", "main.py"}  # stay files


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
    assert packages == set(flash_folder.checkout()) - SCRIPTS
