"""What a black box finds in its folder when it starts: which files, how full the last, how many starts before."""

import os
import sys
from array import array
from time import gmtime, ticks_ms

from micropython import const

_BLOCK_BYTES = const(4096)  # of littlefs on the chip
_OWN_BLOCKS = const(3)  # two of the folder itself, one while a block is replaced
_FILE_BYTES = const(8188)  # as blackbox.py has it: two blocks
_S_2000 = const(946_684_800)  # from 1970 to 2000, where the ESP32 begins to count
_NAME = const(b"/%06d.ndj")  # bytes, since a short text would be interned
_HEAD_START = const(b'{"k":"at","boot":')


def find(path, most_bytes, capacity):
    """Path, state and batch as blackbox.py keeps them; makes the folder, removes files too many."""
    folder = path
    path += _NAME.decode()
    most = max(1, (most_bytes // _BLOCK_BYTES - _OWN_BLOCKS) // 2)
    numbers = []
    boot = size = 0
    try:
        try:
            os.mkdir(folder)
        except OSError:  # it is there; if it cannot be made, to list it says so
            pass
        for name in _names(folder):
            digits = name[:-4]
            if digits.isdigit() and path % int(digits) == folder + "/" + name:
                numbers.append(int(digits))
        numbers.sort()
        # The bound may have been larger before, or a file is missing between two others.
        while numbers and numbers[0] <= numbers[-1] - most:
            os.remove(path % numbers.pop(0))
    except OSError:  # the first write will tell what is wrong
        pass
    for number in reversed(numbers):
        boot, length, whole = _read(path % number)
        if number == numbers[-1]:
            # A line that a power cut tore, which littlefs does not let it, ends with its file.
            size = length if whole else _FILE_BYTES
        if boot:
            break
    last = numbers[-1] if numbers else 1
    del sys.modules[__name__]  # its work is done
    epoch_s = _S_2000 if gmtime(0)[0] == 2000 else 0
    # Fill, capacity, since, lost, began, boot, last, size, most, epoch.
    state = array("i", (0, capacity, 0, 0, ticks_ms(), boot + 1, last, size, most, epoch_s))
    return path, state, bytearray(capacity)


def _names(folder):
    # On the board one by one: a card's box may have hundreds, and the heap is small.
    if not hasattr(os, "ilistdir"):
        return os.listdir(folder)
    return (entry[0] for entry in os.ilistdir(folder))


def _read(path):
    """The last boot number in a file, its length, whether its last line is whole."""
    boot = length = 0
    line = b"\n"
    try:
        with open(path, "rb") as file:
            for line in file:
                length += len(line)
                if line.startswith(_HEAD_START) and line.endswith(b"}\n"):
                    boot = int(line[len(_HEAD_START) :].split(b",")[0])
    except (OSError, ValueError, MemoryError):
        return boot, length, False
    return boot, length, line.endswith(b"\n")
