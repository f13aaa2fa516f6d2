"""What esptool's stub does once it is in RAM: the ROM's protocol, some of it changed, and more commands."""

import hashlib
import struct

from host.devkit.flash_image import SECTOR_BYTES, FlashImage
from host.devkit.loader.registers import Registers
from host.devkit.loader.rom import Error, Exit, Refused, RomLoader

GREETING = b"OHAI"

_CODES = {
    Error.INVALID: 0xC3,
    Error.FAILED: 0xC4,
    Error.BAD_CHECKSUM: 0xC1,
    Error.READ_LENGTH: 0xC0,
    Error.DEFLATE: 0xC7,
}


def is_stub(code: bytes) -> bool:
    """Whether that is esptool's stub; it carries the greeting that it sends."""
    return GREETING in code


class StubLoader(RomLoader):
    """Answers as the stub after `GREETING` was sent; used as a RomLoader is."""

    sync_value = 0

    def __init__(self, flash: FlashImage, registers: Registers) -> None:
        super().__init__(flash, registers)
        self.synced = True
        self._flash_bytes = flash.size_bytes
        self._attached = True
        self._erased_to = 0
        self._reading: _Reading | None = None
        del self._commands[0x0E]
        self._commands[0xD0] = self._erase_all
        self._commands[0xD1] = self._erase_region
        self._commands[0xD2] = self._read_flash
        self._commands[0xD3] = self._run

    def answer(self, packet: bytes) -> list[bytes]:
        if self._reading and len(packet) == 4:
            return self._read_on(int.from_bytes(packet, "little"))
        replies = super().answer(packet)
        if self._reading and packet[1:2] == b"\xd2":
            return replies + self._read_on(0)
        self._reading = None
        return replies

    def _status(self, error: Error | None) -> bytes:
        return bytes([_CODES[error], 0]) if error else bytes(2)

    def _attach(self, data: bytes, _: int) -> tuple[int, bytes]:
        struct.unpack("<I", data)
        return 0, b""

    def _change_baud(self, data: bytes, _: int) -> tuple[int, bytes]:
        self.baud, _old = struct.unpack("<II", data)
        return 0, b""

    def _md5(self, data: bytes, stated_sum: int) -> tuple[int, bytes]:
        value, digest = super()._md5(data, stated_sum)
        return value, bytes.fromhex(digest.decode())

    # Erasing is done as the data comes, not before.

    def _flash_begin(self, data: bytes, _: int) -> tuple[int, bytes]:
        size_bytes, blocks, block_bytes, offset, _encrypted = struct.unpack("<5I", data)
        self._require_flash(offset, size_bytes)
        self._blocks_left, self._block_bytes = blocks, block_bytes
        self._sequence, self._at, self._inflate = 0, offset, None
        self._erased_to = offset - offset % SECTOR_BYTES
        return 0, b""

    def _program(self, plain: bytes) -> None:
        # The last block is filled up by esptool, maybe beyond the end of the chip.
        plain = plain[: max(0, self._flash.size_bytes - self._at)]
        while self._erased_to < self._at + len(plain):
            self._flash.erase(self._erased_to, SECTOR_BYTES)
            self._erased_to += SECTOR_BYTES
        super()._program(plain)

    def _flash_end(self, data: bytes, _: int) -> tuple[int, bytes]:
        (stay,) = struct.unpack("<I", data)
        if not stay:
            self.exit = Exit.REBOOT
        return 0, b""

    def _run(self, data: bytes, _: int) -> tuple[int, bytes]:
        self.exit = Exit.REBOOT
        return 0, b""

    def _erase_all(self, data: bytes, _: int) -> tuple[int, bytes]:
        self._flash.erase_all()
        return 0, b""

    def _erase_region(self, data: bytes, _: int) -> tuple[int, bytes]:
        offset, size_bytes = struct.unpack("<II", data)
        self._require_flash(offset, size_bytes)
        if offset % SECTOR_BYTES or size_bytes % SECTOR_BYTES:
            raise Refused(Error.READ_LENGTH)
        self._flash.erase(offset, size_bytes)
        return 0, b""

    # Reading: blocks as they are acknowledged, then their MD5.

    def _read_flash(self, data: bytes, _: int) -> tuple[int, bytes]:
        offset, size_bytes, block_bytes, window = struct.unpack("<IIII", data)
        self._require_flash(offset, size_bytes)
        if not block_bytes or not window:
            raise Refused(Error.READ_LENGTH)
        self._reading = _Reading(self._flash.read(offset, size_bytes), block_bytes, window)
        return 0, b""

    def _read_on(self, acknowledged_bytes: int) -> list[bytes]:
        assert self._reading
        packets, done = self._reading.next(acknowledged_bytes)
        if done:
            self._reading = None
        return packets


class _Reading:
    """One READ_FLASH under way."""

    def __init__(self, data: bytes, block_bytes: int, window: int) -> None:
        self._data = data
        self._block_bytes = block_bytes
        self._window_bytes = window * block_bytes
        self._sent_bytes = 0

    def next(self, acknowledged_bytes: int) -> tuple[list[bytes], bool]:
        """The packets that may go now, and whether they are the last."""
        packets = []
        end = min(len(self._data), acknowledged_bytes + self._window_bytes)
        while self._sent_bytes < end:
            packets.append(self._data[self._sent_bytes : self._sent_bytes + self._block_bytes])
            self._sent_bytes += len(packets[-1])
        if acknowledged_bytes < len(self._data):
            return packets, False
        return [*packets, hashlib.md5(self._data).digest()], True
