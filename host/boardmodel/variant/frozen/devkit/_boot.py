"""Before boot.py: loads the stand-ins of a powered board and mounts its file system; sys.path stays the chip's."""

import gc
import sys

import vfs

gc.collect()
_before = gc.mem_alloc()
# Loaded now and for good, so that what they take from the heap is the same for every program.
sys.path.insert(0, ".frozen/devkit")
for _name in ("esp", "esp32", "machine", "network", "ntptime"):
    __import__(_name)
gc.collect()
sys.modules["_devkit"].hide(gc.mem_alloc() - _before)

# The chip leaves gc, vfs and bdev behind, for boot.py, main.py and the REPL to find.
bdev = __import__("_mount").mount(vfs)
del sys.modules["_mount"], sys.modules["_devkit"]
sys.path.pop(0)
del sys, _name, _before
gc.collect()
