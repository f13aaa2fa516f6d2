"""The virtual DevKit as its ports show it: boot, reset lines, doors, cable and power."""

import socket
import time
from pathlib import Path

import pytest
import serial
from devkit_tools import (
    flash_directly,
    open_port,
    read_for,
    read_until,
    wait_for,
    written,
)

from host.devkit import esp_image, stand_in_image
from host.devkit.devkit import DevKit
from host.devkit.reset_circuit import ResetCircuit, levels
from host.errors import UserError

IMAGE = stand_in_image.make()


@pytest.fixture
def kit(tmp_path: Path):
    with DevKit(tmp_path / "board", speed=8) as kit:
        yield kit


# Boot


def test_bare_flash_is_an_endless_boot_loop(kit: DevKit) -> None:
    with open_port(kit.device) as port:
        kit.reset()
        seen = read_for(port, 1.5).decode()
    # Not at the very start: the reset may come while the board still says why it was switched on.
    assert (
        "ets Jul 29 2019 12:21:46\r\n\r\n"
        "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
        "invalid header: 0xffffffff\r\n"
    ) in seen
    assert 2 <= seen.count("rst:0x10 (RTCWDT_RTC_RESET),boot:0x13") <= 8
    assert seen.count("invalid header") >= 16


def test_a_bootloader_without_application_says_so_and_starts_over(kit: DevKit) -> None:
    flash_directly(kit, IMAGE)
    kit.flash.erase(esp_image.APP_OFFSET, 4096)
    with open_port(kit.device) as port:
        kit.reset()
        seen = read_until(port, b"rst:0x3 (SW_RESET)").decode()
    assert "entry 0x400805cc" in seen
    assert "image at 0x10000 has invalid magic byte (nothing flashed here?)" in seen
    assert "No bootable app partitions" in seen


def test_a_damaged_application_fails_its_hash(kit: DevKit) -> None:
    flash_directly(kit, IMAGE)
    damaged = 0x20000
    kit.flash.write(damaged, bytes(8))
    with open_port(kit.device) as port:
        kit.reset()
        seen = read_until(port, b"rst:0x3 (SW_RESET)").decode()
    assert "Checksum failed" in seen or "Image hash failed" in seen


def test_a_missing_partition_table_and_a_damaged_bootloader_are_told_apart(kit: DevKit) -> None:
    flash_directly(kit, IMAGE)
    kit.flash.erase(esp_image.PARTITIONS_OFFSET, 4096)
    with open_port(kit.device) as port:
        kit.reset()
        read_until(port, b"Failed to verify partition table")
        kit.flash.write(esp_image.BOOTLOADER_OFFSET + 100, bytes(8))
        kit.reset()
        read_until(port, b"csum err")
        read_until(port, b"rst:0x10 (RTCWDT_RTC_RESET)")


def test_another_application_is_not_taken_for_micropython(kit: DevKit) -> None:
    other = esp_image.pack_image(0x40080000, [esp_image.Segment(0x3F400020, b"blink\0\0\0")])
    flash_directly(kit, IMAGE)
    flash_directly(kit, other, esp_image.APP_OFFSET)
    with open_port(kit.device) as port:
        kit.reset()
        read_until(port, b"it is not MicroPython")
        assert kit.state != "running"


def test_boot_held_over_a_reset_is_the_loader(kit: DevKit) -> None:
    with open_port(kit.device) as port:
        kit.press_boot()
        kit.reset()
        kit.release_boot()
        seen = read_until(port, b"waiting for download\r\n").decode()
    assert "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))" in seen
    assert kit.state == "loader"
    assert kit.world.gpio0 == 1


# DTR and RTS


@pytest.mark.parametrize(
    ("dtr", "rts", "en", "gpio0"),
    [
        (False, False, True, True),
        (True, True, True, True),
        (False, True, False, True),
        (True, False, True, False),
    ],
)
def test_the_two_transistors(dtr: bool, rts: bool, en: bool, gpio0: bool) -> None:
    assert levels(dtr, rts) == (en, gpio0)
    seen = []
    ResetCircuit(lambda *pins: seen.append(pins)).drive(dtr=dtr, rts=rts)
    assert seen == [(en, gpio0)]


def test_en_waits_for_the_second_half_of_a_step_but_not_forever() -> None:
    seen = []
    circuit = ResetCircuit(lambda *pins: seen.append(pins))
    circuit.drive(dtr=False, rts=True)
    circuit.drive(dtr=True)
    assert seen == [(False, True)]
    circuit.drive(rts=False)
    assert seen[1:] == [(True, False)]  # out of reset with GPIO0 low
    circuit.drive(dtr=False, rts=True)
    circuit.drive(dtr=True)
    del seen[:]
    wait_for(lambda: seen == [(True, True)], timeout_s=2)


