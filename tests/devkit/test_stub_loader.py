"""esptool with its stub at the virtual DevKit: the faster protocol, and what only the stub can do."""

import hashlib
import struct
from pathlib import Path

import pytest
from devkit_tools import flash_directly, loader_with_stub, open_port, read_until, written

from host.devkit import stand_in_image
from host.devkit.devkit import DevKit
from host.devkit.esp_image import checksum
from host.devkit.flash_image import MEGABYTE, FlashImage
from host.devkit.loader import slip
from host.devkit.loader.registers import ESP32, Registers
from host.devkit.loader.stub import StubLoader


def noise(size_bytes: int) -> bytes:
    return hashlib.shake_128(b"noise").digest(size_bytes)


@pytest.mark.parametrize(
    ("chip", "packing"), [("esp32", "--compress"), ("esp32s3", "--no-compress")]
)
def test_write_read_back_and_erase(tmp_path: Path, chip: str, packing: str) -> None:
    with DevKit(tmp_path / "board", chip=chip, speed=32) as kit:
        data = noise(40_001)
        file, back = written(tmp_path, "data.bin", data), tmp_path / "back.bin"
        done = loader_with_stub(kit, "--baud", 921600, "write-flash", packing, 0x200000, file)
        assert "Hash of data verified." in done.stdout
        assert kit.flash.read(0x200000, len(data)) == data
        done = loader_with_stub(kit, "read-flash", 0x200000, len(data), back)
        assert back.read_bytes() == data, done.stdout
        loader_with_stub(kit, "erase-region", 0x200000, 0x1000)
        assert kit.flash.read(0x200000, 4096 + 8) == b"\xff" * 4096 + data[4096 : 4096 + 8]
        assert loader_with_stub(kit, "erase-flash").returncode == 0
        assert kit.flash.read(0, 4 * MEGABYTE) == b"\xff" * 4 * MEGABYTE


def test_after_the_stub_the_chip_is_in_its_loader_again(tmp_path: Path) -> None:
    """esptool's "staying in bootloader" is a software reset, which does not sample GPIO0."""
    with DevKit(tmp_path / "board", speed=8) as kit:
        flash_directly(kit, stand_in_image.make())
        assert "Staying in bootloader" in loader_with_stub(kit, "read-mac").stdout
        assert kit.state == "loader"


def test_other_code_for_ram_is_said_not_to_run(tmp_path: Path) -> None:
    with DevKit(tmp_path / "board", speed=8) as kit, open_port(kit.device) as port:
        kit.press_boot()
        kit.reset()
        read_until(port, b"waiting for download\r\n")

        def ask(command: int, data: bytes, stated_sum: int = 0) -> None:
            port.write(slip.frame(struct.pack("<BBHI", 0, command, len(data), stated_sum) + data))

        code = b"\x36\x41\x00\x00"
        ask(0x05, struct.pack("<IIII", len(code), 1, 0x1800, 0x40080000))
        ask(0x07, struct.pack("<IIII", len(code), 0, 0, 0) + code, checksum(code))
        ask(0x06, struct.pack("<II", 0, 0x40080000))
        read_until(port, b"a virtual board cannot run code that is loaded into RAM")


def test_its_error_codes_are_its_own(tmp_path: Path) -> None:
    flash = FlashImage(tmp_path / "flash.bin", 4 * MEGABYTE)
    loader = StubLoader(flash, Registers(ESP32, bytes(6), 4))

    def error(command: int, data: bytes, stated_sum: int = 0) -> int:
        request = struct.pack("<BBHI", 0, command, len(data), stated_sum) + data
        return loader.answer(request)[0][8]

    assert error(0x55, b"") == 0xC3
    assert error(0xD1, struct.pack("<II", 0x100, 0x1000)) == 0xC0
    assert error(0xD1, struct.pack("<II", 4 * MEGABYTE, 0x1000)) == 0xC4
    assert error(0x02, struct.pack("<5I", 4, 1, 0x4000, 0, 0)) == 0
    assert error(0x03, struct.pack("<IIII", 4, 0, 0, 0) + b"abcd", 0) == 0xC1
    flash.close()
