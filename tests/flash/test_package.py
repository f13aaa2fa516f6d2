"""`inkling package`, installed by the real `mpremote mip`: the board runs it as if it had been flashed."""

import json
import subprocess
import sys

import pytest
from flashing import SPEED, WIFI, new_board

from host.boardmodel import flash_folder
from host.devkit.devkit import DevKit

STORE_WIFI = f"""
from esp32 import NVS
nvs = NVS("inkling")
nvs.set_blob("wifi_ssid", {WIFI["INKLING_WIFI_SSID"]!r})
nvs.set_blob("wifi_pass", {WIFI["INKLING_WIFI_PASSWORD"]!r})
nvs.commit()
"""


@pytest.fixture
def fresh(board_model, firmware, tmp_path):
    """A virtual DevKit with MicroPython and nothing else."""
    with DevKit(new_board(tmp_path / "board", firmware), speed=SPEED) as kit:
        yield kit


def mpremote(kit, *arguments):
    command = [sys.executable, "-m", "mpremote", "connect", kit.device, *arguments]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=120)


def test_mip_installs_what_inkling_package_made(inkling, settings, fresh, tmp_path):
    folder = tmp_path / "mip"
    ran = inkling("package", folder, "--config", settings, "--arch", flash_folder.MODEL)
    assert ran.status == 0, ran.err
    mpremote(fresh, "mip", "install", "--target", "/", folder / "package.json")
    mpremote(fresh, "exec", STORE_WIFI)
    watched = inkling.start("monitor", "--port", fresh.url, "--json", "--seconds", "60")
    try:
        fresh.reset()
        for line in watched.stdout:
            record = json.loads(line)
            assert record["k"] != "error", record
            if record["k"] == "state" and record["st"] == "LIVE":
                return
        pytest.fail("no book became LIVE")
    finally:
        watched.kill()
        watched.communicate()


def test_by_default_it_is_for_the_chip_and_lists_every_file(inkling, settings, tmp_path):
    folder = tmp_path / "deep" / "mip"
    ran = inkling("package", folder, "--config", settings)
    assert ran.status == 0, ran.err
    listed = [name for name, _ in json.loads((folder / "package.json").read_text())["urls"]]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*listed, "package.json"}
    assert set(flash_folder.modules(flash_folder.CHIP)) < set(listed)
    for name, data in flash_folder.modules(flash_folder.CHIP).items():
        assert (folder / name).read_bytes() == data


def test_a_folder_that_cannot_be_written_is_one_line(inkling, settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    ran = inkling("package", tmp_path / "file", "--config", settings)
    assert ran.status == 2
    assert ran.last_line.startswith("inkling package: ")
    assert "cannot be written" in ran.last_line
