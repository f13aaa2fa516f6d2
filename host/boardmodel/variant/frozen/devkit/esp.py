"""Stands in for the chip's `esp`."""

from _devkit import flash_size  # noqa: F401  (that is the module)


def osdebug(_uart, _level=0):
    pass


def flash_user_start():
    return 0x200000
