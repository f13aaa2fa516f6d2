"""The virtual board gets the time as a real one would: from an SNTP server, which its world can take away."""

import json
import socket
import struct
import time

import pytest
from on_the_line import PASSWORD, SSID

from host import ROOT
from host.boardmodel import flash_folder
from host.devkit.time_server import TimeServer

JOIN = f"""
import network, time
wlan = network.WLAN(network.WLAN.IF_STA)
wlan.active(True)
wlan.connect({SSID!r}, {PASSWORD!r})
while not wlan.isconnected():
    time.sleep_ms(20)
"""
_MODULES = ("firmware/board/clock", "firmware/board/sntp", "firmware/kernels/lateness")


def test_it_answers_as_rfc_4330_says():
    with TimeServer() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect((server.host, server.port))
        client.send(b"\x23" + bytes(39) + b"whoasked")
        reply = client.recv(100)
    assert len(reply) == 48
    assert reply[0] & 7 == 4 and reply[0] >> 6 == 0 and reply[1] == 2
    assert reply[24:32] == b"whoasked"
    received, sent = struct.unpack("!QQ", reply[32:])
    assert received <= sent
    assert abs((sent >> 32) - 2_208_988_800 - time.time()) < 5


def test_another_port_is_taken_when_the_wished_one_is_not_free():
    with TimeServer() as first, TimeServer(first.port) as second:
        assert second.port != first.port


@pytest.fixture
def install(board):
    """The modules that the clock needs, on the board's flash."""

    def install():
        board.run(
            "import os\nfor path in ('firmware', 'firmware/board', 'firmware/kernels'): os.mkdir(path)"
        )
        for name in _MODULES:
            data = flash_folder.compiled(ROOT / f"{name}.py", flash_folder.MODEL)
            for at in range(0, len(data), 128):
                piece = data[at : at + 128]
                board.run(f"with open('{name}.mpy', 'ab') as f: f.write({piece!r})")

    return install


def test_a_board_sets_its_clock_and_its_chips(board, install):
    ask = "from firmware.board.clock import Clock\nclock = Clock(False, 0)\nprint(clock.ask({}))\n"
    tell = (
        "import json\nfrom time import ticks_diff, ticks_ms\n"
        "ticks, hi, lo = clock.anchor[:3]\n"
        "lo += ticks_diff(ticks_ms(), ticks)\n"
        "print(json.dumps([hi, lo, time.time(), time.gmtime(0)[0], clock.trusted]))\n"
    )
    with TimeServer(answers=lambda: board.world.ntp) as server:
        there = {"time_host": server.host, "time_port": server.port}
        ask = ask.format(there)
        board.on()
        install()
        board.world.ntp = False
        assert "no answer from the time server" in board.run(JOIN + ask)
        board.world.ntp = True
        server.offset_ms = 86_400_000  # tomorrow
        said = board.run(ask + "import time\n" + tell)
    first, _, last = said.partition("\n")
    assert first == "(None, 3600)"
    hi, lo, chip_s, epoch, trusted = json.loads(last)
    tomorrow_s = time.time() + 86_400
    assert trusted
    assert abs(hi * 10**6 + lo / 1000 - tomorrow_s) < 1
    if epoch == 2000:
        chip_s += 946_684_800
    assert abs(chip_s - tomorrow_s) < 2
