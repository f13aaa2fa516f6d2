"""The powered board's `machine` and its flash: resets, the watchdog, NVS, files that outlive a lost supply."""

import random
import time

import pytest

from host.devkit.powered import Ending, ResetCause

NVS_AT, NVS_END = 0x9000, 0xF000
VFS_AT = 0x200000


@pytest.mark.parametrize("cause", list(ResetCause))
def test_it_knows_why_it_started(cause, board):
    board.on(cause)
    named = board.run("""
import machine
for name in ("PWRON", "HARD", "WDT", "DEEPSLEEP", "SOFT"):
    if machine.reset_cause() == getattr(machine, name + "_RESET"):
        print(name)
""")
    assert named.split() == [cause.name]


def test_a_reset_from_python(board):
    board.on()
    board.start("import machine; machine.reset()")
    assert board.ending() == Ending.RESET


def test_deep_sleep_tells_how_long(board):
    board.on()
    board.start("import machine; machine.deepsleep(1234)")
    assert board.ending() == Ending.DEEP_SLEEP
    assert board.world.sleep_ms == 1234


def test_the_watchdog_bites_a_program_that_hangs(board):
    board.on()
    since = time.monotonic()
    board.start("import machine; machine.WDT(timeout=200)\nwhile True: pass")
    board.until(b"Task watchdog got triggered")
    board.until(b"Rebooting...\r\n")
    assert board.ending() == Ending.WATCHDOG
    assert 0.2 <= time.monotonic() - since < 1


def test_the_watchdog_lets_live_what_feeds_it_and_outlives_a_soft_reset(board):
    board.on()
    board.run("""
import machine, time
wdt = machine.WDT(timeout=200)
for _ in range(8):
    time.sleep_ms(50)
    wdt.feed()
""")
    board.send(b"\x04")
    assert board.ending() == Ending.SOFT_RESET_RAW
    board.on(ResetCause.SOFT, raw_repl=True)
    assert board.ending() == Ending.WATCHDOG
    board.on(ResetCause.WDT)
    time.sleep(0.3)
    assert board.run("print('it is off again')")


def test_the_boot_button_is_gpio0(board):
    board.on()
    look = "import machine; print(machine.Pin(0, machine.Pin.IN).value())"
    assert board.run(look) == "1\n"
    board.world.gpio0 = 0
    assert board.run(look) == "0\n"
    assert "invalid pin" in board.run("import machine; machine.Pin(40)")


def test_it_has_the_worlds_address_and_the_stock_clock(board):
    board.world.mac = bytes.fromhex("a0b1c2d3e4f5")
    board.on()
    assert board.run("import machine; print(machine.unique_id().hex())") == "a0b1c2d3e4f5\n"
    freq = (
        "import machine; print(machine.freq()); machine.freq(240_000_000); print(machine.freq())"
    )
    assert board.run(freq).split() == ["160000000", "240000000"]
    assert board.run("import esp; print(esp.flash_size())") == f"{4 * 1024 * 1024}\n"


def test_the_clock_starts_in_2000_and_keeps_its_setting_over_resets(board):
    board.on()
    look = "import time; print(time.gmtime()[0])"
    assert board.run(look) == "2000\n"
    board.run("import machine; machine.RTC().datetime((2031, 5, 6, 0, 12, 0, 0, 0))")
    assert (
        board.run("import machine; print(machine.RTC().datetime()[:5])") == "(2031, 5, 6, 1, 12)\n"
    )
    board.start("import machine; machine.reset()")
    board.ending()
    board.on(ResetCause.HARD)
    assert board.run(look) == "2031\n"
    board.kill()
    board.on(ResetCause.PWRON)
    assert board.run(look) == "2000\n"


KEEP = """
from esp32 import NVS
nvs = NVS("inkling")
nvs.set_blob("wifi_pass", b"open sesame")
nvs.set_i32("count", -7)
"""
SHOW = """
from esp32 import NVS
nvs = NVS("inkling")
room = bytearray(16)
try:
    print(room[:nvs.get_blob("wifi_pass", room)], nvs.get_i32("count"))
except OSError as error:
    print(error)
"""
KEPT = "bytearray(b'open sesame') -7\n"
NOTHING = "(-4354, 'ESP_ERR_NVS_NOT_FOUND')\n"


def test_nvs_keeps_what_was_committed(board):
    board.on()
    assert board.run(SHOW) == NOTHING
    board.run(KEEP)
    assert board.run(SHOW) == KEPT
    board.kill()
    board.on()
    assert board.run(SHOW) == NOTHING
    board.run(KEEP + "nvs.commit()")
    board.kill()
    board.on()
    assert board.run(SHOW) == KEPT
    assert board.run(SHOW.replace('"inkling"', '"other"')) == NOTHING


