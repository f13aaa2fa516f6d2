"""What a flash tool reads out of a chip: type, revision, MAC, clocks, and the flash chip behind SPI."""

import struct
from dataclasses import dataclass

CRYSTAL_HZ = 40_000_000

_MAGIC_ADDRESS = 0x40001000
_EFUSE_MAC_POLYNOMIAL = (
    0x8C  # CRC-8 of Dallas/Maxim, reflected, as esp_efuse_mac_get_default has it
)

# GigaDevice's GD25Q32: on most WROOM modules.
_FLASH_MAKER = 0xC8
_FLASH_TYPE = 0x40
_FLASH_STATUS = {0x05: b"\x00", 0x35: b"\x02", 0x15: b"\x00"}  # the second has Quad Enable
_SFDP = (
    b"SFDP\x06\x01\x01\xff"
    b"\x00\x06\x01\x10\x30\x00\x00\xff" + bytes([_FLASH_MAKER]) + b"\x00\x01\x03\x90\x00\x00\xff"
)

_SPI_USR = 1 << 18
_SPI_HAS_ADDRESS = 1 << 30
_SPI_HAS_INPUT = 1 << 28


@dataclass(frozen=True)
class Chip:
    """What differs between the chips that we answer as."""

    name: str
    chip_id: int | None
    """What the security info says; the plain ESP32 has no such command."""
    magic: int
    uart_divider: int
    spi: int
    spi_usr: int
    spi_usr2: int
    spi_miso_length: int
    spi_data: int
    spi_address_shift: int


ESP32 = Chip(
    name="ESP32",
    chip_id=None,
    magic=0x00F01D83,
    uart_divider=0x3FF40014,
    spi=0x3FF42000,
    spi_usr=0x1C,
    spi_usr2=0x24,
    spi_miso_length=0x2C,
    spi_data=0x80,
    spi_address_shift=8,  # 24 address bits at the word's upper end
)
ESP32_S3 = Chip(
    name="ESP32-S3",
    chip_id=9,
    magic=9,
    uart_divider=0x60000014,
    spi=0x60002000,
    spi_usr=0x18,
    spi_usr2=0x20,
    spi_miso_length=0x28,
    spi_data=0x58,
    spi_address_shift=0,
)
CHIPS = {"esp32": ESP32, "esp32s3": ESP32_S3}

# The ROM measures its crystal against a slow oscillator and is off by a little; every baud rate
# that it is told is off by as much, and esptool knows. 1000 * 15625 * 102 / 40 = 39.84 MHz.
_CALIBRATION_CYCLES = 1000
_OSCILLATOR = 102
_MEASURED_CRYSTAL_HZ = _CALIBRATION_CYCLES * 15625 * _OSCILLATOR // 40


class Registers:
    """The registers of one chip, as READ_REG and WRITE_REG see them."""

    def __init__(self, chip: Chip, mac: bytes, flash_mb: int) -> None:
        self._chip = chip
        self._flash_id = bytes([_FLASH_MAKER, _FLASH_TYPE, _size_code(flash_mb)])
        self._baud = 115200
        self._written: dict[int, int] = {}
        self._fixed = {_MAGIC_ADDRESS: chip.magic}
        self._fixed.update(_esp32_fuses(mac) if chip is ESP32 else _esp32_s3_fuses(mac))

    def real_baud(self, requested: int) -> int:
        """The baud rate that comes out when the ROM is asked for one."""
        if self._chip is not ESP32:
            return requested
        return round(requested * CRYSTAL_HZ / _MEASURED_CRYSTAL_HZ)

    def set_baud(self, baud: int) -> None:
        """The UART now runs at this rate; its divider register can be read."""
        self._baud = baud

    def security_info(self) -> bytes | None:
        if self._chip.chip_id is None:
            return None
        return struct.pack("<IB7xII", 0, 0, self._chip.chip_id, 0)

    def read(self, address: int) -> int:
        if address == self._chip.uart_divider:
            return CRYSTAL_HZ // self._baud
        if address in self._fixed:
            return self._fixed[address]
        return self._written.get(address, 0)

    def write(self, address: int, value: int, mask: int = 0xFFFFFFFF) -> None:
        self._written[address] = (self.read(address) & ~mask) | (value & mask)
        if address == self._chip.spi and value & _SPI_USR:
            self._run_flash_command()
            self._written[address] &= ~_SPI_USR  # done at once

    def _run_flash_command(self) -> None:
        """One command of the SPI controller to the flash chip, its reply into the data registers."""
        chip, base = self._chip, self._chip.spi
        use = self.read(base + chip.spi_usr)
        if not use & _SPI_HAS_INPUT:
            return  # reset, wake-up, write enable: nothing to see
        bits = self.read(base + chip.spi_miso_length) + 1
        address = self.read(base + 4) >> chip.spi_address_shift if use & _SPI_HAS_ADDRESS else 0
        opcode = self.read(base + chip.spi_usr2) & 0xFF
        reply = self._flash_reply(opcode, address).ljust(4, b"\xff")
        word = int.from_bytes(reply[:4], "little") & ((1 << bits) - 1)
        self._written[base + chip.spi_data] = word

    def _flash_reply(self, opcode: int, address: int) -> bytes:
        if opcode == 0x9F:
            return self._flash_id
        if opcode == 0x5A:
            return _SFDP[address : address + 4]
        return _FLASH_STATUS.get(opcode, b"")


def mac_crc(mac: bytes) -> int:
    """The CRC-8 that is kept beside the MAC."""
    crc = 0
    for byte in mac:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_EFUSE_MAC_POLYNOMIAL if crc & 1 else 0)
    return crc


def _size_code(flash_mb: int) -> int:
    return 19 + flash_mb.bit_length()  # log2 of the bytes


def _esp32_fuses(mac: bytes) -> dict[int, int]:
    """An ESP32-D0WD-V3, revision 3.1, 240 MHz, as WROOM-32E modules carry."""
    fuses = 0x3FF5A000
    return {
        fuses + 4 * 1: int.from_bytes(mac[2:], "big"),
        fuses + 4 * 2: mac_crc(mac) << 16 | int.from_bytes(mac[:2], "big"),
        fuses + 4 * 3: 1 << 15 | 1 << 13 | 1 << 9,
        fuses + 4 * 4: 16 << 8 | _OSCILLATOR,
        fuses + 4 * 5: 1 << 24 | 1 << 20,
        0x3FF6607C: 1 << 31,  # the third revision bit, in a date register
        0x3FF5F06C: _CALIBRATION_CYCLES << 7,
        0x3FF44038: 0x13,
    }


def _esp32_s3_fuses(mac: bytes) -> dict[int, int]:
    """An ESP32-S3, QFN56, revision 0.2."""
    block1 = 0x60007044
    return {
        block1: int.from_bytes(mac[2:], "big"),
        block1 + 4: int.from_bytes(mac[:2], "big"),
        block1 + 4 * 3: 2 << 18,
        0x60004038: 1 << 3,
    }
