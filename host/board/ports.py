"""Serial ports of this PC: find the board's, open it without resetting the board, restart the board."""

import errno
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from host.board import port_troubles
from host.board.port_troubles import explain
from host.errors import UserError

if TYPE_CHECKING:
    import serial

__all__ = ["choose", "explain", "has_reset_lines", "open_port", "restart"]

URL_SCHEMES = ("rfc2217://", "socket://")

# What sits between USB and UART on the boards there are: (vendor, product or None for all).
BRIDGES = {
    (0x10C4, None): "CP210x",
    (0x1A86, None): "CH340",
    (0x0403, None): "FTDI",
    (0x067B, None): "PL2303",
    # USB inside the chip (ESP32-S3, C3): found too, so that the wrong chip is named as such.
    (0x303A, None): "Espressif USB",
}

_RESET_PULSE_S = 0.1  # the EN pin has a capacitor; esptool holds it as long
_KEY_PAUSE_S = 0.1  # the board's 260-byte ring and a running program need their time

_CTRL_B, _CTRL_C, _CTRL_D = b"\x02", b"\x03", b"\x04"


def choose(given: str | None) -> str:
    """The port to use: what the user said, or the only one that looks like a board.

    Raises UserError, which lists the ports if there are several and says what to try if none.
    """
    if given:
        if "://" in given and not _is_address(given):
            raise UserError(
                f"{given}: a port is a device, rfc2217://HOST:PORT or socket://HOST:PORT"
            )
        return given
    boards = _boards()
    if len(boards) == 1:
        return next(iter(boards))
    if not boards:
        raise port_troubles.none_found()
    listed = ", ".join(f"{port} ({name})" for port, name in boards.items())
    raise UserError(f"{len(boards)} boards are plugged in: {listed}; say which one: --port PORT")


def _is_address(given: str) -> bool:
    try:
        parts = urlsplit(given)
        return given.startswith(URL_SCHEMES) and bool(parts.hostname and parts.port)
    except ValueError:
        return False


def bridge_name(vendor: int | None, product: int | None) -> str:
    """What kind of USB to serial bridge this is; empty for any other device."""
    if vendor is None:
        return ""
    return BRIDGES.get((vendor, product)) or BRIDGES.get((vendor, None), "")


def _boards() -> dict[str, str]:
    """The ports with a bridge that boards have, by device, with the bridge's name."""
    from serial.tools import list_ports

    found = {}
    for port in sorted(list_ports.comports(), key=lambda port: port.device):
        if name := bridge_name(port.vid, port.pid):
            found[port.device] = name
    return found


def open_port(port: str, baud: int = 115200, timeout_s: float = 0.1) -> "serial.Serial":
    """Open this port for us alone, without resetting the board; raises UserError.

    EN is low while RTS is asserted and DTR is not, GPIO0 while DTR is and RTS is not. Of a
    device, the kernel asserts both at once when it opens it; pyserial then sets DTR, and after it
    RTS: were both to be off, the board would be reset in between. So there both stay on. A
    network port usually has both off, and they stay off: turned on one after the other, they
    would hold BOOT for a moment, and a board that is just joining its Wi-Fi looks at that.
    """
    import serial

    port = choose(port)
    try:
        if port.startswith("rfc2217://"):
            from host.board.network_port import NetworkPort

            opened = NetworkPort()
        else:
            opened = serial.serial_for_url(port, do_not_open=True)
            if not port.startswith(URL_SCHEMES):
                opened.exclusive = True
        opened.port = port
        opened.baudrate, opened.timeout = baud, timeout_s
        opened.dtr = opened.rts = not port.startswith("rfc2217://")
        opened.open()
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise explain(port, error) from None
    return opened


def has_reset_lines(port: "serial.Serial") -> bool:
    """Whether DTR and RTS of this open port lead anywhere: not so with a PTY or a plain socket."""
    if port.name and str(port.port).startswith(URL_SCHEMES):
        return str(port.port).startswith("rfc2217://")
    try:
        _ = port.cts  # asks for the state of the lines, which a PTY has none of
    except OSError as error:
        if error.errno in (errno.ENOTTY, errno.EINVAL):
            return False
        raise
    return True


def restart(port: "serial.Serial") -> None:
    """Restart the board and let it run: by its EN pin, or through the REPL where that cannot be reached.

    What waits to be read stays to be read. Raises OSError when the port is gone.
    """
    if has_reset_lines(port):
        port.dtr = False  # first: GPIO0 must be high when EN rises
        port.rts = True
        time.sleep(_RESET_PULSE_S)
        port.rts = False
        return
    # The program stops at the first Ctrl-C, what it does while it ends at the second. Ctrl-B
    # leaves a raw REPL and does nothing in a friendly one, where Ctrl-D then is a soft reset.
    for keys in (b"\r" + _CTRL_C, _CTRL_C, _CTRL_B, _CTRL_D):
        port.write(keys)
        port.flush()
        time.sleep(_KEY_PAUSE_S)


def is_there(port: str) -> bool:
    """Whether a device of this name exists now; a network address always may."""
    return port.startswith(URL_SCHEMES) or Path(port).exists()
