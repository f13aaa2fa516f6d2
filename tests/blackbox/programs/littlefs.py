"""Board only. A black box on a littlefs like the chip's, over 10,000 events: blocks, erasures, heap, heap lock.

Says JSON: the most blocks the folder took, erasures and programmed bytes a write, what stayed in the heap.
"""

import gc
import json
import sys
from time import ticks_ms

import micropython
import vfs

from blackbox import BlackBox

_BLOCK = 4096
_BLOCKS = 128
_EVENTS = 10_000
_A_BATCH = 4


class Flash:
    """RAM that counts what wears a flash."""

    def __init__(self):
        self.data = bytearray(b"\xff" * (_BLOCK * _BLOCKS))
        self.erased = [0] * _BLOCKS
        self.programmed = 0
        self.fails = False

    def readblocks(self, block, buf, offset=0):
        at = block * _BLOCK + offset
        buf[:] = self.data[at : at + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        if self.fails:
            return -5
        at = block * _BLOCK + offset
        self.data[at : at + len(buf)] = buf
        self.programmed += len(buf)

    def ioctl(self, what, value):
        if what == 4:
            return _BLOCKS
        if what == 5:
            return _BLOCK
        if what == 6:
            if self.fails:
                return -5
            self.erased[value] += 1
        return 0


def taken():
    from os import statvfs

    said = statvfs("/ram")
    return said[2] - said[3]


def event(n):
    return b'{"k":"state","p":"BTC/USD","t":%d,"st":"STALE","why":"disconnect"}\n' % (
        1_795_260_000_000 + n
    )


def wear(bound):
    """10,000 events, and what they cost."""
    flash = Flash()
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(flash, "/ram")
    before = taken()
    box = BlackBox("/ram/log", bound, 512, b"")
    most = writes = 0
    erased_before = sum(flash.erased)
    flash.programmed = 0
    used = 0
    for first in range(0, _EVENTS, _A_BATCH):
        for n in range(first, first + _A_BATCH):
            line = event(n)
            box.note(line, len(line))
        assert box.flush(None) is None
        writes += 1
        most = max(most, taken() - before)
        if first == _EVENTS // 2:
            gc.collect()
            used = gc.mem_alloc()
    line = None
    gc.collect()
    stayed = gc.mem_alloc() - used
    with open("/ram/log/%06d.ndj" % box.state[6]) as file:
        *_, last = file
    erased = sum(flash.erased) - erased_before
    vfs.umount("/ram")
    return {
        "most_blocks": most,
        "writes": writes,
        "erasures": erased,
        "programmed": flash.programmed,
        "worst_block": max(flash.erased),
        "stayed": stayed,
        "last": last,
    }


def locked():
    """Noting, and a look that finds nothing to write, with the heap locked."""
    flash = Flash()
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(flash, "/ram")
    box = BlackBox("/ram/log", 65536, 512, b"")
    line = event(1)
    count = len(line)
    now = ticks_ms()
    micropython.heap_lock()
    for _ in range(20):
        box.note(line, count)
        box.flush(now)
    micropython.heap_unlock()
    vfs.umount("/ram")
    return box.state[3]


def full_and_broken():
    """What is said when a file of somebody else's fills the flash, and when the chip refuses; the old events stay."""
    said = []
    for fails in (False, True):
        flash = Flash()
        vfs.VfsLfs2.mkfs(flash)
        vfs.mount(flash, "/ram")
        box = BlackBox("/ram/log", 65536, 512, b"")
        line = event(1)
        box.note(line, len(line))
        box.flush(None)
        if fails:
            flash.fails = True
        else:
            try:
                for n in range(_BLOCKS):
                    with open("/ram/%d" % n, "w") as file:
                        file.write("x" * _BLOCK)
            except OSError:
                pass
        answers = []
        for _ in range(200):
            for _ in range(6):
                box.note(line, len(line))
            answers.append(box.flush(None))
        flash.fails = False
        with open("/ram/log/000001.ndj") as file:
            kept = file.read().count("STALE")
        said.append([[answer for answer in answers if answer], kept])
        vfs.umount("/ram")
    return said


print(json.dumps({"wear": wear(int(sys.argv[1])), "lost": locked(), "trouble": full_and_broken()}))
