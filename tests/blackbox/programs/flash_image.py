"""Board model only. The files in a powered board's flash image, without the board.

Arguments: the image, then "read", which prints the black box's files one after the other, or
"make", which puts files of the PC into lib/ on a new file system.
"""

import os
import sys

import vfs

_BLOCK = 4096
_VFS_AT = 0x200000


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


image = Image(sys.argv[1])
if sys.argv[2] == "make":
    vfs.VfsLfs2.mkfs(image)
    vfs.mount(image, "/flash")
    os.mkdir("/flash/lib")
    for path in sys.argv[3:]:
        with open(path, "rb") as file, open("/flash/lib/" + path.split("/")[-1], "wb") as copy:
            copy.write(file.read())
    vfs.umount("/flash")
    image.file.close()
else:
    vfs.mount(image, "/flash", readonly=True)
    for name in sorted(os.listdir("/flash/log")):
        with open("/flash/log/" + name) as file:
            print(file.read(), end="")
