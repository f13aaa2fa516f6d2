"""A firmware file in MicroPython's format that says it is Inkling's: for virtual boards, or no network."""

import hashlib
import struct

from host.devkit import esp_image
from host.devkit.esp_image import Partition, Segment

_APP_DESCRIPTION = struct.Struct("<II8s32s32s16s16s32s32sHHB3s72s")
_APP_DESCRIPTION_MAGIC = 0xABCD5432

# Where the real release loads its parts to; the sizes are ours.
_BOOTLOADER_ADDRESSES = (0x3FFF0030, 0x40078000, 0x40080400)
_BOOTLOADER_ENTRY = 0x400805CC
_DROM = 0x3F400020
_IRAM = 0x40080000
_APP_ENTRY = 0x40082A44
_APP_BYTES = 240 * 1024

PARTITIONS = [
    Partition(1, 2, 0x9000, 0x6000, "nvs"),
    Partition(1, 1, 0xF000, 0x1000, "phy_init"),
    Partition(0, 0, 0x10000, 0x1F0000, "factory"),
]
"""The table of the ESP32_GENERIC release for 4 MB; it makes "vfs" of the rest by itself."""

NOTICE = (
    "This is not MicroPython: it is Inkling's stand-in for a MicroPython release. On a virtual "
    "DevKit the board model runs in its place; on a real ESP32 there is nothing in it that runs.\n"
)


def make(version: str = "1.29.0") -> bytes:
    """The combined image, to be written at 0x1000.

        Path("stand-in.bin").write_bytes(make())

    The same version gives the same bytes.
    """
    bootloader = esp_image.pack_image(
        _BOOTLOADER_ENTRY,
        [Segment(address, _text(2048)) for address in _BOOTLOADER_ADDRESSES],
    )
    app = esp_image.pack_image(
        _APP_ENTRY,
        [
            Segment(_DROM, _description(version) + _text(_APP_BYTES)),
            Segment(_IRAM, _text(4096)),
        ],
    )
    image = bytearray()
    for offset, part in (
        (esp_image.BOOTLOADER_OFFSET, bootloader),
        (esp_image.PARTITIONS_OFFSET, esp_image.pack_partitions(PARTITIONS)),
        (esp_image.APP_OFFSET, app),
    ):
        gap = offset - esp_image.BOOTLOADER_OFFSET - len(image)
        image += b"\xff" * gap + part
    return bytes(image)


def _description(version: str) -> bytes:
    return _APP_DESCRIPTION.pack(
        _APP_DESCRIPTION_MAGIC,
        0,
        bytes(8),
        f"v{version}".encode(),
        b"micropython",
        b"00:00:00",
        b"Jan  1 2026",
        b"stand-in",
        hashlib.sha256(NOTICE.encode() + version.encode()).digest(),
        *(0, 99, 0, bytes(3), bytes(72)),
    ) + f"MicroPython v{version} (stand-in)\n".encode().ljust(64, b"\0")


def _text(size_bytes: int) -> bytes:
    """Half notice and half noise: compresses about as badly as machine code, reads as what it is."""
    out = bytearray()
    block = NOTICE.encode()
    while len(out) < size_bytes:
        noise = hashlib.shake_128(len(out).to_bytes(4, "little")).digest(len(block))
        out += block + noise
    return bytes(out[:size_bytes])
