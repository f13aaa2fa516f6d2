"""Board model only. The files in a powered board's flash image, without the board.

Arguments: the image, then a folder of the PC, which goes onto a new file system; or no more, which
prints the black box's files one after the other.
"""

import os
import sys

import vfs

_BLOCK = 4096
_VFS_AT = 0x200000
_FOLDER = 0x4000


class Image:
    def __init__(self, path):
        self.file = open(path, "r+b")

    def readblocks(self, block, buf, offset=0):
        self.file.seek(_VFS_AT + block * _BLOCK + offset)
        self.file.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        self.file.seek(_VFS_AT + block * _BLOCK + offset)
        self.file.write(buf)

    def ioctl(self, what, value):
        if what == 3:
            self.file.flush()
        return {4: 512, 5: _BLOCK}.get(what, 0)


def copy(here, there):
    os.mkdir(there)
    for name, kind, *_ in os.ilistdir(here):
        if kind == _FOLDER:
            copy(here + "/" + name, there + "/" + name)
        else:
            with open(here + "/" + name, "rb") as file, open(there + "/" + name, "wb") as out:
                out.write(file.read())


image = Image(sys.argv[1])
if len(sys.argv) > 2:
    vfs.VfsLfs2.mkfs(image)
    vfs.mount(image, "/flash")
    for name, kind, *_ in os.ilistdir(sys.argv[2]):
        if kind == _FOLDER:
            copy(sys.argv[2] + "/" + name, "/flash/" + name)
        else:
            with open(sys.argv[2] + "/" + name, "rb") as file, open("/flash/" + name, "wb") as out:
                out.write(file.read())
    vfs.umount("/flash")
    image.file.close()
else:
    vfs.mount(image, "/flash", readonly=True)
    for name in sorted(os.listdir("/flash/log")):
        with open("/flash/log/" + name) as file:
            print(file.read(), end="")
