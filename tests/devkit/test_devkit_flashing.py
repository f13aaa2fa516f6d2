"""The real esptool at the virtual DevKit: what it finds, writes and verifies, and what faults do to it."""

import threading
from pathlib import Path

import pytest
from devkit_tools import esptool, flash_directly, loader, open_port, read_until, wait_for, written

from host.devkit import stand_in_image
from host.devkit.devkit import DevKit


@pytest.fixture
def kit(tmp_path: Path):
    with DevKit(tmp_path / "board", speed=32) as kit:
        yield kit


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return written(tmp_path, "stand-in.bin", stand_in_image.make())


def in_flash(kit: DevKit, image: Path, offset: int = 0x1000) -> bool:
    data = image.read_bytes()
    return kit.flash.read(offset, len(data)) == data


def test_over_tcp_esptool_resets_the_chip_into_its_loader_and_out(kit: DevKit) -> None:
    """By DTR and RTS alone. pyserial's RFC 2217 makes every request take 0.2 s, so few are made."""
    done = esptool(kit.url, "--chip", "esp32", "--connect-attempts", 2, "read-mac")
    assert done.returncode == 0, done.stdout
    assert kit.mac.hex(":") in done.stdout
    wait_for(lambda: kit.state == "boot loop")  # "Hard resetting via RTS pin", nothing to boot


def test_flash_id_says_chip_size_and_address(kit: DevKit) -> None:
    done = loader(kit, "flash-id")
    assert done.returncode == 0, done.stdout
    assert "Chip type:          ESP32-D0WD-V3 (revision v3.1)" in done.stdout
    assert "Crystal frequency:  40MHz" in done.stdout
    assert "Detected flash size: 4MB" in done.stdout
    assert kit.mac.hex(":") in done.stdout
    assert "WARNING" not in done.stdout.upper()


@pytest.mark.parametrize("baud", [115200, 460800])
@pytest.mark.parametrize("packing", ["--compress", "--no-compress"])
def test_write_and_verify(kit: DevKit, image: Path, baud: int, packing: str) -> None:
    done = loader(kit, "--baud", baud, "write-flash", packing, 0x1000, image)
    assert done.returncode == 0, done.stdout
    assert in_flash(kit, image)
    done = loader(kit, "verify-flash", 0x1000, image)
    assert done.returncode == 0
    assert "digest matched" in done.stdout
    kit.flash.write(0x20000, bytes(16))
    done = loader(kit, "verify-flash", 0x1000, image)
    assert done.returncode != 0
    assert "digest mismatch" in done.stdout


def test_read_flash_gives_back_what_is_there(kit: DevKit, tmp_path: Path) -> None:
    data = bytes(range(256)) * 2
    flash_directly(kit, data, 0x200000)
    back = tmp_path / "back.bin"
    assert loader(kit, "read-flash", 0x200000, len(data), back).returncode == 0
    assert back.read_bytes() == data


def test_noise_is_noticed_and_a_quiet_line_heals(kit: DevKit, image: Path) -> None:
    kit.noise = 0.002
    assert loader(kit, "write-flash", "-z", 0x1000, image).returncode != 0
    assert not in_flash(kit, image)
    kit.noise = 0
    assert loader(kit, "write-flash", "-z", 0x1000, image).returncode == 0
    assert in_flash(kit, image)


@pytest.mark.parametrize("fault", ["pull_cable", "cut_power"])
def test_a_fault_in_mid_write_fails_and_a_repeat_works(
    kit: DevKit, image: Path, fault: str
) -> None:
    old = b"\xa5" * 4096
    flash_directly(kit, old, 0x380000)
    getattr(kit, f"{fault}_after")(60_000)
    done = loader(kit, "write-flash", "-z", 0x1000, image)
    assert done.returncode != 0
    assert "Hash of data verified" not in done.stdout
    assert kit.received == 60_000 or fault == "cut_power"
    wait_for(lambda: kit.state == "off")
    kit.plug_cable()
    kit.restore_power()
    assert loader(kit, "write-flash", "-z", 0x1000, image).returncode == 0
    assert in_flash(kit, image)
    assert kit.flash.read(0x380000, 4096) == old


def test_a_running_program_that_ignores_the_loader_is_no_loader(kit: DevKit) -> None:
    done = esptool(kit.device, "--before", "no-reset", "--connect-attempts", 1, "flash-id")
    assert done.returncode != 0
    assert "Failed to connect" in done.stdout


def test_an_s3_is_an_s3(tmp_path: Path) -> None:
    with DevKit(tmp_path, chip="esp32s3", speed=8) as kit:
        with open_port(kit.device) as port:
            kit.reset()
            read_until(port, b"ESP-ROM:esp32s3")
        done = loader(kit, "flash-id")
        assert done.returncode == 0, done.stdout
        assert "Chip type:          ESP32-S3" in done.stdout
        assert kit.mac.hex(":") in done.stdout
        done = loader(kit, "--chip", "esp32", "flash-id")
        assert done.returncode != 0
        assert "This chip is ESP32-S3, not ESP32" in done.stdout


def test_a_smaller_flash_says_so(tmp_path: Path) -> None:
    with DevKit(tmp_path, flash_mb=2, speed=8) as kit:
        assert "Detected flash size: 2MB" in loader(kit, "flash-id").stdout
        file = written(tmp_path, "data.bin", bytes(4096))
        done = loader(kit, "write-flash", 0x1FF800, file)
        assert done.returncode != 0
        assert "will not fit" in done.stdout


def test_tools_and_switches_at_once_do_no_harm(kit: DevKit, image: Path) -> None:
    """Every switch from another thread while esptool talks; afterwards all is well."""
    ended = threading.Event()

    def fiddle() -> None:
        for _ in range(3):
            for act in (
                kit.pull_cable,
                kit.plug_cable,
                kit.cut_power,
                kit.restore_power,
                kit.reset,
                kit.press_boot,
                kit.release_boot,
            ):
                act()
                if ended.wait(0.05):
                    return

    thread = threading.Thread(target=fiddle)
    thread.start()
    loader(kit, "write-flash", "-z", 0x1000, image)
    ended.set()
    thread.join()
    kit.plug_cable()
    kit.restore_power()
    assert loader(kit, "write-flash", "-z", 0x1000, image).returncode == 0
    assert in_flash(kit, image)
