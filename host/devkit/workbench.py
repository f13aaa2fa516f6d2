"""What can be typed while a virtual DevKit runs: cable, power, buttons, noise, Wi-Fi."""

from collections.abc import Callable

from host.devkit.devkit import DevKit
from host.errors import UserError

GOOD_RSSI_DBM = -52
WEAK_RSSI_DBM = -88

_HELP = {
    "cable out|in": "pull the USB cable, plug it in again",
    "power off|on": "the board without power, its port stays",
    "boot hold|release": "the BOOT button (hold it over a reset: ROM loader)",
    "reset": "the EN button",
    "noise SHARE": "damage that share of all bytes, 0.001 for example; 0 ends it",
    "wifi on|off|weak": "the access point",
    "wifi password NEW": "the access point has another password now",
    "ntp on|off": "the time server",
    "state": "what the board does, and how all of these stand",
    "quit": "unplug and end",
}


class Quit(Exception):
    """The user has had enough."""


def execute(kit: DevKit, line: str) -> str:
    """Do one typed command; the answer for the user, empty for an empty line.

    Raises Quit, and UserError for what cannot be understood.
    """
    words = line.split(None, 2)
    if not words:
        return ""
    verb, choice = words[0].lower(), words[1] if len(words) > 1 else ""
    if verb in ("quit", "exit"):
        raise Quit
    if verb == "wifi" and choice == "password" and len(words) == 3:
        _set_password(kit, words[2])
        return "the access point has the new password"
    if len(words) < 3:
        if verb == "help":
            return "\n".join(f"  {words:<20}{text}" for words, text in _HELP.items())
        if verb == "state":
            return _say(state(kit))
        if verb == "noise" and choice:
            kit.noise = _share(choice)
            return f"noise {kit.noise:g}"
        action = _actions(kit).get(" ".join((verb, choice)).strip())
        if action:
            action()
            return " ".join((verb, choice)).strip()
    raise UserError(f"{line.strip()!r}: not a command here; `help` lists them")


def state(kit: DevKit) -> dict:
    """All that can be switched, and what the chip does."""
    return {
        "board": kit.state,
        "cable": "in" if kit.plugged else "out",
        "power": "off" if kit.power_cut else "on",
        "boot": "held" if kit.boot_held else "released",
        "noise": kit.noise,
        "wifi": f"{kit.world.rssi_dbm} dBm" if kit.world.radio else "off",
        "connected": bool(kit.world.associated),
        "ntp": "on" if kit.world.ntp else "off",
        "received": kit.received,
    }


def _say(values: dict) -> str:
    return "\n".join(f"  {name:<10}{value}" for name, value in values.items())


def _actions(kit: DevKit) -> dict[str, Callable[[], None]]:
    def wifi(on: int, rssi_dbm: int = GOOD_RSSI_DBM) -> None:
        kit.world.rssi_dbm = rssi_dbm
        kit.world.radio = on

    def ntp(on: int) -> None:
        kit.world.ntp = on

    return {
        "cable out": kit.pull_cable,
        "cable in": kit.plug_cable,
        "power off": kit.cut_power,
        "power on": kit.restore_power,
        "boot hold": kit.press_boot,
        "boot release": kit.release_boot,
        "reset": kit.reset,
        "wifi on": lambda: wifi(1),
        "wifi off": lambda: wifi(0),
        "wifi weak": lambda: wifi(1, WEAK_RSSI_DBM),
        "ntp on": lambda: ntp(1),
        "ntp off": lambda: ntp(0),
    }


def _set_password(kit: DevKit, text: str) -> None:
    try:
        kit.world.password = text
    except ValueError as error:
        raise UserError(f"wifi password: {error}") from None


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UserError(f"noise {text}: a share of all bytes, from 0 to 1")
    return share
