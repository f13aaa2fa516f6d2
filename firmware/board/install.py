"""Moves the files that were sent to new/ into their places; after a power cut, doing it again finishes it."""

import os

# The sender writes it when every file is there and whole: a list of files that are to go, one a
# line. While it is missing, new/ is a transfer under way and the old application stands.
_READY = "new/ready"


def install():
    """Finish an installation that is ready; return whether there was one. Every step can be repeated."""
    try:
        with open(_READY) as file:
            obsolete = file.read().split("\n")
    except OSError:
        return False
    staged = [name for name in os.listdir("new") if name != "ready"]
    # On a board that never had the application, a half-done one must not start: its scripts come last.
    staged.sort(key=lambda name: (name == "main.py", name == "boot.py", name))
    for name in staged:
        path = name.replace("~", "/")
        _make_folders(path)
        os.rename("new/" + name, path)  # littlefs replaces a file in one step
    for path in obsolete:
        if path:
            _remove(path)
    os.remove(_READY)
    os.rmdir("new")
    return True


def _make_folders(path):
    parts = path.split("/")
    for n in range(1, len(parts)):
        try:
            os.mkdir("/".join(parts[:n]))
        except OSError:  # it is there; if it cannot be made, the rename says so
            pass


def _remove(path):
    try:
        os.remove(path)
    except OSError:  # gone already, by the attempt before
        return
    folder = path.rpartition("/")[0]
    while folder:
        try:
            os.rmdir(folder)
        except OSError:  # not empty
            return
        folder = folder.rpartition("/")[0]
