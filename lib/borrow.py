"""Lends modules: code that is needed for a moment is heap that the rest can use afterwards."""

import gc
import sys


def borrow(path, name):
    """The module `name` of the package `path` ("" if it is in none), loaded if it is not there."""
    gc.collect()  # or the code would go between pieces of garbage, and stand in the way when they are gone
    return __import__(_whole(path, name), None, None, ("*",))


def give_back(path, name):
    """Its work is done: nothing of it stays, if nobody else holds a part of it."""
    if sys.modules.pop(_whole(path, name), None) and path:
        delattr(sys.modules[path], name)


def lent(path, name):
    """The module, which stays only as long as what is called of it."""
    module = borrow(path, name)
    give_back(path, name)
    return module


def _whole(path, name):
    return path + "." + name if path else name
