"""The powered board's Wi-Fi: joins, fails and comes back as the chip's does, and sockets need it."""

import contextlib
import socket
import threading
import time

import pytest
from on_the_line import PASSWORD, SSID

from host.devkit.powered import Ending, ResetCause

JOIN = f"""
import network, time
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.connect({SSID!r}, {PASSWORD!r})
while not wlan.isconnected():
    time.sleep_ms(20)
"""
WAIT_FOR = """
def wait_for(condition):
    start = time.ticks_ms()
    while not condition():
        if time.ticks_diff(time.ticks_ms(), start) > 8000:
            print("waited in vain")
            break
        time.sleep_ms(20)
"""


def test_it_joins_the_network(board):
    board.on()
    text = board.run("""
import network, time
wlan = network.WLAN(network.STA_IF)
print(wlan.active(), wlan.isconnected(), wlan.status() == network.STAT_IDLE)
wlan.active(True)
wlan.connect("studio", "open sesame")
print(wlan.isconnected(), wlan.status() == network.STAT_CONNECTING)
start = time.ticks_ms()
while not wlan.isconnected():
    time.sleep_ms(20)
print(500 < time.ticks_diff(time.ticks_ms(), start) < 2000, wlan.status() == network.STAT_GOT_IP)
print(wlan.ifconfig()[0], wlan.ipconfig("addr4"), wlan.status("rssi"), wlan.config("ssid"))
""")
    assert text.splitlines() == [
        "False False True",
        "False True",
        "True True",
        "192.168.4.2 ('192.168.4.2', '255.255.255.0') -52 studio",
    ]
    assert board.world.associated


@pytest.mark.parametrize(
    ("ssid", "password", "on_air", "status"),
    [
        (SSID, "wrong", True, "STAT_WRONG_PASSWORD"),
        ("elsewhere", PASSWORD, True, "STAT_NO_AP_FOUND"),
        (SSID, PASSWORD, False, "STAT_NO_AP_FOUND"),
    ],
)
def test_it_tells_why_it_cannot_join(ssid, password, on_air, status, board):
    board.world.radio = on_air
    board.on()
    text = board.run(f"""
import network, time
wlan = network.WLAN()
wlan.active(True)
wlan.config(reconnects=0)
wlan.connect({ssid!r}, {password!r})
while wlan.status() == network.STAT_CONNECTING:
    time.sleep_ms(20)
print(wlan.status() == network.{status}, wlan.isconnected())
""")
    assert text == "True False\n"
    assert not board.world.associated


def test_it_tries_until_the_network_is_there(board):
    board.world.radio = False
    board.on()
    board.start(
        JOIN.replace("while", "print('asked')\nwhile")
        + "print('joined after', wlan.status('rssi'))"
    )
    board.until(b"asked")
    time.sleep(0.1)
    board.world.rssi_dbm = -77
    board.world.radio = True
    board.until(b"joined after -77\r\n")


def test_it_notices_that_the_network_is_gone_and_comes_back_by_itself(board):
    board.on()
    board.start(
        JOIN
        + WAIT_FOR
        + """
print("joined")
wait_for(lambda: not wlan.isconnected())
print("lost")
wait_for(lambda: wlan.status() == network.STAT_NO_AP_FOUND)
print("looking")
wait_for(wlan.isconnected)
print("back")
"""
    )
    board.until(b"joined\r\n")
    assert board.world.associated
    board.world.radio = False
    board.until(b"lost\r\n")
    assert not board.world.associated
    board.until(b"looking\r\n")
    board.world.radio = True
    board.until(b"back\r\n")


def test_asking_the_radio_costs_no_heap(board):
    board.on()
    text = board.run(
        JOIN
        + """
import gc
def allocated(connected, status):
    before = gc.mem_alloc()
    for _ in range(50):
        connected()
        status()
    return gc.mem_alloc() - before
allocated(wlan.isconnected, wlan.status)
print(allocated(wlan.isconnected, wlan.status))
"""
    )
    assert text == "0\n"


