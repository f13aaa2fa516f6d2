"""Stands in for micropython-lib's `ntptime`, whose server is the world's."""

import socket
import time as _time

import _devkit

host = "pool.ntp.org"
timeout = 1

_ETIMEDOUT = 110
_ANSWER_MS = 40


def settime():
    if not _devkit.wifi_connected():
        socket.getaddrinfo(host, 123)  # fails as every name does without Wi-Fi
    if not _devkit.world(_devkit.NTP):
        _time.sleep(timeout)
        raise OSError(_ETIMEDOUT)
    _time.sleep_ms(_ANSWER_MS)
    _devkit.set_clock(None)
