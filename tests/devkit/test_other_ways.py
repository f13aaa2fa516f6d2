"""The other ways onto a board, mip and freezing, carry the very files that `make flash` compiles."""

import json

import host
from host.boardmodel import flash_folder

SCRIPTS = {"boot.py", "main.py"}
MODULES = {name.replace(".mpy", ".py") for name in flash_folder.modules(flash_folder.CHIP)}


def test_package_json_lists_every_file_for_mip():
    package = json.loads((host.ROOT / "package.json").read_text())
    targets = dict(package["urls"])
    assert set(targets) == SCRIPTS | MODULES
    for target, url in targets.items():
        assert url == target
        assert (host.ROOT / url).is_file()


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
