"""Whatever goes wrong: one clear line, a board that runs the old or the new application, a repeat that heals."""

import time

import pytest
from flashing import SPEED, WIFI, Inkling, at_prompt, files_on, new_board, runs
from interrupting import change_a_few

_EXIT_BAD, _EXIT_ERROR = 1, 2
VFS_AT = VFS_BYTES = 0x200000


def _one_line(ran, *words: str, status: int = _EXIT_ERROR) -> None:
    """The command failed, and its last line says how, with these words; no other line complains."""
    assert ran.status == status, ran.err
    assert not ran.out
    complaints = [line for line in ran.err.splitlines() if line.startswith("inkling flash: ")]
    assert complaints == [ran.last_line]
    for word in words:
        assert word in ran.last_line, ran.last_line


# The port and the chip


def test_no_such_port(inkling: Inkling, settings):
    ran = inkling("flash", "--port", "/dev/ttyNOPE", "--config", settings)
    _one_line(ran, "/dev/ttyNOPE: no such port")
    ran = inkling("flash", "--port", "rfc2217://127.0.0.1:1", "--config", settings)
    _one_line(ran, "nothing listens there")


def test_no_serial_port(inkling: Inkling, settings, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    _one_line(inkling("flash", "--port", file, "--config", settings), "not a serial port")


@pytest.mark.parametrize("kind", ["url", "device"])
def test_a_busy_port(flash, running, kind):
    from host.board import ports

    port = str(getattr(running, kind))
    with ports.open_port(port):
        ran = flash.inkling("flash", "--port", port, "--config", flash.settings)
    _one_line(ran, port)


def test_another_chip(flash, board_model, tmp_path):
    from host.devkit.devkit import DevKit

    with DevKit(new_board(tmp_path / "s3"), chip="esp32s3", speed=SPEED) as kit:
        before = (kit.folder / "flash.bin").read_bytes()
        _one_line(flash(kit), "this is an ESP32-S3", "for the ESP32 (DOIT DevKit V1)")
        assert (kit.folder / "flash.bin").read_bytes() == before


def test_too_little_flash(flash, board_model, tmp_path):
    from host.devkit.devkit import DevKit

    with DevKit(new_board(tmp_path / "small"), flash_mb=2, speed=SPEED) as kit:
        _one_line(flash(kit), "its flash has 2MB, Inkling needs 4MB")


def test_nobody_answers(flash, running):
    running.cut_power()
    _one_line(flash(running), "no ESP32 answers; hold the board's BOOT button")
    running.restore_power()
    assert flash.outcome(running)["sent"] == []


def test_a_corrupt_image_is_refused_before_anything_is_written(flash, bare, firmware):
    flash.firmware.write_bytes(firmware[:-1])
    _one_line(flash(bare), "firmware.bin: is cut short within its application")
    assert set((bare.folder / "flash.bin").read_bytes()) == {0xFF}


def test_a_release_that_cannot_be_fetched(flash, running):
    ran = flash.inkling(
        *("flash", "--port", running.url, "--config", flash.settings),
        INKLING_FIRMWARE_MIRROR="http://127.0.0.1:1",
    )
    _one_line(ran, "cannot be reached (Connection refused)", "make flash FIRMWARE=file.bin")


# What is on the board


@pytest.mark.parametrize(
    "main",
    [
        "import machine\nmachine.reset()\n",
        "while True:\n    try:\n        pass\n    except KeyboardInterrupt:\n        pass\n",
        "import nowhere\n",
    ],
    ids=["boot loop", "deaf to Ctrl-C", "crash at import"],
)
def test_a_board_whose_application_is_broken_is_flashed_all_the_same(flash, running, main):
    at_prompt(running, f"with open('main.py', 'w') as file:\n    file.write({main!r})\n")
    running.reset()
    time.sleep(0.3)
    assert flash.outcome(running)["sent"] == ["main.py"]


def test_an_application_that_crashes_at_import_is_named(flash, running, checkout):
    (checkout / "main.py").write_text('"""Broken."""\n\nimport nowhere\n')
    ran = flash(running)
    _one_line(ran, "crashed: ImportError: no module named 'nowhere'", status=_EXIT_BAD)


def test_an_application_that_restarts_for_ever_is_named(flash, running, checkout):
    (checkout / "main.py").write_text('"""Broken."""\n\nimport machine\n\nmachine.reset()\n')
    _one_line(flash(running), "the board restarts for ever", "BOOT held", status=_EXIT_BAD)


def test_a_full_file_system(flash, running, checkout):
    at_prompt(running, _FILL)
    change_a_few(checkout)
    _one_line(flash(running), "is full", "bytes are missing", "fill.bin (")
    runs(running)
    at_prompt(running, "import os\nos.remove('fill.bin')\n")
    assert len(flash.outcome(running)["sent"]) == 3


def test_another_project_is_not_replaced_unasked(flash, board_model, firmware, tmp_path):
    from host.devkit.devkit import DevKit

    with DevKit(new_board(tmp_path / "other", firmware), speed=SPEED) as kit:
        at_prompt(kit, "with open('main.py', 'w') as file:\n    file.write('print(1)')\n")
        _one_line(flash(kit), "another project's main.py", "--yes")
        assert list(files_on(kit)) in (["main.py"], ["boot.py", "main.py"])


# Secrets and the network


def test_a_wrong_wifi_password(flash, running):
    ran = flash(running, **WIFI | {"INKLING_WIFI_PASSWORD": "close sesame"})
    _one_line(ran, "Wi-Fi: wrong password", "inkling secrets set wifi", status=_EXIT_BAD)
    assert flash.outcome(running)["secrets"] == "changed"


def test_no_wifi_in_nvs(flash, running):
    ran = flash.inkling("secrets", "clear", "wifi", "--port", running.url)
    assert ran.status == 0, ran.err
    ran = flash(running, **{"INKLING_NOTHING": "1"})
    _one_line(ran, "no Wi-Fi in NVS", status=_EXIT_BAD)
    assert "The board knows no Wi-Fi" in ran.err


_FILL = """
import os
with open("fill.bin", "wb") as file:
    block = bytes(4096)
    for _ in range(os.statvfs("/")[3] - 3):
        file.write(block)
"""


def test_another_firmwares_data_where_the_files_go_is_named_with_the_remedy(bare, flash):
    """A board that was used before: MicroPython would complain of its file system for ever."""
    bare.flash.erase(VFS_AT, VFS_BYTES)
    bare.flash.write(VFS_AT, b"\x5a" * 8192)
    _one_line(
        flash(bare),
        "file system is damaged, or another firmware's",
        f"erase-region {VFS_AT:#x} {VFS_BYTES:#x}",
    )
    bare.flash.erase(VFS_AT, VFS_BYTES)
    assert flash.outcome(bare)["ok"]
