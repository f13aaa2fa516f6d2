"""The stand-in firmware image: of the real format for esptool's eyes, honest for a reader's."""

import subprocess
import sys
from pathlib import Path

import pytest

from host.devkit import esp_image, stand_in_image

IMAGE = stand_in_image.make()


def at(offset: int, size_bytes: int, image: bytes = IMAGE) -> bytes:
    """As the flash reads after it was written at 0x1000."""
    flash = b"\xff" * esp_image.BOOTLOADER_OFFSET + image
    return flash[offset : offset + size_bytes].ljust(size_bytes, b"\xff")


def image_info(path: Path) -> str:
    return subprocess.run(
        [sys.executable, "-m", "esptool", "image-info", path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_esptool_finds_both_images_valid(tmp_path: Path) -> None:
    bootloader, app = tmp_path / "bootloader.bin", tmp_path / "app.bin"
    bootloader.write_bytes(IMAGE)
    app.write_bytes(IMAGE[esp_image.APP_OFFSET - esp_image.BOOTLOADER_OFFSET :])
    for path in (bootloader, app):
        said = image_info(path)
        assert "Detected image type: ESP32" in said
        assert said.count("(valid)") == 2  # checksum and hash
    assert "Project name: micropython" in said
    assert "App version: v1.29.0" in said


def test_it_says_what_it_is() -> None:
    assert b"This is not MicroPython: it is Inkling's stand-in" in IMAGE
    assert len(IMAGE) < 400_000


def test_the_version_is_the_callers_and_the_bytes_are_always_the_same() -> None:
    assert stand_in_image.make() == IMAGE
    assert b"MicroPython v1.28.1" in stand_in_image.make("1.28.1")
    assert stand_in_image.make("1.28.1") != IMAGE


def test_the_partitions_are_those_of_the_release() -> None:
    labels = [(p.label, p.offset) for p in esp_image.read_partitions(at)]
    assert labels == [("nvs", 0x9000), ("phy_init", 0xF000), ("factory", 0x10000)]


@pytest.mark.parametrize("offset", [esp_image.BOOTLOADER_OFFSET, esp_image.APP_OFFSET], ids=hex)
def test_every_damaged_place_is_noticed(offset: int) -> None:
    size_bytes = esp_image.read_image(at, offset).size_bytes
    for place in (0, 1, 0x18, size_bytes // 2, size_bytes - 40, size_bytes - 1):
        damaged = bytearray(IMAGE)
        damaged[offset - esp_image.BOOTLOADER_OFFSET + place] ^= 0x10
        with pytest.raises(esp_image.BadImage):
            esp_image.read_image(lambda a, n, image=damaged: at(a, n, bytes(image)), offset)


def test_a_damaged_partition_table_is_noticed() -> None:
    damaged = bytearray(IMAGE)
    damaged[esp_image.PARTITIONS_OFFSET - esp_image.BOOTLOADER_OFFSET + 4] ^= 1
    with pytest.raises(esp_image.BadImage, match="MD5"):
        esp_image.read_partitions(lambda a, n: at(a, n, bytes(damaged)))
    with pytest.raises(esp_image.BadImage, match="0xffff"):
        esp_image.read_partitions(lambda a, n: b"\xff" * n)


def test_checksum_is_the_plain_xor() -> None:
    for size_bytes in (0, 1, 2, 3, 100, 1024):
        data = bytes(n * 7 & 0xFF for n in range(size_bytes))
        wanted = 0xEF
        for byte in data:
            wanted ^= byte
        assert esp_image.checksum(data) == wanted
