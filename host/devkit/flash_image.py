"""The board's flash memory, a file: erased by sector to 0xFF, written as NOR flash is (bits only fall)."""

import os
from pathlib import Path

from host.errors import UserError

SECTOR_BYTES = 0x1000
ERASED = b"\xff"
MEGABYTE = 1024 * 1024


class FlashImage:
    """`flash.bin` of a board's folder, made erased when it is not there.

        flash = FlashImage(folder / "flash.bin", 4 * MEGABYTE)
        flash.erase(0x1000, 4096)
        flash.write(0x1000, data)

    Every change goes to the file at once, so nothing is lost with the process, and the board
    model may read and write the same file while the chip runs it.
    """

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        present = os.fstat(self._file).st_size
        if present > size_bytes:
            self.close()
            raise UserError(
                f"{path}: the flash of this board has {present // MEGABYTE} MB already; "
                "take another board folder for a smaller one"
            )
        if present < size_bytes:
            self._put(ERASED * (size_bytes - present), present)

    def holds(self, offset: int, size_bytes: int) -> bool:
        """Whether all of that is inside the chip."""
        return offset >= 0 and size_bytes >= 0 and offset + size_bytes <= self.size_bytes

    def read(self, offset: int, size_bytes: int) -> bytes:
        data = os.pread(self._file, size_bytes, offset)
        return data + ERASED * (size_bytes - len(data))

    def write(self, offset: int, data: bytes) -> None:
        """What was not erased before keeps its zero bits, as in the chip."""
        there = int.from_bytes(self.read(offset, len(data)), "little")
        result = (there & int.from_bytes(data, "little")).to_bytes(len(data), "little")
        self._put(result, offset)

    def erase(self, offset: int, size_bytes: int) -> None:
        """Erase every sector that the range touches."""
        start = offset - offset % SECTOR_BYTES
        end = -(-(offset + size_bytes) // SECTOR_BYTES) * SECTOR_BYTES
        self._put(ERASED * (min(end, self.size_bytes) - start), start)

    def erase_all(self) -> None:
        self.erase(0, self.size_bytes)

    def _put(self, data: bytes, offset: int) -> None:
        """All of it: on a full disk the system may take a part without a complaint."""
        while data:
            count = os.pwrite(self._file, data, offset)
            data, offset = data[count:], offset + count

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
