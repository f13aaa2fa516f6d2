"""Helpers of the tests that interrupt: a whole application to replace, and cuts at tenths of its transfer."""

import re
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from flashing import SPEED, WIFI, Flash, Inkling, Transfer, complaint, new_board, runs, wait_for

from host import ROOT
from host.devkit.devkit import DevKit

_START = Path("firmware", "start.py")  # which has the version that the boot record says
OLD = re.search(r'^VERSION = "(.+?)"', (ROOT / _START).read_text(), re.MULTILINE)[1]
NEW = OLD + "-new"
TENTHS = range(1, 10)

_RENAME_MS = 200
_LOOK_S = 0.02

# Three boards side by side: much of such a test is waiting for a board that will not answer.
LANES = tuple(TENTHS[first::3] for first in range(3))


class Fault(NamedTuple):
    """What happens to the board, after so many more bytes or now; how it is undone; what is said of it."""

    after: Callable
    now: Callable
    undo: Callable
    words: str


CABLE = Fault(
    DevKit.pull_cable_after, DevKit.pull_cable, DevKit.plug_cable, "nothing listens there"
)
POWER = Fault(
    DevKit.cut_power_after,
    DevKit.cut_power,
    DevKit.restore_power,
    "make flash again goes on from here",
)


def change_everything(checkout: Path) -> None:
    """Every module differs, both scripts do, and the boot record tells the new version."""
    _change(checkout / "boot.py", checkout / "main.py", *_modules(checkout))
    _renew(checkout)


def change_a_few(checkout: Path) -> None:
    """Three modules differ; none of the core's, which are one file on the board."""
    firmware = checkout / "firmware"
    talk = firmware / "feeds" / "spot_v2_talk.py"
    _change(checkout / "lib" / "wsanswer.py", talk, firmware / "kernels" / "decode_v2.py")


def _change(*files: Path) -> None:
    for file in files:
        # Each by a name of its own: what becomes the core must not say one thing twice.
        name = re.sub(r"\W", "_", f"new_in_{file.parent.name}_{file.stem}")
        file.write_text(file.read_text() + f"\n{name} = 1\n")


def _renew(checkout: Path) -> None:
    """The boot record says so."""
    start = checkout / _START
    text = start.read_text()
    assert text.count(f'"{OLD}"') == 1
    start.write_text(text.replace(f'"{OLD}"', f'"{NEW}"'))


def cut_at_tenths(fault: Fault, make_flash: Callable[[str], Flash], flashed, folder: Path) -> None:
    """Every tenth of the transfer is cut once, on one of the boards."""

    def lane(number: int) -> None:
        board = new_board(folder / f"board{number}", like=flashed.folder)
        _cut_and_resume(
            fault, make_flash(f"cache{number}"), board, LANES[number], flashed.transfer
        )

    with ThreadPoolExecutor(len(LANES)) as pool:
        for done in [pool.submit(lane, number) for number in range(len(LANES))]:
            done.result()


def cut_during_commit(fault: Fault, flash: Flash, kit, checkout: Path) -> None:
    """The files are all there and some are in their places: the board finishes it at its next start."""
    change_a_few(checkout)
    _renew(checkout)
    # The chip's flash is slower than the file that plays it here; this gives time to cut.
    commit = checkout / "firmware" / "board" / "install.py"
    text = commit.read_text()
    step = '        os.rename("new/" + name, path)'
    assert text.count(step) == 1
    pause = f"        __import__('time').sleep_ms({_RENAME_MS})\n"
    commit.write_text(text.replace(step, pause + step))
    process = flash.inkling.start(*flash.arguments(kit), **WIFI)
    _announced(process, at_most=sys.maxsize)
    _wait_until_committing(kit)
    fault.now(kit)
    # Had it come to its end, the command would not complain; had it not begun, the old one would run.
    line = complaint(process)
    assert fault.words in line, line
    fault.undo(kit)
    assert runs(kit)["v"] == NEW
    assert not flash.outcome(kit)["sent"]


def _wait_until_committing(kit, timeout_s: float = 60) -> None:
    """Until new/ready has its name in a folder of the board's flash, and then some files have moved."""
    file = kit.folder / "flash.bin"
    before = _names_in(file)
    until = time.monotonic() + timeout_s
    while _names_in(file) <= before:
        assert time.monotonic() < until
        time.sleep(_LOOK_S)
    time.sleep(2.5 * _RENAME_MS / 1000)


def _names_in(file: Path) -> int:
    """How often new/ready is written there as the name of a file, which is not as in any text."""
    data = file.read_bytes()
    around = [data[place - 1 : place + 6] for place in _places(data, b"ready")]
    return sum(each[:1] not in b"/ " and each[-1:] != b"\0" for each in around)


def _places(data: bytes, words: bytes) -> Iterable[int]:
    place = data.find(words)
    while place >= 0:
        yield place
        place = data.find(words, place + 1)


def _cut_and_resume(
    fault: Fault, flash: Flash, board: Path, tenths: Iterable[int], transfer: Transfer
) -> None:
    """Each repeat goes on where the last cut was, and is cut at the next of these tenths; the last is not."""
    files = [path for path in transfer.starts if path not in ("config.json", "ca.der")]
    with DevKit(board, speed=SPEED) as kit:
        left = len(files)
        for tenth in tenths:
            process = flash.inkling.start(*flash.arguments(kit), **WIFI)
            left = _announced(process, at_most=left)
            # What came whole the last time is a part of the way that need not be gone again.
            at_bytes = transfer.starts[files[len(files) - left]]
            wanted_bytes = transfer.total_bytes * tenth // 10
            assert at_bytes < wanted_bytes
            fault.after(kit, wanted_bytes - at_bytes)
            line = complaint(process)
            assert fault.words in line, line
            fault.undo(kit)
            assert runs(kit)["v"] == OLD
        healed = flash.outcome(kit)
        assert 1 <= len(healed["sent"]) <= left < len(files)
        assert healed["boot"]["v"] == NEW


def _announced(process, at_most: int) -> int:
    """How many files are about to be sent: never more than before."""
    count = int(re.match(r"Sending (\d+) file", wait_for(process, "Sending "))[1])
    assert 1 <= count <= at_most
    return count


def _modules(checkout: Path) -> list[Path]:
    """Those that become a file of the board."""
    return [
        path
        for top in ("firmware", "lib")
        for path in sorted((checkout / top).rglob("*.py"))
        if path.stat().st_size and path.name != "manifest.py"
    ]


def flash_of(checkout: Path, cache: Path, firmware: Path, settings: Path) -> Flash:
    """`inkling flash` of this checkout, with a cache of its own."""
    inkling = Inkling(cache)
    inkling.use(checkout)
    return Flash(inkling, firmware, settings)
