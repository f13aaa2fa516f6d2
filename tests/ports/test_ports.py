"""The board's port: found, opened without resetting the board, restarted, and its troubles in one line."""

import errno
import os
import pty
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from serial import rfc2217
from serial.tools import list_ports

from host.board import port_troubles, ports
from host.errors import UserError


class Lines:
    """The serial side of an RFC 2217 server: it writes down what happens to DTR and RTS."""

    def __init__(self) -> None:
        self.__dict__.update(baudrate=9600, bytesize=8, parity="N", stopbits=1)
        self.__dict__.update(dtr=False, rts=False, break_condition=False, history=[])
        self.__dict__.update(cts=True, dsr=True, ri=False, cd=True)

    def __setattr__(self, name, value) -> None:
        self.__dict__[name] = value
        if name in ("dtr", "rts"):
            self.history.append((self.dtr, self.rts))

    def reset_input_buffer(self) -> None: ...
    def reset_output_buffer(self) -> None: ...


class Server:
    """A board behind RFC 2217 that says back what it hears."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connection = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                self.connection, _ = self._listener.accept()
            except OSError:
                return
            sender = SimpleNamespace(write=self.connection.sendall)
            manager = rfc2217.PortManager(self.lines, sender)
            while data := self.connection.recv(1000):
                heard = b"".join(manager.filter(data))
                if heard:
                    self.connection.sendall(b"".join(manager.escape(heard)))

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def in_reset(dtr: bool, rts: bool) -> bool:
    """What the two transistors do."""
    return rts and not dtr


@pytest.mark.parametrize("before", [(False, False), (True, True)])
def test_opening_and_closing_do_not_reset_the_board(server, before):
    server.lines.dtr, server.lines.rts = before
    server.lines.history.clear()
    port = ports.open_port(server.url)
    assert server.lines.history and not any(in_reset(*lines) for lines in server.lines.history)
    if before == (False, False):  # as servers have them: not even BOOT is held for a moment
        assert set(server.lines.history) == {before}
    port.close()
    assert (server.lines.dtr, server.lines.rts) == (False, False)
    assert not any(in_reset(*lines) for lines in server.lines.history)


def test_restart_pulses_en_and_lets_the_board_run(server):
    port = ports.open_port(server.url)
    server.lines.history.clear()
    start_s = time.monotonic()
    ports.restart(port)
    assert time.monotonic() - start_s >= 0.1
    was = [in_reset(*lines) for lines in server.lines.history]
    assert True in was and was[-1] is False
    # GPIO0 is low while DTR is asserted and RTS is not: it must be high when EN rises.
    assert server.lines.history[-1] == (False, False)
    port.close()


def test_every_byte_passes_a_network_port_both_ways(server):
    port = ports.open_port(server.url)
    sent = bytes(range(256)) * 40 + b"\xff\xff\xfa\xf0"
    threading.Thread(target=port.write, args=(sent,), daemon=True).start()
    heard, deadline = b"", time.monotonic() + 60
    while len(heard) < len(sent) and time.monotonic() < deadline:
        heard += port.read(7777)
    assert heard == sent
    server.connection.shutdown(socket.SHUT_RDWR)
    with pytest.raises(OSError, match="connection closed"):
        while True:
            port.read(1)
    port.close()


def test_a_port_without_lines_is_restarted_by_its_prompt():
    master, slave = pty.openpty()
    port = ports.open_port(os.ttyname(slave))
    assert not ports.has_reset_lines(port)
    ports.restart(port)
    assert os.read(master, 100) == b"\r\x03\x03\x02\x04"
    port.close()


HOLDER = "import sys, time; from host.board import ports; p = ports.open_port(sys.argv[1])\n"
HOLDER += "print('open', flush=True); time.sleep(30)"


def test_a_busy_port_names_who_has_it():
    _, slave = pty.openpty()
    name = os.ttyname(slave)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, name], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(UserError, match=rf"in use by python\S* \(process {holder.pid}\)"):
            ports.open_port(name)
    finally:
        holder.kill()
        holder.communicate()
    ports.open_port(name).close()


def listed(monkeypatch, *ids):
    found = [
        SimpleNamespace(device=f"/dev/ttyUSB{number}", vid=vid, pid=pid)
        for number, (vid, pid) in enumerate(ids)
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: found)


CP210X, CH340, MODEM = (0x10C4, 0xEA60), (0x1A86, 0x7523), (0x1199, 0x9071)


def test_the_one_board_is_found_among_other_ports(monkeypatch):
    listed(monkeypatch, MODEM, CH340, (None, None))
    assert ports.choose(None) == "/dev/ttyUSB1"
    assert ports.choose("/dev/ttyS0") == "/dev/ttyS0"


def test_two_boards_are_listed(monkeypatch):
    listed(monkeypatch, CP210X, CH340)
    with pytest.raises(UserError) as error:
        ports.choose(None)
    assert str(error.value) == (
        "2 boards are plugged in: /dev/ttyUSB0 (CP210x), /dev/ttyUSB1 (CH340); "
        "say which one: --port PORT"
    )


def test_no_board_and_a_bridge_without_driver(monkeypatch, tmp_path):
    listed(monkeypatch)
    monkeypatch.setattr(port_troubles, "_USB_DEVICES", tmp_path)
    with pytest.raises(
        UserError, match="no board found; plug it in with a cable that carries data"
    ):
        ports.choose(None)
    bridge = tmp_path / "1-2"
    (bridge / "1-2:1.0").mkdir(parents=True)
    (bridge / "idVendor").write_text("10c4\n")
    (bridge / "idProduct").write_text("ea60\n")
    with pytest.raises(UserError, match="sudo modprobe cp210x"):
        ports.choose(None)
    (bridge / "1-2:1.0" / "ttyUSB0").mkdir()
    with pytest.raises(UserError, match="no board found"):
        ports.choose(None)


def test_no_permission_names_the_group_that_owns_the_port(tmp_path):
    import grp

    device = tmp_path / "ttyUSB0"
    device.touch()
    group = next(each for each in grp.getgrall() if each.gr_gid and not each.gr_mem)
    error = PermissionError(errno.EACCES, "Permission denied")
    if os.getuid() == 0:
        os.chown(device, 0, group.gr_gid)
        assert f"usermod -aG {group.gr_name} $USER" in str(ports.explain(str(device), error))
    assert "then log in again" in str(ports.explain("/no/such/device", error))


@pytest.mark.parametrize(
    ("port", "says"),
    [
        ("/dev/ttyUSB77", "no such port; is the board plugged in?"),
        ("/etc/hostname", "not a serial port"),
        ("/tmp", "not a serial port"),
        ("/dev/null", "not a serial port"),
        ("rfc2217://127.0.0.1:1", "nothing listens there"),
        ("socket://127.0.0.1:1", "nothing listens there"),
        ("rfc2217://127.0.0.1", "a port is a device, rfc2217://HOST:PORT or socket://HOST:PORT"),
        ("rfc2217://127.0.0.1:99999", "a port is a device"),
        ("spy:///dev/null", "a port is a device"),
    ],
)
def test_what_cannot_be_opened_is_one_line(port, says):
    with pytest.raises(UserError) as error:
        ports.open_port(port)
    assert says in str(error.value) and "\n" not in str(error.value)


def test_what_listens_without_rfc_2217_is_told():
    listener = socket.create_server(("127.0.0.1", 0))
    with pytest.raises(UserError, match="does not speak RFC 2217"):
        ports.open_port(f"rfc2217://127.0.0.1:{listener.getsockname()[1]}?timeout=0.3")
    listener.close()


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "Input/output error"), OSError("device disconnected")]
)
def test_a_port_that_went_away_is_told(error):
    assert str(ports.explain("/no/such", error)) == "/no/such: unplugged; plug the board in again"
