"""A firmware file that must not be written is refused by name, and an undamaged one is not."""

import struct

import pytest

from host.errors import UserError
from host.flash import image

_APP = image.APP_AT - image.BOOTLOADER_AT
_TABLE = image.TABLE_AT - image.BOOTLOADER_AT


def _refused(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        image.check(bytes(data), "file.bin")
    text = str(caught.value)
    assert text.startswith("file.bin: ") and "\n" not in text
    return text


def _flipped(data: bytes, place: int) -> bytes:
    damaged = bytearray(data)
    damaged[place] ^= 0x10
    return bytes(damaged)


def test_a_whole_image_is_taken_apart_around_the_nvs(firmware):
    checked = image.check(firmware, "file.bin")
    assert checked.version == "1.29.0"
    assert list(checked.parts) == [0x1000, 0x10000]
    assert checked.parts[0x1000] == firmware[:0x8000]
    assert checked.parts[0x10000] == firmware[0xF000:]
    # The NVS with the secrets and the radio's calibration: 0x9000 to 0x10000.
    assert 0x1000 + len(checked.parts[0x1000]) <= 0x9000


def test_something_else_is_called_what_it_is(firmware):
    assert "is empty" in _refused(b"")
    assert "web page" in _refused(b"\n<!DOCTYPE html><html><body>404</body></html>")
    assert "not an ESP32 firmware image" in _refused(b"PK\x03\x04" + bytes(200_000))
    assert "not an ESP32 firmware image" in _refused(b"\xff" * 0x1000 + firmware)
    assert "application alone" in _refused(firmware[_APP:])


@pytest.mark.parametrize(("number", "name"), [(2, "ESP32-S2"), (9, "ESP32-S3"), (5, "ESP32-C3")])
def test_an_image_for_another_chip_names_the_chip(firmware, number, name):
    other = bytearray(firmware)
    struct.pack_into("<H", other, 12, number)
    assert f"for the {name}" in _refused(other)


def test_an_application_for_another_chip_is_refused(firmware):
    mixed = bytearray(firmware)
    struct.pack_into("<H", mixed, _APP + 12, 9)
    assert "another chip" in _refused(mixed)


def test_cut_anywhere_it_is_refused(firmware):
    for size in (
        1,
        23,
        24,
        2000,
        _TABLE,
        _TABLE + 40,
        _APP,
        _APP + 10,
        _APP + 24,
        len(firmware) - 1,
    ):
        text = _refused(firmware[:size])
        assert "cut short" in text or "no partition table" in text, (size, text)


def test_a_flipped_bit_is_found_wherever_it_means_something(firmware):
    """In headers, segments, checksums, hashes and the partition table; the gaps mean nothing."""
    places = [0, 1, 30, 3000, _TABLE, _TABLE + 4, _TABLE + 70, _APP, _APP + 1]
    places += range(_APP + 24, len(firmware), 4999)
    places += [len(firmware) - 1, len(firmware) - 33]
    for place in places:
        assert _refused(_flipped(firmware, place))


def test_another_program_for_the_esp32_is_not_micropython(firmware):
    """Undamaged, so that only what it holds is against it."""
    from host.devkit import esp_image

    program = esp_image.pack_image(0x40080000, [esp_image.Segment(0x3F400020, b"blink " * 900)])
    assert "something else, not MicroPython" in _refused(firmware[:_APP] + program)