def test_the_driver_refuses_what_the_chips_refuses(board):
    board.on()
    text = board.run("""
import network
wlan = network.WLAN()
def attempt(function, *args):
    try:
        function(*args)
    except (OSError, ValueError) as error:
        print(error)
attempt(wlan.connect, "studio", "open sesame")
attempt(wlan.scan)
attempt(wlan.status, "rssi")
wlan.active(True)
attempt(wlan.status, "rssi")
wlan.connect("studio", "open sesame")
attempt(wlan.connect, "studio", "open sesame")
attempt(wlan.config, "nonsense")
""")
    assert text.splitlines() == [
        "Wifi Not Started",
        "STA must be active",
        "Wifi Not Connected",
        "Wifi Not Connected",
        "Wifi Internal State Error",
        "unknown config param",
    ]


def test_a_scan_hears_our_network_above_weaker_ones(board):
    board.on()
    scan = "import network; w = network.WLAN(); w.active(True); print(w.scan())"
    networks = eval(board.run(scan))
    assert networks[0][0] == SSID.encode() and networks[0][3] == -52
    assert len(networks) > 2 and all(len(network) == 6 for network in networks)
    strengths = [network[3] for network in networks]
    assert strengths == sorted(strengths, reverse=True)
    board.world.radio = False
    assert SSID.encode() not in [network[0] for network in eval(board.run(scan))]


@contextlib.contextmanager
def server():
    """A server on the PC that answers every byte; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    while data := peer.recv(100):
                        peer.sendall(data)

        threading.Thread(target=answer, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


CONNECT = """
import socket
address = socket.getaddrinfo("127.0.0.1", {port})[0][-1]
peer = socket.socket()
peer.connect(address)
peer.write(b"hello")
print(peer.read(5))
"""


def test_without_wifi_no_name_and_no_host_is_reached(board):
    board.on()
    with server() as port:
        assert board.run("import socket; socket.getaddrinfo('localhost', 80)").endswith(
            "OSError: -202\n"
        )
        assert board.run(CONNECT.format(port=port)).endswith("OSError: 113\n") or (
            "EHOSTUNREACH" in board.run(CONNECT.format(port=port))
        )
        assert board.run(JOIN + CONNECT.format(port=port)) == "b'hello'\n"


def test_losing_wifi_ends_connections_and_they_can_be_made_anew(board):
    board.on()
    with server() as port:
        board.start(
            JOIN
            + WAIT_FOR
            + CONNECT.format(port=port)
            + """
try:
    print(peer.read(1))
except OSError as error:
    print("broken", error)
wait_for(wlan.isconnected)
print("again")
"""
            + CONNECT.format(port=port)
        )
        board.until(b"b'hello'\r\n")
        board.world.radio = False
        assert b"waited" not in board.until(b"\r\n")
        board.world.radio = True
        board.until(b"again\r\nb'hello'\r\n")


def test_a_soft_reset_keeps_the_connection_and_any_other_loses_it(board):
    board.on()
    look = "import network; print(network.WLAN().isconnected(), network.WLAN().active())"
    board.run(JOIN)
    board.send(b"\x04")
    assert board.ending() == Ending.SOFT_RESET_RAW
    board.on(ResetCause.SOFT, raw_repl=True)
    assert board.run(look) == "True True\n"
    board.kill()
    board.on(ResetCause.HARD)
    assert not board.world.associated
    assert board.run(look) == "False False\n"


def test_a_time_server_sets_the_clock(board):
    board.on()
    assert "OSError: -202" in board.run("import ntptime; ntptime.settime()")
    board.world.ntp = False
    assert board.run(JOIN + "import ntptime\nntptime.settime()").endswith("ETIMEDOUT\n")
    board.world.ntp = True
    board.run("import ntptime; ntptime.settime()")
    seconds = int(board.run("import time; print(time.time())"))
    assert abs(seconds - time.time()) < 3
