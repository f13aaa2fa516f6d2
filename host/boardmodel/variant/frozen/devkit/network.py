"""Stands in for the chip's `network`: one WLAN station, in the world that the virtual DevKit makes."""

import time

import _devkit

STA_IF = 0
AP_IF = 1

STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204

AUTH_OPEN = 0
AUTH_WEP = 1
AUTH_WPA_PSK = 2
AUTH_WPA2_PSK = 3
AUTH_WPA_WPA2_PSK = 4
AUTH_WPA3_PSK = 6

_SCAN_MS = 1500
_NEIGHBOURS = (
    (b"Cafe Nebenan", b"\x3c\xa6\x2f\x10\x42\x07", 11, -71, AUTH_WPA2_PSK, False),
    (b"FRITZ!Box 7530 QA", b"\x44\x4e\x6d\x9c\x00\x31", 1, -83, AUTH_WPA_WPA2_PSK, False),
    (b"", b"\x98\xda\xc4\x55\x1e\xb0", 13, -88, AUTH_WPA2_PSK, False),
)
_BSSID = b"\x24\x0a\xc4\x00\x00\x01"
_CHANNEL = 6
_ADDRESS = ("192.168.4.2", "255.255.255.0", "192.168.4.1", "192.168.4.1")
_NO_ADDRESS = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")

_hostname = "mpy-esp32"
_country = "XX"


def hostname(name=None):
    global _hostname
    if name is None:
        return _hostname
    _hostname = name


def country(code=None):
    global _country
    if code is None:
        return _country
    _country = code


class WLAN:
    IF_STA = 0
    IF_AP = 1
    SEC_OPEN = 0
    SEC_WPA2 = 3
    SEC_WPA_WPA2 = 4
    SEC_WPA3 = 6
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2

    _pm = PM_PERFORMANCE
    _txpower = 20

    def __init__(self, interface=STA_IF):
        if interface == AP_IF:
            raise NotImplementedError("the board model has no access point")
        if interface != STA_IF:
            raise ValueError("invalid WLAN interface identifier")

    def active(self, on=None):
        if on is None:
            return _devkit.wifi_active()
        return _devkit.wifi_active(on)

    def connect(self, ssid=None, key=None, bssid=None):
        if ssid is None:
            _devkit.wifi_connect()
        else:
            _devkit.wifi_connect(ssid, key)

    def disconnect(self):
        _devkit.wifi_disconnect()

    def isconnected(self):
        return _devkit.wifi_connected()

    def status(self, what=None):
        if what is None:
            return _devkit.wifi_status()
        if what != "rssi":
            raise ValueError("unknown status param")
        if not _devkit.wifi_connected():
            raise OSError("Wifi Not Connected")
        return _devkit.world(_devkit.RSSI_DBM)

    def scan(self):
        if not _devkit.wifi_active():
            raise OSError("STA must be active")
        if _devkit.wifi_connecting():
            return []  # the driver is busy on its own account
        time.sleep_ms(_SCAN_MS)
        found = list(_NEIGHBOURS)
        if _devkit.world(_devkit.RADIO):
            rssi_dbm = _devkit.world(_devkit.RSSI_DBM)
            ssid = _devkit.ssid_on_air()
            found.append((ssid, _BSSID, _CHANNEL, rssi_dbm, AUTH_WPA2_PSK, False))
        found.sort(key=lambda network: -network[3])
        return found

    def ifconfig(self, to=None):
        if to is None:
            return _ADDRESS if _devkit.wifi_connected() else _NO_ADDRESS

    def ipconfig(self, what=None, **to):
        if what is None:
            return None
        address = self.ifconfig()
        if what == "addr4":
            return address[:2]
        if what == "gw4":
            return address[2]
        if what == "dhcp4":
            return True
        raise ValueError("unexpected key")

    def config(self, what=None, **to):
        if what is None:
            for name, value in to.items():
                self._set(name, value)
            return None
        if to:
            raise TypeError("either pos or kw args are allowed")
        if what == "mac":
            return _devkit.mac()
        if what in ("ssid", "essid"):
            return _devkit.wifi_ssid()
        if what == "reconnects":
            return _devkit.wifi_reconnects()
        if what == "pm":
            return WLAN._pm
        if what == "txpower":
            return WLAN._txpower
        if what == "channel":
            return _CHANNEL
        if what in ("hostname", "dhcp_hostname"):
            return hostname()
        raise ValueError("unknown config param")

    def _set(self, name, value):
        if name == "reconnects":
            _devkit.wifi_reconnects(value)
        elif name == "pm":
            WLAN._pm = value
        elif name == "txpower":
            WLAN._txpower = value
        elif name in ("hostname", "dhcp_hostname"):
            hostname(value)
        elif name not in ("mac", "channel", "protocol"):
            raise ValueError("unknown config param")
