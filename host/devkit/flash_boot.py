"""What the ROM and the bootloader find in flash: the lines that they print, and what starts then."""

from dataclasses import dataclass
from enum import Enum

from host.devkit import boot_text, esp_image
from host.devkit.esp_image import BadImage, NoMagic, Read

_STARTABLE = 0  # the kind of a partition that holds an application
_MARK = b"MicroPython"


class Outcome(Enum):
    """How booting ends."""

    ROM_GIVES_UP = "the watchdog resets the chip"
    BOOTLOADER_GIVES_UP = "the bootloader resets the chip"
    OTHER = "an application that is not MicroPython"
    MICROPYTHON = "MicroPython"


@dataclass(frozen=True)
class Found:
    text: str
    outcome: Outcome


def look(read: Read) -> Found:
    """Go the way of an ESP32 from its reset vector on; it holds MicroPython iff all is valid."""
    try:
        bootloader = esp_image.read_image(read, esp_image.BOOTLOADER_OFFSET)
    except NoMagic:
        return no_header(read)
    except BadImage as error:
        return Found(boot_text.bootloader_damaged(error), Outcome.ROM_GIVES_UP)
    loaded = boot_text.bootloader_load(bootloader)
    try:
        partitions = esp_image.read_partitions(read)
    except BadImage as error:
        return Found(loaded + boot_text.no_partition_table(error), Outcome.BOOTLOADER_GIVES_UP)
    at = next((part.offset for part in partitions if part.kind == _STARTABLE), None)
    try:
        if at is None:
            raise BadImage("no application in the partition table")
        app = esp_image.read_image(read, at)
    except BadImage as error:
        return Found(loaded + boot_text.no_application(error), Outcome.BOOTLOADER_GIVES_UP)
    if any(_MARK in segment.data for segment in app.segments):
        return Found(loaded, Outcome.MICROPYTHON)
    return Found(loaded + boot_text.not_micropython(), Outcome.OTHER)


def no_header(read: Read) -> Found:
    """Nothing there that the ROM would load."""
    word = int.from_bytes(read(esp_image.BOOTLOADER_OFFSET, 4), "little")
    text = boot_text.invalid_header(word) * boot_text.INVALID_HEADER_LINES
    return Found(text, Outcome.ROM_GIVES_UP)
