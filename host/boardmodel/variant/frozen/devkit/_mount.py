"""Mounts the file system of the vfs partition; makes one on a new board."""

import time

from esp32 import Partition

_IOCTL_BLOCK_SIZE = 5

_BOOT_PY = """\
# This file is executed on every boot (including wake-boot from deepsleep)
#import esp
#esp.osdebug(None)
"""


def mount(vfs):
    """Mount at "/"; the partition, or None where the flash has no room for one."""
    found = Partition.find(Partition.TYPE_DATA, label="vfs")
    if not found:
        return None
    device = found[0]
    try:
        vfs.mount(device, "/")
    except OSError:
        if not _is_erased(device):
            _complain()
        print("Performing initial setup")
        vfs.VfsLfs2.mkfs(device)
        vfs.mount(vfs.VfsLfs2(device), "/")
        with open("boot.py", "w") as file:
            file.write(_BOOT_PY)
    return device


def _is_erased(device):
    block = bytearray(device.ioctl(_IOCTL_BLOCK_SIZE, 0))
    device.readblocks(0, block)
    return all(byte == 0xFF for byte in block)


def _complain():
    """Never format away what somebody may still want; Ctrl-C ends this."""
    import micropython

    micropython.kbd_intr(3)
    while True:
        print("The filesystem appears to be corrupted.\n")  # the first words of the chip's own
        time.sleep(3)
