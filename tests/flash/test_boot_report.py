"""What the board says while it starts is told in words, and the first thing that is wrong is the verdict."""

import pytest

from host.board.boot_report import _Watcher
from host.monitor.records import LineSplitter

_BANNER = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x%x (%s),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
_POWER_ON = _BANNER % (1, b"POWERON_RESET")
_BOOT = b'{"k":"boot","v":"0.1.0","py":"micropython 1.29.0","cause":"pwron","n":3}\n'
_CONNECT = b'{"k":"net","st":"connect","host":"ws.kraken.com"}\n'


def _heard(*parts: bytes) -> tuple[_Watcher, list[str]]:
    said: list[str] = []
    watcher = _Watcher(said.append)
    splitter = LineSplitter()
    for part in parts:
        for line in splitter.feed(part):
            if not watcher.over:
                watcher.take(line)
    return watcher, said


def test_a_good_start_is_told_step_by_step():
    watcher, said = _heard(
        _POWER_ON,
        _BOOT,
        b'{"k":"wifi","st":"join"}\n{"k":"wifi","st":"up","rssi":-52,"ip":"192.168.4.2"}\n',
        b'{"k":"clock","st":"wait","why":"no answer"}\n{"k":"clock","st":"set"}\n',
        _CONNECT,
        b'{"k":"net","st":"up"}\n',
    )
    assert watcher.over and watcher.found.ok
    assert watcher.found.line == "connected to ws.kraken.com"
    assert said == [
        "  booted: Inkling 0.1.0 on micropython 1.29.0, started by pwron",
        "  joining the Wi-Fi",
        "  Wi-Fi up: -52 dBm, address 192.168.4.2",
        "  clock: no answer",
        "  clock set",
        "  connecting to ws.kraken.com",
    ]


@pytest.mark.parametrize(
    ("heard", "verdict"),
    [
        (b'{"k":"error","why":"config.json is not JSON"}\n', "config.json is not JSON"),
        (b'{"k":"wifi","st":"down","why":"wrong password"}\n', "Wi-Fi: wrong password; mend it"),
        (b'{"k":"safe","why":"BOOT held"}\n', "safe mode (BOOT held)"),
        (
            _CONNECT + b'{"k":"net","st":"down","why":"the name cannot be resolved"}\n',
            "no connection to ws.kraken.com: the name cannot be resolved",
        ),
        (
            b'Traceback (most recent call last):\r\n  File "main.py", line 5, in <module>\r\n'
            b'  File "firmware/app.mpy", line 3, in <module>\r\n'
            b"ImportError: no module named 'firmware.telemetry'\r\n",
            "crashed: ImportError: no module named 'firmware.telemetry' "
            '(File "firmware/app.mpy", line 3, in <module>)',
        ),
        (
            b"Traceback (most recent call last):\r\n"
            b'  File "boot.py", line 5\r\nSyntaxError: invalid syntax\r\n',
            "crashed: SyntaxError: invalid syntax",
        ),
        (
            (_BANNER % (7, b"TG0WDT_SYS_RESET") + b"invalid header: 0xffffffff\r\n") * 4,
            "restarts for ever: its flash holds no whole MicroPython; flash again",
        ),
        (
            (b"Brownout detector was triggered\r\n" + _BANNER % (12, b"SW_CPU_RESET")) * 4,
            "restarts for ever: its voltage drops",
        ),
        (
            (b"Guru Meditation Error: Core  1 panic'ed (LoadProhibited).\r\n" + _POWER_ON) * 4,
            "restarts for ever (Core  1 panic'ed (LoadProhibited).)",
        ),
        (_BANNER % (3, b"SW_RESET") * 4, "restarts for ever (SW_RESET)"),
    ],
    ids=[
        "error", "wifi", "safe", "net", "crash", "syntax", "no program", "voltage", "panic", "loop",
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(heard, verdict):
    watcher, _ = _heard(heard)
    assert watcher.over and not watcher.found.ok
    assert verdict in watcher.found.line and "\n" not in watcher.found.line


def test_two_starts_are_no_loop_and_stray_text_is_no_verdict():
    watcher, _ = _heard(
        _POWER_ON, b"\xff\xfe garbage\r\n", _POWER_ON, b'{"k":"bo', _POWER_ON, b'{"k":"later"}\n'
    )
    assert not watcher.over


def test_what_the_line_brings_cannot_control_the_terminal():
    watcher, _ = _heard(b'{"k":"error","why":"\\u001b[2Jgone\\u0007"}\n')
    assert watcher.found.line.isprintable()
