"""Freezes Inkling into a MicroPython of your own (make FROZEN_MANIFEST=...); boot.py and main.py stay files."""

from glob import glob

# What a port's build calls while it executes this file, in this folder.
# ruff: noqa: F821
include("$(PORT_DIR)/boards/manifest.py")
package(
    "firmware",
    files=[path for path in sorted(glob("**/*.py", recursive=True)) if path != "manifest.py"],
    base_path="..",
    opt=2,
)
for path in sorted(glob("*.py", root_dir="../lib")):
    module(path, base_path="../lib", opt=2)