def test_nvs_is_gone_when_its_partition_is_erased(board):
    board.on()
    board.run(KEEP + "nvs.commit()\nnvs.set_i32('more', 1)\nnvs.commit()")
    board.kill()
    flash = bytearray(board.flash.read_bytes())
    assert flash[NVS_AT:NVS_END].count(b"open sesame") == 2
    flash[NVS_AT:NVS_END] = b"\xff" * (NVS_END - NVS_AT)
    board.flash.write_bytes(flash)
    board.on()
    assert board.run(SHOW) == NOTHING


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("nvs.get_i32('wifi_pass')", "-4354, 'ESP_ERR_NVS_NOT_FOUND'"),
        ("nvs.get_blob('wifi_pass', bytearray(10))", "-4364, 'ESP_ERR_NVS_INVALID_LENGTH'"),
        ("nvs.set_i32('sixteen letters!', 1)", "-4361, 'ESP_ERR_NVS_KEY_TOO_LONG'"),
        ("nvs.set_blob('big', bytes(13000))", "-4357, 'ESP_ERR_NVS_NOT_ENOUGH_SPACE'"),
        ("nvs.erase_key('nothing')", "-4354, 'ESP_ERR_NVS_NOT_FOUND'"),
        ("nvs.erase_key('count'); nvs.get_i32('count')", "-4354, 'ESP_ERR_NVS_NOT_FOUND'"),
        ("nvs.set_i32('n', 2**31)", "OverflowError"),
    ],
)
def test_nvs_refuses_as_the_chip_does(statement, says, board):
    board.on()
    assert says in board.run(KEEP + statement)


def test_nvs_has_an_old_or_a_new_state_whenever_power_goes(board):
    chance = random.Random(7)
    board.on()
    board.run(KEEP + "nvs.set_blob('long', bytes(3000)); nvs.commit()")
    for _ in range(6):
        board.start("""
from esp32 import NVS
nvs = NVS("inkling")
print("going")
n = 0
while True:
    n += 1
    nvs.set_i32("count", -7)
    nvs.set_blob("long", bytes([n & 255]) * 3000)
    nvs.commit()
""")
        board.until(b"going")
        time.sleep(chance.uniform(0.005, 0.05))
        board.kill()
        board.on()
        assert board.run(SHOW) == KEPT
        same = board.run("""
from esp32 import NVS
room = bytearray(3000)
NVS("inkling").get_blob("long", room)
print(bytes(room) == bytes(room[:1]) * 3000)
""")
        assert same == "True\n"


REPLACE = """
import os
text = 'x' * 1500
print("going")
n = 0
while True:
    n = (n + 1) % 10
    with open("new", "w") as file:
        for _ in range(4):
            file.write(str(n) * 500)
    os.rename("new", "whole")
"""


def test_a_file_replaced_by_rename_is_whole_whenever_power_goes(board):
    chance = random.Random(11)
    board.on()
    board.run("with open('whole', 'w') as file: file.write('0' * 2000)")
    seen = set()
    for _ in range(8):
        board.start(REPLACE)
        board.until(b"going")
        time.sleep(chance.uniform(0.005, 0.06))
        board.kill()
        assert b"damaged" not in board.on()
        text = board.run("print(open('whole').read())").strip()
        assert len(text) == 2000 and len(set(text)) == 1
        seen.add(text[0])
    assert len(seen) > 1  # the loop did replace it


def test_a_damaged_file_system_is_not_formatted_away(board):
    board.on()
    board.kill()
    with board.flash.open("r+b") as file:
        file.seek(VFS_AT)
        file.write(random.Random(1).randbytes(2 * 4096))
    board.on(wait_for=b"appears to be corrupted")
    board.send(b"\x03")
    board.until(b">>> ")


def test_the_partition_table_is_the_stock_one(board):
    board.on()
    text = board.run("""
from esp32 import Partition
print(Partition(Partition.RUNNING).info())
print(Partition.find(Partition.TYPE_DATA, label="vfs")[0].info())
print([p.info()[4] for p in Partition.find(Partition.TYPE_DATA)])
""")
    assert text.splitlines() == [
        "(0, 0, 65536, 2031616, 'factory', False)",
        "(1, 129, 2097152, 2097152, 'vfs', False)",
        "['nvs', 'phy_init', 'vfs']",
    ]


def test_a_flash_without_room_for_a_file_system_has_none(board):
    board.flash.write_bytes(b"\xff" * VFS_AT)
    assert b"initial setup" not in board.on()
    text = board.run("""
from esp32 import Partition
print([p.info()[4] for p in Partition.find(Partition.TYPE_DATA)], bdev)
open("boot.py", "w")
""")
    assert text.startswith("['nvs', 'phy_init'] None\n") and "ENODEV" in text


@pytest.mark.parametrize("write", ["0, bytes(100)", "1 << 20, bytes(4096)", "-1, bytes(4096)"])
def test_only_whole_blocks_of_the_partition_are_written(write, board):
    board.on()
    before = board.flash.read_bytes()
    assert "EINVAL" in board.run(f"bdev.writeblocks({write})")
    assert board.flash.read_bytes() == before
