"""Brings the application onto the board: what to send, into new/, then the commit that puts it in its place."""

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from host import ROOT
from host.board import inventory
from host.board.inventory import Inventory
from host.board.uploader import ToolFailed, Uploader
from host.boardmodel import bundle
from host.errors import UserError
from host.flash.steps import Steps

_COMMIT = ROOT / "firmware" / "board" / "install.py"

# A noisy line damages a file now and then; what came damaged is sent again.
_ROUNDS = 3

# littlefs: a file takes whole blocks, a folder two; some more for what it copies as it writes.
_FOLDER_BLOCKS = 2
_SPARE_BLOCKS = 8

_BAD_MARK = "inkling-bad "
_DONE_MARK = "inkling-done"
_FULL = ("ENOSPC", "Errno 28", "OSError: 28", "No space left")

# `remove` are files of an earlier transfer that nobody wants now.
_PREPARE = """
import os
os.chdir("/")
for path in {remove!r}:
    os.remove(path)
try:
    os.mkdir("new")
except OSError:
    pass
print({mark!r})
"""

# Every staged file is read again here: the sender's word is not taken for it.
_CHECK = """
import os
from binascii import hexlify
from hashlib import sha256
os.chdir("/")
buffer = bytearray(512)
view = memoryview(buffer)
good = True
for path, wanted in {staged!r}:
    hashed = sha256()
    try:
        with open(path, "rb") as file:
            while True:
                n = file.readinto(buffer)
                if not n:
                    break
                hashed.update(view[:n])
    except OSError:
        pass
    if hexlify(hashed.digest()).decode()[:{digits}] != wanted:
        good = False
        print({bad!r} + path)
if good:
    with open("new/ready", "w") as file:
        file.write({obsolete!r})
{commit}
if good:
    install()
    print({mark!r})
"""

# Of each SHA-256, so many digits go into the check: the script has to fit into the board's heap.
_DIGITS = 32


@dataclass
class Plan:
    """What makes the board hold the wanted files."""

    send: dict[str, bytes] = field(default_factory=dict)  # by the path they are for
    staged: dict[str, bytes] = field(default_factory=dict)  # these, and those sent before
    stale: list[str] = field(default_factory=list)  # in new/, wanted by nobody
    obsolete: list[str] = field(default_factory=list)  # in their places, wanted by nobody

    @property
    def nothing(self) -> bool:
        return not (self.staged or self.stale or self.obsolete)


def plan(wanted: dict[str, bytes], board: Inventory) -> Plan:
    """What is to be sent, what is there already in new/, and what is to go."""
    made = Plan()
    waiting = board.staged
    for path, data in wanted.items():
        digest = hashlib.sha256(data).hexdigest()
        if path in board.installed and board.installed[path].sha256 == digest:
            continue
        made.staged[path] = data
        if path not in waiting or waiting[path].sha256 != digest:
            made.send[path] = data
    made.stale = [staged_name(path) for path in waiting if path not in made.staged]
    if inventory.READY in board.files:  # of a transfer that is not this one
        made.stale.append(inventory.READY)
    made.obsolete = [path for path in board.installed if _is_obsolete(path, wanted)]
    return made


def _is_obsolete(path: str, wanted: dict[str, bytes]) -> bool:
    """Ours of an earlier layout, or a source that would be imported instead of our module.

    lib/ is also where `mip` puts what the user installs, so there only the latter goes.
    """
    if path in wanted or path.startswith("new/"):
        return False
    source = Path(path).with_suffix(".py").as_posix()
    return (
        path.startswith("firmware/")
        or str(Path(path).with_suffix(".mpy")) in wanted
        or source in bundle.inside()  # another file has it now
    )


def staged_name(path: str) -> str:
    """Where a file waits for its installation."""
    return "new/" + path.replace("/", "~")


