"""The serial loader in the ESP32's ROM: takes a request packet, gives the reply packets.

Code that is loaded into RAM (MEM_BEGIN, MEM_DATA, MEM_END) cannot run here, with one exception:
esptool's own stub is recognised, and `stub_loader` speaks in its place. What only the stub knows
(erase-flash, erase-region) the ROM refuses as it does any unknown command. Our own commands use
`--no-stub`.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable
from enum import Enum

from host.devkit.esp_image import checksum
from host.devkit.flash_image import MEGABYTE, FlashImage
from host.devkit.loader.registers import Registers

LONGEST_PACKET_BYTES = 2 * (0x4000 + 64)  # escaped, every byte may take two
SYNC_REPLIES = 8

_REQUEST = struct.Struct("<BBHI")
_SYNC = b"\x07\x07\x12\x20" + b"\x55" * 32
_DATA_HEADER = struct.Struct("<IIII")
_SLOW_READ_BYTES = 64
_ROM_FLASH_BYTES = 2 * MEGABYTE
"""The ROM believes in 2 MB until SPI_SET_PARAMS says otherwise."""
_MOST_RAM_BYTES = 0x80000


class Error(Enum):
    """What a request may be refused for; the values are the ROM's codes."""

    INVALID = 0x05
    FAILED = 0x06
    BAD_CHECKSUM = 0x07
    READ_LENGTH = 0x0A
    DEFLATE = 0x0B


class Exit(Enum):
    """How the loader was told to end."""

    RUN = "go on with what is in flash"
    REBOOT = "reset"


class Refused(Exception):
    """The reply is an error; the argument says which."""


