"""Checks a firmware image before a byte of it is written: complete, undamaged, MicroPython, and for this chip."""

import hashlib
import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor

from host.errors import UserError

# The combined image starts at 0x1000 of the flash. Between its partition table and its application
# lies the NVS with the secrets (0x9000..0xF000), which is not written.
BOOTLOADER_AT = 0x1000
TABLE_AT = 0x8000
NVS_AT = 0x9000
APP_AT = 0x10000

CHIP = 0  # ESP32, in an image's header
CHIPS = {
    0: "ESP32",
    2: "ESP32-S2",
    5: "ESP32-C3",
    9: "ESP32-S3",
    12: "ESP32-C2",
    13: "ESP32-C6",
    16: "ESP32-H2",
    18: "ESP32-P4",
    20: "ESP32-C61",
    23: "ESP32-C5",
}

_IMAGE_MAGIC = 0xE9
_HEADER_BYTES = 24
_CHIP_ID = 12  # where in the header
_HASH_APPENDED = 23
_MOST_SEGMENTS = 16
_CHECKSUM_SEED = 0xEF
_HASH_BYTES = 32

_TABLE_BYTES = 0xC00
_ENTRY_BYTES = 32
_ENTRY_MAGIC = b"\xaa\x50"
_TABLE_MD5_MAGIC = b"\xeb\xeb"

# The application's description: at the start of its first segment.
_DESCRIPTION_AT = _HEADER_BYTES + 8
_DESCRIPTION_MAGIC = 0xABCD5432
_VERSION, _PROJECT = slice(16, 48), slice(48, 80)
_NAME = b"MicroPython"


@dataclass
class Image:
    """A combined image that may be written: its version and its parts by their place in the flash."""

    version: str
    parts: dict[int, bytes]


class _Damaged(Exception):
    """What is wrong, in words that follow the name of the part."""


def check(data: bytes, name: str) -> Image:
    """The image in `data`; raises UserError, which begins with `name`, if it must not be written."""
    take = "take ESP32_GENERIC's .bin file from micropython.org"
    if not data:
        raise UserError(f"{name}: is empty; {take}")
    if data.lstrip()[:1] == b"<":
        raise UserError(f"{name}: is a web page, not firmware; {take}")
    if data[0] != _IMAGE_MAGIC:
        raise UserError(f"{name}: is not an ESP32 firmware image; {take}")
    if len(data) < _HEADER_BYTES:
        raise UserError(f"{name}: is cut short ({len(data)} bytes); get it again")
    if (chip := struct.unpack_from("<H", data, _CHIP_ID)[0]) != CHIP:
        kind = CHIPS.get(chip, "another chip")
        raise UserError(f"{name}: is for the {kind}, not for the ESP32; {take}")
    table = data[TABLE_AT - BOOTLOADER_AT :][:_TABLE_BYTES]
    if table[:2] != _ENTRY_MAGIC and _description(data):
        raise UserError(
            f"{name}: is an application alone, without bootloader and partition table; "
            "take the .bin file, not the .app-bin"
        )
    application = data[APP_AT - BOOTLOADER_AT :]
    try:
        _check_image("bootloader", data[: TABLE_AT - BOOTLOADER_AT])
        _check_table(table)
        _check_image("application", application)
    except _Damaged as error:
        raise UserError(f"{name}: {error}; get it again") from None
    if _NAME not in application:
        project = _text(_description(application)[_PROJECT]) or "something else"
        raise UserError(f"{name}: holds {project}, not MicroPython; {take}")
    version = _text(_description(application)[_VERSION]).removeprefix("v") or "of unknown version"
    return Image(
        version,
        {BOOTLOADER_AT: data[: NVS_AT - BOOTLOADER_AT], APP_AT: application},
    )


def _check_image(part: str, data: bytes) -> None:
    """Header, segments, checksum and, if there is one, the hash behind them."""
    if len(data) < _HEADER_BYTES:
        raise _Damaged(f"is cut short, its {part} is missing")
    if data[0] != _IMAGE_MAGIC or not 1 <= data[1] <= _MOST_SEGMENTS:
        raise _Damaged(f"is damaged, its {part} has no header")
    if struct.unpack_from("<H", data, _CHIP_ID)[0] != CHIP:
        raise _Damaged(f"is damaged, its {part} is for another chip")
    place, checksum = _HEADER_BYTES, _CHECKSUM_SEED
    for _ in range(data[1]):
        if place + 8 > len(data):
            raise _Damaged(f"is cut short within its {part}")
        length = struct.unpack_from("<I", data, place + 4)[0]
        segment = data[place + 8 : place + 8 + length]
        if len(segment) < length:
            raise _Damaged(f"is cut short within its {part}")
        checksum = _folded(segment, checksum)
        place += 8 + length
    place += 16 - place % 16  # the checksum is the last byte of a row of 16
    if place > len(data):
        raise _Damaged(f"is cut short within its {part}")
    if data[place - 1] != checksum:
        raise _Damaged(f"is damaged, the checksum of its {part} is wrong")
    if data[_HASH_APPENDED]:
        appended = data[place : place + _HASH_BYTES]
        if len(appended) < _HASH_BYTES:
            raise _Damaged(f"is cut short within its {part}")
        if hashlib.sha256(data[:place]).digest() != appended:
            raise _Damaged(f"is damaged, the SHA-256 of its {part} is wrong")


def _folded(segment: bytes, checksum: int) -> int:
    """All bytes of a segment and the checksum so far, by exclusive or; in words, for the speed."""
    padded = segment + bytes(-len(segment) % 8)
    words = reduce(xor, memoryview(padded).cast("Q"), 0)
    return reduce(xor, words.to_bytes(8, "little"), checksum)


def _check_table(table: bytes) -> None:
    """The partition table has an application where we write one, and its own MD5 is right."""
    has_application = False
    for place in range(0, len(table), _ENTRY_BYTES):
        entry = table[place : place + _ENTRY_BYTES]
        if entry[:2] == _TABLE_MD5_MAGIC:
            if hashlib.md5(table[:place]).digest() != entry[16:]:
                raise _Damaged("is damaged, the MD5 of its partition table is wrong")
            break
        if entry[:2] != _ENTRY_MAGIC:
            break
        kind, _, offset = struct.unpack_from("<BBI", entry, 2)
        has_application |= kind == 0 and offset == APP_AT
    if not has_application:
        raise _Damaged(f"has no partition table with an application at {APP_AT:#x}")


def _description(application: bytes) -> bytes:
    """The application's description of itself, empty if there is none."""
    described = application[_DESCRIPTION_AT : _DESCRIPTION_AT + 256]
    if len(described) < 256 or struct.unpack_from("<I", described)[0] != _DESCRIPTION_MAGIC:
        return b""
    return described


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("ascii", "replace")
