"""The text of the chip itself, in plain words, wherever it is shown."""

import io

import pytest
from monitor_story import NOW_S, UTC_S, tell, told_state

from host.monitor import words
from host.monitor.board_state import STARTING_SILENT_AFTER_S, BoardState
from host.monitor.chip_text import meaning
from host.monitor.records import Line, LineSplitter
from host.monitor.show import show

BOOT = b'{"k":"boot","v":"0.1.0","py":"micropython 1.29.0","cause":"%s","n":3}\n'
CAUSES = [
    (b"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n", b"pwron", "power-on or EN"),
    (b"rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (X)\r\n", b"pwron", "brown-out"),
    (b"rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n", b"hard", "asked for it, or"),
    (b"rst:0xc (SW_CPU_RESET),boot:0x13 (X)\r\n", b"wdt", "watchdog: the program hung"),
    (b"MPY: soft reboot\r\n", b"soft", "soft reset"),
    (b"", b"wdt", "watchdog"),
    (b"", b"of another version", "of another version"),
    (
        b"Guru Meditation Error: Core  1 panic'ed (LoadProhibited). Exception was unhandled.\r\n"
        b"rst:0xc (SW_CPU_RESET),boot:0x13 (X)\r\n",
        b"hard",
        "crash (LoadProhibited)",
    ),
]


@pytest.mark.parametrize(("rom", "cause", "says"), CAUSES)
def test_the_cause_of_a_reset_in_words(rom, cause, says):
    out = io.BytesIO()
    show(io.BytesIO(rom + BOOT % cause), mode="plain", out=out)
    boot = out.getvalue().decode().splitlines()[-1]
    assert "Inkling 0.1.0, MicroPython 1.29.0" in boot and says in boot


def test_plain_says_the_reset_when_it_happens_and_a_boot_loop_once():
    loop = b"rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (X)\r\n" + b"invalid header: 0xffffffff\r\n" * 8
    out = io.BytesIO()
    show(io.BytesIO(loop * 5), mode="plain", out=out)
    text = out.getvalue().decode()
    assert text.count("reset    watchdog: the chip found no program") == 5
    assert text.count("make flash") == 1


NOTES = [
    (b"invalid header: 0xffffffff\n", ("bad", "no MicroPython in its flash: make flash")),
    (b"waiting for download\n", ("bad", "in the ROM's loader; r restarts it")),
    (b"rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0))\n", ("bad", "in the ROM's loader")),
    (b"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n", ("wait", "starting")),
    (b"Brownout detector was triggered\n", ("bad", "brown-out")),
    (b'{"k":"safe","why":"BOOT held"}\n', ("wait", "safe mode: BOOT held")),
    (b'{"k":"wifi","st":"join"}\n', ("wait", "joining Wi-Fi, 0 s")),
    (b'{"k":"wifi","st":"down","why":"wrong password"}\n', ("bad", "Wi-Fi: wrong password")),
    (b'{"k":"wifi","st":"up","rssi":-52,"ip":"1.2.3.4"}\n', ("wait", "Wi-Fi is up")),
    (
        b'{"k":"clock","st":"wait","why":"no answer"}\n',
        ("wait", "waiting for the time: no answer"),
    ),
    (b'{"k":"clock","st":"set"}\n', ("wait", "clock set")),
]


@pytest.mark.parametrize(("heard", "says"), NOTES)
def test_what_the_board_does_before_it_is_connected(heard, says):
    state = BoardState()
    state.tick(NOW_S, UTC_S)
    tell(state, BOOT % b"pwron" + heard)
    mood, text = words.connection(state)
    assert mood == says[0] and text.startswith(says[1])


def test_a_prompt_is_told_from_an_application_that_runs():
    state = told_state()
    splitter = LineSplitter()
    for line in (*splitter.feed(b">>> "), *splitter.pause()):
        state.take(line)
    assert words.connection(state) == ("bad", "Python prompt: the application is not running")
    tell(state, BOOT % b"soft")
    assert words.connection(state) == ("wait", "board is up")


def test_joining_takes_longer_than_silence_may_later():
    state = BoardState()
    state.tick(NOW_S, UTC_S)
    tell(state, BOOT % b"pwron" + b'{"k":"wifi","st":"join"}\n')
    state.tick(NOW_S + 12, UTC_S)
    assert words.connection(state) == ("wait", "joining Wi-Fi, 12 s")
    state.tick(NOW_S + STARTING_SILENT_AFTER_S + 1, UTC_S)
    assert words.connection(state)[1] == "board silent for 31 s"


def test_a_weak_signal_asks_for_attention():
    state = told_state()
    tell(state, b'{"k":"wifi","st":"up","rssi":-88,"ip":"1.2.3.4"}\n')
    assert ("Wi-Fi", "-88 dBm, weak", True) in words.health_items(state)


def test_plain_lines_of_wifi_clock_and_safe():
    out = io.BytesIO()
    records = [heard for heard, _ in NOTES if heard.startswith(b"{")]
    show(io.BytesIO(b"".join(records)), mode="plain", out=out)
    text = out.getvalue().decode()
    for part in (
        "wifi     joining",
        "wifi     down: wrong password",
        "wifi     up, -52 dBm, 1.2.3.4",
        "clock    waiting for the time: no answer",
        "safe     safe mode: BOOT held; the application does not run",
    ):
        assert part in text


HALVES = [
    (b">>> ", b">>> "),
    (b'{"k":"bo', b""),
    (b'>>> {"k', b">>> "),
    (b'>>> {"k":"boot"', b">>> "),
    (b"{", b""),
    (b"{x", b"{x"),
]


@pytest.mark.parametrize(("half", "shown"), HALVES)
def test_an_unfinished_line_is_shown_but_no_record_is_cut(half, shown):
    splitter = LineSplitter()
    assert list(splitter.feed(half)) == []
    assert b"".join(line.raw for line in splitter.pause()) == shown
    rest = b'{"k":"boot","v":"1"}'.removeprefix(half[len(shown) :]) + b"\n"
    record = Line(b'{"k":"boot","v":"1"}', {"k": "boot", "v": "1"})
    if half not in (b">>> ", b"{x"):
        assert list(splitter.feed(rest))[-1] == record


def test_other_text_means_nothing():
    assert meaning(b"ets Jul 29 2019 12:21:46") is None
    assert meaning(b"rst:0x1") is None
    assert meaning(b"\xff\x00rst:0xzz (") is None
