"""Brings the black box's files over the serial line, each with its hash; and removes them from the board."""

import hashlib
import json
from binascii import unhexlify
from collections.abc import Callable
from dataclasses import dataclass, field

from host.board.uploader import Mpremote, ToolFailed

_MARK = "inkling-pull "
_TRIES = 3
_DIGITS = 16

# What the settings ask for is asked of the application's own module: it knows how to mount a card.
# A line that is no record, because a power cut tore it, comes in hexadecimal.
_READ = """
import json, os
from binascii import hexlify
from hashlib import sha256
folders, why = ["log"], None
try:
    with open("config.json") as file:
        on = json.loads(file.read()).get("blackbox_on")
    if on == "sd":
        from firmware.board import storage
        folder, why = storage.folder(on)
        if not why:
            folders.append(folder)
except (OSError, ValueError, ImportError, AttributeError) as error:
    why = str(error)
def numbered(folder):
    found = []
    for name in os.listdir(folder):
        if name.endswith(".ndj") and name[:-4].isdigit():
            found.append((int(name[:-4]), name))
    return [name for _, name in sorted(found)]
paths = []
there = 0
for folder in folders:
    try:
        paths += [folder + "/" + name for name in numbered(folder)]
        there += 1
    except OSError:
        pass
print({mark!r} + json.dumps({{"paths": paths, "there": there, "why": why}}))
for path in paths:
    if path in {have!r}:
        continue
    print({mark!r} + "file " + path)
    hashed = sha256(path.encode())
    with open(path, "rb") as file:
        for line in file:
            hashed.update(line)
            if line.endswith(b"}}\\n") and all(32 <= c <= 126 for c in line[:-1]):
                print(line[:-1].decode())
            else:
                print({mark!r} + "hex " + hexlify(line).decode())
    print({mark!r} + "end " + hexlify(hashed.digest()).decode()[:{digits}])
"""

# The newest file stays, with the head of its last batch: files and starts are counted on from there.
_CLEAR = """
import os
for path in {paths!r}:
    if path.startswith("/sd/"):
        from firmware.board import storage
        storage.folder("sd")
        break
for path in {paths!r}:
    if path in {heads!r}:
        with open(path, "wb") as file:
            file.write({heads!r}[path])
    else:
        os.remove(path)
print({mark!r} + "cleared")
"""


@dataclass
class Found:
    """What the board has: files by their paths, oldest first. `why`: what is wrong with its card."""

    there: bool
    why: str | None
    paths: list[str]
    files: dict[str, bytes] = field(default_factory=dict)


class Puller(Mpremote):
    """mpremote, heard line by line."""

    def pull(self, on_list: Callable[[int], None], on_file: Callable[[], None]) -> Found:
        """Every file, whole; `on_list` hears how many there are. Raises ToolFailed, UserError."""
        found = None
        for _ in range(_TRIES):
            found = self._read(found.files if found else {}, on_list, on_file)
            if len(found.files) == len(found.paths):
                return found
        raise ToolFailed("what came was damaged, three times; another cable may help")

    def clear(self, paths: list[str], heads: dict[str, bytes]) -> None:
        """Remove these files, but for those that are to hold a head alone."""
        script = _CLEAR.format(paths=paths, heads=heads, mark=_MARK)
        if _MARK + "cleared" not in self.run_script(script):
            raise ToolFailed("the board did not say that its black box is empty")

    def _read(
        self,
        have: dict[str, bytes],
        on_list: Callable[[int], None],
        on_file: Callable[[], None],
    ) -> Found:
        listener = _Listener(dict(have), on_list, on_file)
        script = _READ.format(mark=_MARK, have=list(have), digits=_DIGITS)
        self._run(
            ["mpremote", "connect", self._port, "run", "/dev/stdin"],
            script=script,
            on_line=listener.take,
        )
        if listener.found is None:
            raise ToolFailed("the board's list of files came damaged")
        return listener.found


class _Listener:
    """Puts files together from the lines that come."""

    def __init__(
        self,
        files: dict[str, bytes],
        on_list: Callable[[int], None],
        on_file: Callable[[], None],
    ) -> None:
        self.found: Found | None = None
        self._files = files
        self._on_list, self._on_file = on_list, on_file
        self._path = ""
        self._data = b""

    def take(self, line: str) -> None:
        """A line of the board's, without its end."""
        before, mark, told = line.partition(_MARK)
        if not mark or before:
            self._data += line.encode() + b"\n"
            return
        word, _, rest = told.partition(" ")
        if told.startswith("{"):
            self._list(told)
        elif word == "file":
            self._path, self._data = rest, b""
        elif word == "hex":
            self._hex(rest)
        elif word == "end":
            hashed = hashlib.sha256(self._path.encode() + self._data).hexdigest()
            if self.found and self._path in self.found.paths and hashed[:_DIGITS] == rest:
                self._files[self._path] = self._data
                self._on_file()

    def _list(self, told: str) -> None:
        try:
            listed = json.loads(told)
            self.found = Found(bool(listed["there"]), listed["why"], listed["paths"], self._files)
        except (ValueError, KeyError, TypeError):
            return
        self._on_list(len(self.found.paths))

    def _hex(self, digits: str) -> None:
        try:
            self._data += unhexlify(digits)
        except ValueError:  # damaged; its file's hash will tell
            self._data += b"?"
