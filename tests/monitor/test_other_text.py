"""What came besides records: joined, counted, and shown for as long as a person wants it."""

import pytest
from monitor_story import NOW_S, UTC_S, tell, told_state

from host.monitor.chip_text import in_passing
from host.monitor.other_text import FRESH_S, LINES_KEPT, OtherText
from host.monitor.records import Line

START = [
    b"ets Jul 29 2019 12:21:46",
    b"rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
    b"configsip: 0, SPIWP:0xee",
    b"clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00",
    b"mode:DIO, clock div:2",
    b"load:0x3fff0030,len:2048",
    b"ho 0 tail 12 room 4",
    b"entry 0x400805cc",
]
CRASH = [
    b"Traceback (most recent call last):",
    b'  File "main.py", line 3, in <module>',
    b"ValueError: no",
]
MOST = 5


def heard(*lines: bytes) -> OtherText:
    text = OtherText()
    for raw in lines:
        text.take(Line(raw, None), NOW_S)
    return text


def test_a_start_is_shown_for_a_minute():
    text = heard(*START)
    assert text.shown(MOST, NOW_S) == START[-MOST:]
    assert text.shown(MOST, NOW_S + FRESH_S + 1) == []
    assert text.count == len(START)


def test_a_traceback_is_not_pushed_away_by_the_start_after_it_and_stays():
    text = heard(*START, *CRASH, *START)
    assert text.shown(MOST, NOW_S) == [*CRASH, *START[-2:]]
    assert text.shown(MOST, NOW_S + 10 * FRESH_S) == CRASH
    text.take(Line(b"invalid header: 0xffffffff", None), NOW_S + 10 * FRESH_S)
    assert text.shown(1, NOW_S + 10 * FRESH_S) == [b"invalid header: 0xffffffff"]


@pytest.mark.parametrize("most", [-1, 0])
def test_no_room_is_no_line(most):
    assert heard(*CRASH).shown(most, NOW_S) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"Guru Meditation Error: Core  1 panic'ed (LoadProhibited). Exception was unhandled.",
        b"Backtrace: 0x400d1234:0x3ffb5678",
        b"abort() was called at PC 0x400d1234 on core 0",
        b"Brownout detector was triggered",
        b"OSError: [Errno 5] EIO",
        b"what the program itself printed",
    ],
)
def test_what_a_person_must_see_does_not_pass(raw):
    assert not in_passing(raw)


@pytest.mark.parametrize("raw", [b'{"k":"book","p":"BT', b'"n":12345,"ps":61,"bad":1}', b">>> "])
def test_what_is_left_of_a_record_and_the_prompt_pass(raw):
    assert in_passing(raw)


def test_pieces_are_one_line_and_old_lines_go():
    text = OtherText()
    for piece in (b"one ", b"two ", b"three"):
        text.take(Line(piece, None, whole=False), NOW_S)
    text.take(Line(b"", None), NOW_S)
    assert (text.shown(MOST, NOW_S), text.count) == ([b"one two three"], 1)
    for number in range(LINES_KEPT + 3):
        text.take(Line(b"line %d" % number, None), NOW_S)
    assert text.count == LINES_KEPT + 4
    assert len(text.shown(10 * LINES_KEPT, NOW_S)) == LINES_KEPT


def test_the_view_gives_the_rows_back():
    state = told_state()
    tell(state, b"\r\n".join(START) + b"\r\n")
    assert state.other_text.shown(MOST, state.now_s)
    state.tick(NOW_S + FRESH_S + 1, UTC_S)
    assert not state.other_text.shown(MOST, state.now_s)
