"""Espressif's firmware image format and partition table: made, and checked as the chip checks them."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass

BOOTLOADER_OFFSET = 0x1000
PARTITIONS_OFFSET = 0x8000
APP_OFFSET = 0x10000

MAGIC = 0xE9
MOST_SEGMENTS = 16
_CHECKSUM_SEED = 0xEF
_HEADER = struct.Struct("<BBBBI BBBBHBHH4sB")
_SEGMENT = struct.Struct("<II")
_ALIGN_BYTES = 16
_SHA256_BYTES = 32
_MOST_BYTES = 0x1000000

_PARTITION = struct.Struct("<2sBBII16sI")
_PARTITION_MAGIC = b"\xaa\x50"
_PARTITION_MD5_MAGIC = b"\xeb\xeb" + b"\xff" * 14
PARTITIONS_BYTES = 0xC00


class BadImage(Exception):
    """What is there is no image that the chip would start; the text is the loader's own line."""


class NoMagic(BadImage):
    """There is something else, or nothing."""


@dataclass(frozen=True)
class Segment:
    address: int
    data: bytes


@dataclass(frozen=True)
class Image:
    entry: int
    segments: tuple[Segment, ...]
    size_bytes: int


@dataclass(frozen=True)
class Partition:
    kind: int
    subtype: int
    offset: int
    size_bytes: int
    label: str


Read = Callable[[int, int], bytes]
"""Bytes of the flash: read(offset, size_bytes)."""


def checksum(data: bytes, state: int = _CHECKSUM_SEED) -> int:
    """The ROM's one-byte sum: everything XORed. Halved again and again, since that is quick."""
    word = int.from_bytes(data, "little")
    size_bytes = len(data)
    while size_bytes > 1:
        half = (size_bytes + 1) // 2
        word = (word >> (8 * half)) ^ (word & ((1 << (8 * half)) - 1))
        size_bytes = half
    return word ^ state


def pack_image(entry: int, segments: list[Segment], flash_mb: int = 4) -> bytes:
    """An image with checksum and appended SHA-256, for DIO at 40 MHz."""
    flash_size_code = (flash_mb.bit_length() - 1) << 4
    out = bytearray(
        _HEADER.pack(
            *(MAGIC, len(segments), 2, flash_size_code, entry),
            *(0xEE, 0, 0, 0, 0, 0, 0, 399, bytes(4), 1),
        )
    )
    total = _CHECKSUM_SEED
    for segment in segments:
        out += _SEGMENT.pack(segment.address, len(segment.data)) + segment.data
        total = checksum(segment.data, total)
    out += bytes(_ALIGN_BYTES - 1 - len(out) % _ALIGN_BYTES) + bytes([total])
    return bytes(out) + hashlib.sha256(out).digest()


def read_image(read: Read, offset: int) -> Image:
    """The image at an offset; BadImage says in the bootloader's words what is wrong with it."""
    header = read(offset, _HEADER.size)
    magic, count, _, _, entry, *_, has_digest = _HEADER.unpack(header)
    if magic != MAGIC:
        raise NoMagic(f"image at {offset:#x} has invalid magic byte (nothing flashed here?)")
    if count > MOST_SEGMENTS:
        raise BadImage(f"image at {offset:#x} segment count {count} exceeds max {MOST_SEGMENTS}")
    at = offset + _HEADER.size
    total = _CHECKSUM_SEED
    segments = []
    for number in range(count):
        address, size_bytes = _SEGMENT.unpack(read(at, _SEGMENT.size))
        if size_bytes % 4 or at - offset + size_bytes >= _MOST_BYTES:
            raise BadImage(f"Segment {number} has invalid length {size_bytes:#x}")
        data = read(at + _SEGMENT.size, size_bytes)
        total = checksum(data, total)
        segments.append(Segment(address, data))
        at += _SEGMENT.size + size_bytes
    end = at + _ALIGN_BYTES - (at - offset) % _ALIGN_BYTES
    stored = read(end - 1, 1)[0]
    if stored != total:
        raise BadImage(f"Checksum failed. Calculated {total:#x} read {stored:#x}")
    if has_digest:
        digest = hashlib.sha256(read(offset, end - offset)).digest()
        if digest != read(end, _SHA256_BYTES):
            raise BadImage("Image hash failed - image is corrupt")
        end += _SHA256_BYTES
    return Image(entry, tuple(segments), end - offset)


def pack_partitions(partitions: list[Partition]) -> bytes:
    """A partition table with its MD5, as long as its flash region."""
    table = b"".join(
        _PARTITION.pack(
            _PARTITION_MAGIC, p.kind, p.subtype, p.offset, p.size_bytes, p.label.encode(), 0
        )
        for p in partitions
    )
    table += _PARTITION_MD5_MAGIC + hashlib.md5(table).digest()
    return table + b"\xff" * (PARTITIONS_BYTES - len(table))


def read_partitions(read: Read, offset: int = PARTITIONS_OFFSET) -> list[Partition]:
    """The partition table; BadImage says in the bootloader's words what is wrong with it."""
    table = read(offset, PARTITIONS_BYTES)
    partitions = []
    for number, at in enumerate(range(0, len(table), _PARTITION.size)):
        entry = table[at : at + _PARTITION.size]
        if entry.startswith(_PARTITION_MD5_MAGIC):
            if entry[16:] != hashlib.md5(table[:at]).digest():
                raise BadImage("partition table MD5 does not match")
            continue
        if entry == b"\xff" * _PARTITION.size:
            if partitions:
                return partitions
            raise BadImage(f"partition {number} invalid magic number 0xffff")
        magic, kind, subtype, start, size_bytes, label, _ = _PARTITION.unpack(entry)
        if magic != _PARTITION_MAGIC:
            word = int.from_bytes(magic, "little")
            raise BadImage(f"partition {number} invalid magic number {word:#x}")
        partitions.append(
            Partition(
                kind, subtype, start, size_bytes, label.rstrip(b"\0").decode("ascii", "replace")
            )
        )
    return partitions