def test_modem_lines_of_the_tcp_port_reset_and_enter_the_loader(kit: DevKit) -> None:
    port = open_port(kit.url)
    assert kit.state == "boot loop"  # opening raises both lines, which resets nothing
    port.dtr, port.rts = False, True
    wait_for(lambda: kit.state == "held in reset")
    read_for(port, 0.2)
    assert read_for(port, 0.4) == b""
    port.rts = False
    read_until(port, b"boot:0x13")
    port.rts = True
    port.dtr = True  # EN waits for the other half of the step
    port.rts = False
    read_until(port, b"waiting for download")
    port.dtr = False
    port.close()
    assert kit.state == "loader"  # closing is no reset either


def test_boot_is_seen_by_the_running_board(kit: DevKit) -> None:
    kit.press_boot()
    assert kit.world.gpio0 == 0
    kit.release_boot()
    assert kit.world.gpio0 == 1


# Doors


def test_one_program_at_a_time_and_again_at_will(kit: DevKit) -> None:
    first = open_port(kit.url)
    with pytest.raises((serial.SerialException, OSError)):
        open_port(f"{kit.url}?timeout=0.5")
    assert read_until(first, b"invalid header")
    first.close()
    with open_port(kit.url) as second:
        read_until(second, b"invalid header")


def test_a_program_that_does_not_speak_the_protocol_is_hung_up_on(kit: DevKit) -> None:
    host, _, port = kit.url.removeprefix("rfc2217://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as stranger:
        stranger.sendall(b"\xff\xfa\x2c\x03\xc8\xff\xf0")  # SET_PARITY, to one there is not
        wait_for(lambda: not stranger.recv(4096))
    with open_port(kit.url) as port:
        read_until(port, b"invalid header")


def test_nobody_gets_what_was_said_before_the_port_was_open(kit: DevKit) -> None:
    with open_port(kit.device) as port:
        time.sleep(0.5)  # and does not read: left for the next one?
        assert port.in_waiting
    kit.cut_power()
    time.sleep(0.1)
    for door in (kit.device, kit.url):
        with open_port(door) as port:
            assert read_for(port, 0.2) == b""


def test_cable_out_takes_both_ports_away_and_in_brings_them_back(kit: DevKit) -> None:
    url, device = kit.url, kit.device
    tcp, pty = open_port(url), open_port(device)
    kit.pull_cable()
    assert not device.exists()
    with pytest.raises((serial.SerialException, OSError)):
        while True:
            pty.read(100)
    with pytest.raises((serial.SerialException, OSError)):
        while True:
            tcp.read(100)
            tcp.write(b"x")
    with pytest.raises(serial.SerialException):
        open_port(url)
    tcp.close()
    pty.close()
    assert kit.state == "off"
    kit.plug_cable()
    assert (kit.url, kit.device) == (url, device)
    with open_port(device) as port:
        read_until(port, b"invalid header")


def test_power_off_leaves_the_port_silent(kit: DevKit) -> None:
    with open_port(kit.device) as port:
        kit.cut_power()
        wait_for(lambda: kit.state == "off")
        read_for(port, 0.1)
        assert read_for(port, 0.4) == b""
        kit.restore_power()
        read_until(port, b"rst:0x1 (POWERON_RESET)")


def test_faults_come_after_the_very_byte(kit: DevKit) -> None:
    with open_port(kit.device) as port:
        port.write(b"x" * 100)
        wait_for(lambda: kit.received == 100)
        kit.cut_power_after(50)
        port.write(b"x" * 60)
        wait_for(lambda: kit.state == "off")
        wait_for(lambda: kit.received == 160)  # the port goes on taking bytes
        kit.pull_cable_after(7)
        port.write(b"x" * 60)
        wait_for(lambda: not kit.device.exists())
        assert kit.received == 167


def test_a_board_is_served_once(kit: DevKit) -> None:
    with pytest.raises(UserError, match="another process serves this board"):
        DevKit(kit.folder)


def test_a_board_keeps_the_size_of_its_flash(tmp_path: Path) -> None:
    with DevKit(tmp_path):
        pass
    with pytest.raises(UserError, match="has 4 MB already"):
        DevKit(tmp_path, flash_mb=2)


def test_a_place_that_can_keep_no_board_is_told(tmp_path: Path) -> None:
    written(tmp_path, "file", b"")
    with pytest.raises(UserError, match="cannot keep a board there"):
        DevKit(tmp_path / "file" / "board")


def test_flash_and_address_are_kept(tmp_path: Path) -> None:
    with DevKit(tmp_path) as kit:
        kit.flash.write(0x300000, b"kept")
        mac = kit.mac
    with DevKit(tmp_path) as kit:
        assert kit.flash.read(0x300000, 4) == b"kept"
        assert kit.mac == mac == bytes(kit.world.mac)
    with DevKit(tmp_path / "other") as other:
        assert other.mac != mac
