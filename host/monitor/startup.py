"""What a board says before it is connected: what it is, why it started, how its Wi-Fi is."""

from dataclasses import dataclass


@dataclass
class Boot:
    """What the board said of itself when it started."""

    version: str = ""
    python: str = ""
    cause: str = ""


@dataclass
class Wifi:
    """How far the board's Wi-Fi is: `join`, `up` or `down`; empty where there is none."""

    state: str = ""
    why: str = ""
    rssi_dbm: int | None = None
    address: str = ""
    since_s: float = 0.0
