"""Board model only. The black box on an SD card of RAM with a FAT on it, or what is wrong with the card.

The argument: "good", "no FAT", "no card" or "no slot". Says the folder, why, and what is read there in the end.
"""

import os
import sys

import vfs

from blackbox import BlackBox
from firmware.board import storage

_SECTOR = 512
_SECTORS = 256


class Card:
    """What machine.SDCard is to a program: a block device, one of 512-byte sectors."""

    data = bytearray(_SECTOR * _SECTORS)
    opened = 0

    def __init__(self, slot):
        assert slot == 2
        if sys.argv[1] == "no card":
            raise OSError(-259)
        Card.opened += 1

    def deinit(self):
        Card.opened -= 1

    def readblocks(self, block, buf):
        at = block * _SECTOR
        buf[:] = self.data[at : at + len(buf)]

    def writeblocks(self, block, buf):
        at = block * _SECTOR
        self.data[at : at + len(buf)] = buf

    def ioctl(self, what, value):
        return {4: _SECTORS, 5: _SECTOR}.get(what, 0)


class Machine:
    pass


sys.modules["machine"] = Machine
if sys.argv[1] != "no slot":
    Machine.SDCard = Card
if sys.argv[1] == "good":
    vfs.VfsFat.mkfs(Card(2))
    Card.opened = 0
for _ in range(2):
    folder, why = storage.folder("sd")
    print(folder, why, Card.opened)
if why is None:
    for _ in range(3):
        box = BlackBox(folder, 32 * 1024, 512, b"")
        for n in range(100):
            line = b'{"k":"net","n":%d}\n' % n
            box.note(line, len(line))
            assert box.flush(None) is None
    print(sum(os.stat(folder + "/" + name)[6] for name in os.listdir(folder)) <= 32 * 1024)
    with open("%s/%06d.ndj" % (folder, box.state[6])) as file:
        *_, head, last = file
    print(head[:18], last, sep="\n", end="")
