"""The ROM loader, request by request: replies, error codes, and what it does to the flash."""

import hashlib
import struct
import zlib
from pathlib import Path

import pytest

from host.devkit.esp_image import checksum
from host.devkit.flash_image import MEGABYTE, FlashImage
from host.devkit.loader import slip
from host.devkit.loader.registers import ESP32, ESP32_S3, Registers, mac_crc
from host.devkit.loader.rom import LONGEST_PACKET_BYTES, Exit, RomLoader

MAC = bytes.fromhex("246f28010203")
BLOCK_BYTES = 0x400


@pytest.fixture
def flash(tmp_path: Path):
    flash = FlashImage(tmp_path / "flash.bin", 4 * MEGABYTE)
    yield flash
    flash.close()


class Host:
    """Speaks to a loader as esptool does."""

    def __init__(self, flash: FlashImage, chip=ESP32) -> None:
        self.registers = Registers(chip, MAC, flash.size_bytes // MEGABYTE)
        self.loader = RomLoader(flash, self.registers)

    def ask(self, command: int, data: bytes = b"", stated_sum: int = 0) -> tuple[int, int, bytes]:
        """Error code (0: none), value, and the data of the one reply."""
        request = struct.pack("<BBHI", 0, command, len(data), stated_sum) + data
        (reply,) = self.loader.answer(request)
        direction, echoed, size_bytes, value = struct.unpack_from("<BBHI", reply)
        body = reply[8:]
        assert (direction, echoed, size_bytes) == (1, command, len(body))
        *result, failed, error, _, _ = body
        assert bool(failed) == bool(error)
        return error, value, bytes(result)

    def attach(self) -> None:
        assert self.ask(0x0D, struct.pack("<II", 0, 0))[0] == 0

    def begin(self, command: int, size_bytes: int, blocks: int, offset: int) -> int:
        return self.ask(command, struct.pack("<IIII", size_bytes, blocks, BLOCK_BYTES, offset))[0]

    def block(self, command: int, data: bytes, number: int, stated_sum: int | None = None) -> int:
        header = struct.pack("<IIII", len(data), number, 0, 0)
        stated_sum = checksum(data) if stated_sum is None else stated_sum
        return self.ask(command, header + data, stated_sum)[0]


@pytest.fixture
def host(flash: FlashImage) -> Host:
    host = Host(flash)
    host.attach()
    return host


def test_slip_goes_there_and_back_in_any_pieces() -> None:
    packets = [b"\xc0\xdb\xc0", b"plain", bytes(range(256))]
    stream = b"noise" + b"".join(slip.frame(packet) for packet in packets)
    for step in (1, 3, len(stream)):
        unframer = slip.Unframer(LONGEST_PACKET_BYTES)
        found = []
        for at in range(0, len(stream), step):
            found += unframer.feed(stream[at : at + step])
        assert found == packets


def test_slip_forgets_what_is_too_long_or_badly_escaped() -> None:
    unframer = slip.Unframer(100)
    assert unframer.feed(b"\xc0" + b"x" * 200 + b"\xc0") == []
    assert slip.Unframer(100).feed(b"\xc0a\xdb\x01\xc0" + slip.frame(b"next")) == [b"next"]


def test_sync_is_answered_eight_times_and_not_with_a_stubs_zero(flash: FlashImage) -> None:
    loader = RomLoader(flash, Registers(ESP32, MAC, 4))
    data = b"\x07\x07\x12\x20" + b"\x55" * 32
    replies = loader.answer(struct.pack("<BBHI", 0, 8, len(data), 0) + data)
    assert len(replies) == 8
    assert all(struct.unpack_from("<BBHI", reply)[3] for reply in replies)
    assert loader.synced


def test_what_is_no_request_gets_no_answer(host: Host) -> None:
    assert host.loader.answer(b"\x01\x0a") == []
    assert host.loader.answer(struct.pack("<BBHI", 1, 8, 0, 0)) == []


@pytest.mark.parametrize("command", [0x14, 0xD0, 0xD1, 0x55], ids=hex)
def test_unknown_commands_are_invalid_messages(host: Host, command: int) -> None:
    assert host.ask(command)[0] == 0x05


def test_code_for_ram_is_taken_block_by_block_and_started(host: Host) -> None:
    code = bytes(range(200))
    assert host.begin(0x05, len(code), 1, 0x40080000) == 0
    assert host.block(0x07, code, 0, stated_sum=0) == 0x07
    assert host.block(0x07, code, 0) == 0
    assert host.ask(0x06, struct.pack("<II", 1, 0))[0] == 0
    assert host.loader.code is None
    assert host.ask(0x06, struct.pack("<II", 0, 0x40080000))[0] == 0
    assert host.loader.code == code
    assert host.begin(0x05, 0x100000, 1, 0x40080000) == 0x06


def test_a_length_that_does_not_match_is_invalid(host: Host) -> None:
    request = struct.pack("<BBHI", 0, 0x0A, 8, 0) + bytes(4)
    (reply,) = host.loader.answer(request)
    assert reply[8:10] == b"\x01\x05"
    assert host.ask(0x0A, bytes(3))[0] == 0x05


def test_plain_blocks_land_in_erased_flash(host: Host, flash: FlashImage) -> None:
    flash.write(0x3000, bytes(0x3000))
    data = bytes(range(256)) * 8
    assert host.begin(0x02, len(data), 2, 0x4000) == 0
    for number in range(2):
        part = data[number * BLOCK_BYTES :][:BLOCK_BYTES]
        assert host.block(0x03, part, number) == 0
    assert flash.read(0x4000, len(data)) == data
    assert flash.read(0x4800, 0x800) == b"\xff" * 0x800  # the rest of the sector is erased
    assert flash.read(0x3000, 0x1000) == bytes(0x1000)  # its neighbours are not
    assert flash.read(0x5000, 0x1000) == bytes(0x1000)


def test_compressed_blocks_land_too(host: Host, flash: FlashImage) -> None:
    data = hashlib.shake_128(b"x").digest(3000)
    packed = zlib.compress(data)
    blocks = [packed[at : at + BLOCK_BYTES] for at in range(0, len(packed), BLOCK_BYTES)]
    assert host.begin(0x10, 4096, len(blocks), 0x10000) == 0
    for number, block in enumerate(blocks):
        assert host.block(0x11, block, number) == 0
    assert flash.read(0x10000, 3000) == data


def test_md5_of_what_is_in_flash(host: Host, flash: FlashImage) -> None:
    flash.write(0x1000, b"abc")
    error, _, digest = host.ask(0x13, struct.pack("<IIII", 0x1000, 3, 0, 0))
    assert (error, digest.decode()) == (0, hashlib.md5(b"abc").hexdigest())


def test_slow_reads_give_64_bytes_at_most(host: Host, flash: FlashImage) -> None:
    flash.write(0x2000, b"hello")
    error, _, data = host.ask(0x0E, struct.pack("<II", 0x2000, 5))
    assert (error, len(data), data[:5]) == (0, 64, b"hello")
    assert host.ask(0x0E, struct.pack("<II", 0x2000, 65))[0] == 0x0A


def test_a_wrong_checksum_is_told_and_the_block_can_be_sent_again(host: Host, flash) -> None:
    host.begin(0x02, BLOCK_BYTES, 1, 0x1000)
    data = b"\x5a" * BLOCK_BYTES
    assert host.block(0x03, data, 0, stated_sum=checksum(data) ^ 1) == 0x07
    assert flash.read(0x1000, 4) == b"\xff" * 4
    assert host.block(0x03, data, 0) == 0
    assert flash.read(0x1000, BLOCK_BYTES) == data


def test_blocks_out_of_turn_are_refused(host: Host) -> None:
    data = bytes(BLOCK_BYTES)
    assert host.block(0x03, data, 0) != 0  # none begun
    host.begin(0x02, 2 * BLOCK_BYTES, 2, 0x1000)
    assert host.block(0x03, data, 1) == 0x06
    assert host.block(0x11, data, 0) == 0x06  # compressed was not agreed on
    assert host.block(0x03, data, 0) == 0
    assert host.block(0x03, data, 0) == 0x06
    assert host.block(0x03, data, 1) == 0
    assert host.block(0x03, data, 2) == 0x06  # one too many
    assert host.block(0x03, bytes(BLOCK_BYTES + 4), 2) == 0x05


def test_what_does_not_inflate_is_told(host: Host) -> None:
    host.begin(0x10, 4096, 1, 0x1000)
    assert host.block(0x11, b"no zlib stream", 0) == 0x0B


def test_flash_must_be_attached_and_large_enough(flash: FlashImage) -> None:
    host = Host(flash)
    assert host.begin(0x02, 1024, 1, 0x1000) == 0x06
    host.attach()
    assert host.begin(0x02, 1024, 1, 0x1000) == 0
    # The ROM believes in 2 MB until it is told; what is not there stays not there.
    assert host.begin(0x02, 1024, 1, 2 * MEGABYTE) == 0x06
    host.ask(0x0B, struct.pack("<IIIIII", 0, 8 * MEGABYTE, 65536, 4096, 256, 0xFFFF))
    assert host.begin(0x02, 1024, 1, 2 * MEGABYTE) == 0
    assert host.begin(0x02, 1024, 1, 4 * MEGABYTE) == 0x06


def test_the_end_says_what_to_do_next(host: Host) -> None:
    for stay, wanted in ((0, Exit.REBOOT), (1, Exit.RUN)):
        assert host.ask(0x04, struct.pack("<I", stay))[0] == 0
        assert host.loader.exit is wanted


def test_a_new_baud_rate_comes_after_the_reply_and_off_by_the_roms_own_error(host: Host) -> None:
    assert host.ask(0x0F, struct.pack("<II", 460800, 0))[0] == 0
    assert host.loader.baud == pytest.approx(460800, rel=0.01)
    assert host.loader.baud != 460800
    host.ask(0x0A, struct.pack("<I", 0x40001000))
    assert host.loader.baud is None
    assert host.ask(0x0F, struct.pack("<II", 0, 0))[0] == 0x05


def test_registers_say_which_chip_it_is(flash: FlashImage) -> None:
    host = Host(flash)
    assert host.ask(0x0A, struct.pack("<I", 0x40001000))[1] == 0x00F01D83
    low = host.ask(0x0A, struct.pack("<I", 0x3FF5A004))[1]
    high = host.ask(0x0A, struct.pack("<I", 0x3FF5A008))[1]
    assert (high << 32 | low).to_bytes(8, "big")[2:] == MAC
    assert high >> 16 == mac_crc(MAC)
    error, _, info = Host(flash, ESP32_S3).ask(0x14)
    assert (error, struct.unpack("<IB7xII", info)[2]) == (0, 9)


def test_registers_keep_what_is_written_under_the_mask(host: Host) -> None:
    place = 0x3FF48074
    host.ask(0x09, struct.pack("<IIII", place, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    host.ask(0x09, struct.pack("<IIII", place, 0, 0x0000FFFF, 0))
    assert host.ask(0x0A, struct.pack("<I", place))[1] == 0xFFFF0000


def test_nor_flash_only_clears_bits_until_it_is_erased(flash: FlashImage) -> None:
    flash.write(0, b"\xf0")
    flash.write(0, b"\x0f")
    assert flash.read(0, 1) == b"\x00"
    flash.erase(1, 1)
    assert flash.read(0, 1) == b"\xff"