def check_space(todo: Plan, wanted: dict[str, bytes], board: Inventory, port: str) -> None:
    """Raises UserError, which names the largest foreign files, if what is to be sent has no room."""
    block = board.block_bytes
    waiting = board.staged
    needed = _SPARE_BLOCKS * block
    folders = {parent for path in todo.staged for parent in Path(path).parents} - {Path(".")}
    existing = {parent for path in board.files for parent in Path(path).parents}
    needed += len((folders | {Path("new")}) - existing) * _FOLDER_BLOCKS * block
    needed += sum(_blocks(len(data), block) for data in todo.send.values())
    replaced = [waiting[path].size for path in todo.send if path in waiting]
    gone = [board.files[path].size for path in todo.stale]
    room = board.free_bytes + sum(_blocks(size, block) for size in replaced + gone)
    if needed > room:
        raise full(wanted, board, port, needed - room)


def full(
    wanted: dict[str, bytes], board: Inventory, port: str, missing_bytes: int = 0
) -> UserError:
    """The board's file system is full: how much is missing, and what could go."""
    missing = f", {missing_bytes:,} bytes are missing" if missing_bytes > 0 else ""
    foreign = list(board.foreign(wanted).items())
    largest = [f"{path} ({file.size:,})" for path, file in foreign[:3]]
    remedy = (
        f"remove what you do not need: {', '.join(largest)}"
        if largest
        else "erase the board with `esptool erase-flash` and flash again"
    )
    return UserError(f"{port}: the board's file system is full{missing}; {remedy}")


def carry_out(todo: Plan, uploader: Uploader, progress: Steps) -> int:
    """Send, check and commit; how many files were sent. Until the commit the old application stands.

    Raises ToolFailed, after which a repeat goes on where this one ended.
    """
    _run(uploader, _PREPARE.format(remove=todo.stale, mark=_DONE_MARK))
    sent = _send(todo.send, uploader, progress)
    for _ in range(_ROUNDS):
        bad = _commit(todo, uploader)
        if not bad:
            return sent
        progress.say(f"  {len(bad)} came damaged and is sent again: {', '.join(bad)}")
        sent += _send({path: todo.staged[path] for path in bad}, uploader, progress)
    raise ToolFailed("files keep coming damaged")


def finish_pending(uploader: Uploader) -> None:
    """Finish an installation that was interrupted after everything had been sent."""
    _run(uploader, f"{_COMMIT.read_text()}\ninstall()\nprint({_DONE_MARK!r})\n")


def is_full(error: ToolFailed) -> bool:
    """Whether the tool failed because the board's file system has no room left."""
    return any(word in str(error) for word in _FULL)


def _send(files: dict[str, bytes], uploader: Uploader, progress: Steps) -> int:
    if not files:
        return 0
    count, size = len(files), sum(map(len, files.values()))
    with tempfile.TemporaryDirectory(prefix="inkling-") as folder:
        paths = {path.replace("/", "~"): path for path in files}
        for name, path in paths.items():
            (Path(folder) / name).write_bytes(files[path])
        title = f"Sending {count} file{'s' * (count != 1)}, {size:,} bytes, by {uploader.name}"
        with progress.step(title, count) as advance:
            started = 0

            def on_file(name: str) -> None:
                nonlocal started
                if started:
                    advance()
                started += 1
                progress.part(f"{started}/{count} {paths.get(name, name)}")

            uploader.put(Path(folder), list(paths), "new", on_file)
    return count


def _commit(todo: Plan, uploader: Uploader) -> list[str]:
    """Check what is staged and put it in its place; or what of it is damaged."""
    staged = [
        (staged_name(path), hashlib.sha256(data).hexdigest()[:_DIGITS])
        for path, data in todo.staged.items()
    ]
    script = _CHECK.format(
        staged=staged,
        digits=_DIGITS,
        obsolete="\n".join(todo.obsolete),
        bad=_BAD_MARK,
        mark=_DONE_MARK,
        commit=_COMMIT.read_text(),
    )
    lines = uploader.run_script(script)
    bad = [line.partition(_BAD_MARK)[2] for line in lines if _BAD_MARK in line]
    if not bad and not any(_DONE_MARK in line for line in lines):
        raise ToolFailed("the board did not say that it is done")
    names = {staged_name(path): path for path in todo.staged}
    return [names[name] for name in bad if name in names]


def _run(uploader: Uploader, script: str) -> None:
    if not any(_DONE_MARK in line for line in uploader.run_script(script)):
        raise ToolFailed("the board did not say that it is done")


def _blocks(size: int, block: int) -> int:
    return -(-size // block) * block
