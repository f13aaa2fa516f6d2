"""Board model only: puts a folder of the PC on a powered board's flash image, as a new file system.

Arguments: the image, the folder.
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