class RomLoader:
    """One stay in the download mode, from reset to reset.

        loader = RomLoader(flash, registers)
        for reply in loader.answer(request): ...
        if loader.exit: ...

    `baud` is a new rate to take on after the replies are out, `synced` whether the host was
    understood once (the ROM finds the host's baud rate until then), `code` what was loaded into
    RAM and started.
    """

    sync_value = 0x20120707
    """The ROM answers SYNC with anything but zero, which is the stub's."""

    def __init__(self, flash: FlashImage, registers: Registers) -> None:
        self.baud: int | None = None
        self.synced = False
        self.exit: Exit | None = None
        self.code: bytes | None = None
        self._flash = flash
        self._registers = registers
        self._ram = bytearray()
        self._attached = False
        self._flash_bytes = _ROM_FLASH_BYTES
        self._blocks_left = 0
        self._block_bytes = 0
        self._sequence = 0
        self._at = 0
        self._inflate = None
        self._commands: dict[int, Callable[[bytes, int], tuple[int, bytes]]] = {
            0x02: self._flash_begin,
            0x03: self._flash_data,
            0x04: self._flash_end,
            0x05: self._ram_begin,
            0x06: self._ram_end,
            0x07: self._ram_data,
            0x09: self._write_register,
            0x0A: self._read_register,
            0x0B: self._set_parameters,
            0x0D: self._attach,
            0x0E: self._slow_read,
            0x0F: self._change_baud,
            0x10: self._deflate_begin,
            0x11: self._deflate_data,
            0x12: self._flash_end,
            0x13: self._md5,
            0x14: self._security_info,
        }

    def answer(self, packet: bytes) -> list[bytes]:
        """The reply packets, none for what is no request at all."""
        self.baud = None
        if len(packet) < _REQUEST.size or packet[0] != 0:
            return []
        _, command, size_bytes, stated_sum = _REQUEST.unpack_from(packet)
        data = packet[_REQUEST.size :]
        if command == 0x08 and data == _SYNC:
            self.synced = True
            return [self._reply(command, self.sync_value)] * SYNC_REPLIES
        handler = self._commands.get(command)
        if handler is None or len(data) != size_bytes:
            return [self._reply(command, error=Error.INVALID)]
        try:
            value, result = handler(data, stated_sum)
        except Refused as refused:
            return [self._reply(command, error=refused.args[0])]
        except struct.error:  # too short or too long for its command
            return [self._reply(command, error=Error.INVALID)]
        return [self._reply(command, value, result)]

    # Registers

    def _read_register(self, data: bytes, _: int) -> tuple[int, bytes]:
        (address,) = struct.unpack("<I", data)
        return self._registers.read(address), b""

    def _write_register(self, data: bytes, _: int) -> tuple[int, bytes]:
        if not data:
            raise Refused(Error.INVALID)
        for address, value, mask, _delay_us in struct.iter_unpack("<IIII", data):
            self._registers.write(address, value, mask)
        return 0, b""

    def _security_info(self, data: bytes, _: int) -> tuple[int, bytes]:
        info = self._registers.security_info()
        if info is None:
            raise Refused(Error.INVALID)  # no such command in the ESP32's ROM
        return 0, info

    # Code

    def _ram_begin(self, data: bytes, _: int) -> tuple[int, bytes]:
        size_bytes, self._blocks_left, self._block_bytes, _address = struct.unpack("<IIII", data)
        if size_bytes + len(self._ram) > _MOST_RAM_BYTES:
            raise Refused(Error.FAILED)
        self._sequence = 0
        return 0, b""

    def _ram_data(self, data: bytes, stated_sum: int) -> tuple[int, bytes]:
        self._ram += self._block(data, stated_sum)
        self._count_block()
        return 0, b""

    def _ram_end(self, data: bytes, _: int) -> tuple[int, bytes]:
        stay, _entry = struct.unpack("<II", data)
        if not stay:
            self.code = bytes(self._ram)
        return 0, b""

    # The line and the flash chip

    def _change_baud(self, data: bytes, _: int) -> tuple[int, bytes]:
        requested, _old = struct.unpack("<II", data)
        if not requested:
            raise Refused(Error.INVALID)
        self.baud = self._registers.real_baud(requested)
        return 0, b""

    def _attach(self, data: bytes, _: int) -> tuple[int, bytes]:
        struct.unpack("<II", data)
        self._attached = True
        return 0, b""

    def _set_parameters(self, data: bytes, _: int) -> tuple[int, bytes]:
        self._flash_bytes = struct.unpack("<IIIIII", data)[1]
        return 0, b""

    def _require_flash(self, offset: int, size_bytes: int) -> None:
        fits = offset + size_bytes <= self._flash_bytes and self._flash.holds(offset, size_bytes)
        if not self._attached or not fits:
            raise Refused(Error.FAILED)

    def _slow_read(self, data: bytes, _: int) -> tuple[int, bytes]:
        offset, size_bytes = struct.unpack("<II", data)
        if size_bytes > _SLOW_READ_BYTES:
            raise Refused(Error.READ_LENGTH)
        self._require_flash(offset, size_bytes)
        return 0, self._flash.read(offset, size_bytes).ljust(_SLOW_READ_BYTES, b"\0")

    def _md5(self, data: bytes, _: int) -> tuple[int, bytes]:
        offset, size_bytes, _, _ = struct.unpack("<IIII", data)
        self._require_flash(offset, size_bytes)
        digest = hashlib.md5(self._flash.read(offset, size_bytes)).hexdigest()
        return 0, digest.encode()

    # Writing

    def _flash_begin(self, data: bytes, _: int) -> tuple[int, bytes]:
        # The S3 has a fifth word (encrypted), the ESP32 not.
        words = 5 if self._registers.security_info() else 4
        size_bytes, blocks, block_bytes, offset, *_ = struct.unpack(f"<{words}I", data)
        if size_bytes:
            self._require_flash(offset, size_bytes)
            self._flash.erase(offset, size_bytes)
        self._blocks_left, self._block_bytes = blocks, block_bytes
        self._sequence, self._at, self._inflate = 0, offset, None
        return 0, b""

    def _deflate_begin(self, data: bytes, stated_sum: int) -> tuple[int, bytes]:
        answer = self._flash_begin(data, stated_sum)
        self._inflate = zlib.decompressobj()
        return answer

    def _block(self, data: bytes, stated_sum: int) -> bytes:
        size_bytes, sequence, _, _ = _DATA_HEADER.unpack_from(data)
        block = data[_DATA_HEADER.size :]
        if size_bytes != len(block) or size_bytes > self._block_bytes:
            raise Refused(Error.INVALID)
        if checksum(block) != stated_sum & 0xFF:
            raise Refused(Error.BAD_CHECKSUM)
        if sequence != self._sequence or not self._blocks_left:
            raise Refused(Error.FAILED)
        return block

    def _flash_data(self, data: bytes, stated_sum: int) -> tuple[int, bytes]:
        block = self._block(data, stated_sum)
        if self._inflate:
            raise Refused(Error.FAILED)
        self._program(block)
        return 0, b""

    def _deflate_data(self, data: bytes, stated_sum: int) -> tuple[int, bytes]:
        block = self._block(data, stated_sum)
        if not self._inflate:
            raise Refused(Error.FAILED)
        try:
            plain = self._inflate.decompress(block)
        except zlib.error:
            raise Refused(Error.DEFLATE) from None
        self._program(plain)
        return 0, b""

    def _program(self, plain: bytes) -> None:
        self._require_flash(self._at, len(plain))
        self._flash.write(self._at, plain)
        self._at += len(plain)
        self._count_block()

    def _count_block(self) -> None:
        self._sequence += 1
        self._blocks_left -= 1

    def _flash_end(self, data: bytes, _: int) -> tuple[int, bytes]:
        (stay,) = struct.unpack("<I", data)
        self.exit = Exit.RUN if stay else Exit.REBOOT
        return 0, b""

    # Replies

    def _reply(
        self, command: int, value: int = 0, result: bytes = b"", error: Error | None = None
    ) -> bytes:
        body = result + self._status(error)
        return struct.pack("<BBHI", 1, command, len(body), value) + body

    def _status(self, error: Error | None) -> bytes:
        """The ESP32's ROM ends every reply with four bytes; the last two mean nothing."""
        return bytes([1, error.value, 0, 0]) if error else bytes(4)
