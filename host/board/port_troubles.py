"""What goes wrong with a serial port, in one line each with the remedy."""

import errno
import os
import re
import stat
import sys
from pathlib import Path

from host.errors import UserError

_USB_DEVICES = Path("/sys/bus/usb/devices")
_PROCESSES = Path("/proc")

_MODULES = {"CP210x": "cp210x", "CH340": "ch341", "FTDI": "ftdi_sio", "PL2303": "pl2303"}
_OPEN_FAILED = re.compile(r"\[Errno (\d+)\]|\((\d+), '")
_GONE = (errno.EIO, errno.ENXIO, errno.ENODEV, errno.EBADF)
_BUSY = (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK)
_NO_LISTENER = (errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH)


def explain(port: str, error: Exception) -> UserError:
    """What this failure of opening, reading or writing means, and what to do now."""
    if isinstance(error, UserError):
        return error
    number = _number(error)
    if "://" in port:
        return UserError(_network_trouble(port, number, error))
    if number == errno.ENOENT:
        return UserError(f"{port}: no such port; is the board plugged in? {_other_ports()}")
    if number in (errno.EACCES, errno.EPERM):
        return UserError(f"{port}: no permission; {permission_remedy(port)}")
    if number in _BUSY:
        users = ", ".join(holders(port)) or "another program"
        return UserError(f"{port}: in use by {users}; close that first")
    if not _is_character_device(port):
        if Path(port).exists():
            return UserError(f"{port}: not a serial port; `inkling doctor` finds the board's")
        return UserError(f"{port}: unplugged; plug the board in again")
    if number == errno.ENOTTY:
        return UserError(f"{port}: not a serial port; `inkling doctor` finds the board's")
    if number in _GONE or "disconnected" in str(error):
        return UserError(f"{port}: the board does not answer on it any more; plug it in again")
    reason = os.strerror(number) if number else str(error)
    return UserError(f"{port}: cannot be used ({reason}); unplug the board and plug it in again")


def permission_remedy(port: str) -> str:
    """What lets this user use the device: the group that owns it, from the next login on."""
    import getpass
    import grp

    group = "dialout"
    try:
        owner = grp.getgrgid(os.stat(port).st_gid)
        if owner.gr_gid:  # root's own group is not for people
            group = owner.gr_name
        if group == owner.gr_name and getpass.getuser() in owner.gr_mem:
            return f"you are in the group {group} since your last login: log in again"
    except (KeyError, OSError):
        pass
    return f"`sudo usermod -aG {group} $USER`, then log in again"


def holders(port: str) -> list[str]:
    """The other programs that have this device open, as far as this user may know."""
    try:
        device = os.stat(port).st_rdev
        if not device:
            return []
        processes = [each for each in _PROCESSES.iterdir() if each.name.isdecimal()]
    except OSError:
        return []
    found = []
    for process in processes:
        if int(process.name) == os.getpid() or not _has_open(process, device):
            continue
        try:
            name = (process / "comm").read_text().strip()
        except OSError:
            name = "a program"
        found.append(f"{name} (process {process.name})")
    return found


def none_found() -> UserError:
    """No port looks like a board: why that may be, as far as the USB bus tells."""
    if bridge := _bridge_without_port():
        if module := _MODULES.get(bridge):
            return UserError(
                f"a {bridge} is plugged in but has no port: `sudo modprobe {module}`; "
                "on Ubuntu brltty may have taken it: `sudo apt remove brltty`"
            )
        return UserError(f"a {bridge} is plugged in but has no port; plug it in again")
    remedy = "plug it in with a cable that carries data (many only charge)"
    if sys.platform != "linux":
        remedy += "; install the driver of its USB chip: CP210x from Silicon Labs, CH340 from WCH"
    return UserError(f"no board found; {remedy}, or say --port PORT")


def _number(error: Exception) -> int | None:
    """The errno, which pyserial often leaves in the text or in the exception it replaced."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    if isinstance(error.__context__, OSError) and error.__context__.errno:
        return error.__context__.errno
    if match := _OPEN_FAILED.search(str(error)):
        return int(match[1] or match[2])
    return None


def _network_trouble(port: str, number: int | None, error: Exception) -> str:
    if number in _NO_LISTENER:
        return f"{port}: nothing listens there; is `inkling devkit` running, and its cable in?"
    if "rfc2217" in str(error).lower() and "support" in str(error):
        return f"{port}: what listens there does not speak RFC 2217; try socket:// instead"
    reason = os.strerror(number) if number and number > 0 else str(error)
    return f"{port}: the connection failed ({reason}); is it still running?"


def _other_ports() -> str:
    from serial.tools import list_ports

    ports = [each.device for each in list_ports.comports() if each.vid is not None]
    return f"There is {', '.join(sorted(ports))}." if ports else "No USB serial port is there."


def _is_character_device(port: str) -> bool:
    try:
        return stat.S_ISCHR(os.stat(port).st_mode)
    except OSError:
        return False


def _has_open(process: Path, device: int) -> bool:
    try:
        return any(_device(each) == device for each in (process / "fd").iterdir())
    except OSError:
        return False  # it ended, or it is another user's


def _device(descriptor: Path) -> int:
    try:
        return descriptor.stat().st_rdev
    except OSError:
        return 0


def _bridge_without_port() -> str:
    """The name of a bridge on the USB bus for which no driver has made a port."""
    from host.board.ports import bridge_name

    for device in sorted(_USB_DEVICES.glob("*")):
        try:
            ids = [int((device / name).read_text(), 16) for name in ("idVendor", "idProduct")]
        except (OSError, ValueError):
            continue
        # A port is a folder below the interface's: ttyUSB0 itself or tty/ttyACM0.
        if (name := bridge_name(*ids)) and not any(device.glob("*:*/tty*")):
            return name
    return ""
