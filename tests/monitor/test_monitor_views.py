"""The view at three sizes, without colour, without Unicode; plain lines; and the entry itself."""

import io
import os
import sys

import pytest
from monitor_story import MORE, STORY, render, tell, told_state
from rich.cells import cell_len
from terminals import Terminal

from host.monitor import words
from host.monitor.show import show
from host.monitor.view import svg

SIZES = [(80, 24), (100, 30), (140, 40)]


@pytest.mark.parametrize("size", SIZES)
def test_the_view_has_the_numbers_and_fits(size):
    lines = render(told_state(), *size, color_system=None)
    assert len(lines) == size[1]
    assert max(map(cell_len, lines)) <= size[0]
    text = "\n".join(lines)
    for part in ("BTC/USD", "45000.0", "45001.0", "0.222", "+0.40", "LIVE", "BUY", "72", "0.25"):
        assert part in text
    for part in ("12,345", "23,120 B", "failed 1", "reconnects 2", "connected"):
        assert part in text
    assert "ets Jul 29 2019" in text
    eth = next(line for line in lines if "ETH/USD" in line)
    assert "STALE" in eth and "checksum failed" in eth and "3512.34" not in eth
    if size[0] >= 100:
        assert "45000.50" in text and "45000.875" in text


@pytest.mark.parametrize("size", [*SIZES, (120, 30), (180, 50), (1, 1), (20, 5), (79, 12)])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_weeks_of_events_and_more_channels_fit(size, encoding):
    state = tell(told_state(), MORE)
    lines = render(state, *size, encoding=encoding, color_system=None)
    assert len(lines) <= size[1] and max(map(cell_len, lines)) <= size[0]
    text = "\n".join(lines)
    if size[1] >= 24:
        assert "exchange: maintenance" in lines[0] and "clock doubted" in text
        assert "44999.9" in text and "LAST" in text and "-78 dBm, weak" in text
    if size[0] >= 120:
        assert "44012.1 46123.0" in text and "lowest 4,100" in text
    if size[0] >= 180:
        assert all(each in text for each in ("2,345", "+0.04", "1.25", "BID SIZE"))


@pytest.mark.parametrize("width", [80, 120, 180])
def test_no_column_for_a_channel_of_which_nothing_came(width):
    text = "\n".join(render(told_state(), width, 30, color_system=None))
    assert not any(each in text for each in ("LAST", "24 h", "CANDLE", "SIZE"))


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 10), (79, 12), (300, 80)])
def test_odd_sizes_do_not_overflow(size):
    lines = render(told_state(), *size, color_system=None)
    assert len(lines) <= size[1]
    assert max(map(cell_len, lines)) <= size[0]


@pytest.mark.parametrize("size", SIZES)
def test_ascii_where_the_encoding_has_no_more(size):
    state = told_state()
    state.title = "Zürich"
    tell(state, "Grüße \x1b[31mred\n".encode())
    text = "\n".join(render(state, *size, encoding="ascii", color_system=None))
    assert text.isascii() and "red" in text and "\x1b" not in text


def test_no_color_means_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    text = "\n".join(render(told_state(), 100, 30, color_system="truecolor"))
    assert "\x1b[38" not in text and "\x1b[48" not in text
    assert "STALE" in text


def test_many_pairs_leave_room_for_the_rest():
    state = told_state()
    for number in range(40):
        tell(state, b'{"k":"pair","p":"P%d/USD","st":"LIVE"}\n' % number)
    lines = render(state, 80, 24, color_system=None)
    assert len(lines) == 24 and any("more; a higher terminal" in line for line in lines)


def test_pairs_outrank_signals_and_other_text_where_the_height_is_short():
    lines = render(told_state(), 100, 12, color_system=None)
    text = "\n".join(lines)
    assert len(lines) == 12
    for name in ("BTC/USD", "ETH/USD", "SHIB/USD", "up 0:01:01"):
        assert name in text
    assert "OTHER TEXT" not in text


def test_the_boards_health_is_two_lines_at_120_columns():
    lines = render(told_state(), 120, 30, color_system=None)
    at = next(n for n, line in enumerate(lines) if "up 0" in line)
    assert "messages 12,345" in lines[at] and "lag 48 ms" in lines[at]
    assert "skipped 0" in lines[at + 1] and "clock trusted, -3 ms" in lines[at + 1]
    assert at + 2 == len(lines)


def test_a_clock_that_is_doubted_asks_for_attention():
    state = tell(told_state(), b'{"k":"link","re":2,"skip":0,"off":null,"ppm":7}\n')
    assert ("clock", "not to be trusted", True) in words.health_items(state)
    tell(state, b'{"k":"link","re":2,"skip":0,"off":12,"ppm":-7}\n')
    assert ("clock", "trusted, +12 ms -7 ppm", False) in words.health_items(state)


def test_heartbeats_and_lag_ask_for_attention_when_they_are_bad():
    state = tell(told_state(), b'{"k":"health","up":1,"n":2,"lag":2500,"hb":3}\n')
    items = words.health_items(state)
    assert ("lag", "2,500 ms", True) in items and ("heartbeats missing", "3", True) in items


@pytest.mark.parametrize(("encoding", "dash"), [("utf-8", "\u2013"), ("ascii", "-")])
def test_what_the_board_cannot_know_is_a_dash(encoding, dash):
    state = tell(
        told_state(),
        b'{"k":"health","up":1,"n":2,"lag":null,"free":null}\n{"k":"link","alloc":null}\n',
    )
    text = "\n".join(render(state, 120, 30, encoding=encoding, color_system=None))
    assert all(f"{what} {dash}  " in text for what in ("lag", "heap free", "allocated"))


def test_a_picture_that_cannot_be_kept_loses_no_summary(tmp_path):
    picture = tmp_path / "none" / "view.svg"
    summary = show(io.BytesIO(STORY), mode="plain", out=io.BytesIO(), picture=picture)
    assert summary.records == 12
    assert summary.picture_error == f"{picture}: cannot be written (No such file or directory)"


def test_svg_is_the_same_view():
    picture = svg(told_state(), 120)
    assert picture.startswith("<svg") and "45000.875" in picture and "STALE" in picture


def test_plain_lines():
    out = io.BytesIO()
    summary = show(io.BytesIO(STORY), mode="plain", out=out)
    text = out.getvalue().decode()
    assert "bid 45000.0  ask 45001.0  spread 0.222 bps  mid 45000.50" in text
    assert "BTC/USD BUY" in text and "at 45001.0 for 0.25  confidence 72" in text
    assert "because: imbalance  spread 0.222 bps  imbalance +0.40" in text
    assert "ets Jul 29 2019 12:21:46\n" in text
    eth = next(line for line in text.splitlines() if " ETH/USD  STALE" in line)
    assert "no proved prices" in eth and "3512" not in eth
    assert summary.ended_by == "end of stream"
    assert (summary.records, summary.other_lines) == (12, 1)


def test_json_passes_records_as_they_came(capfdbinary):
    summary = show(iter([STORY]), mode="json")
    out, err = capfdbinary.readouterr()
    assert out + err == STORY.partition(b"\n")[2] + b"ets Jul 29 2019 12:21:46\n"
    assert summary.bad_checksums == 1


def test_time_and_stop_end_a_silent_stream():
    reading, writing = os.pipe()
    try:
        assert show(reading, mode="plain", seconds=0.15, out=io.BytesIO()).ended_by == "time"
        assert show(reading, mode="plain", stop=lambda: True, out=io.BytesIO()).ended_by == "stop"
    finally:
        os.close(reading)
        os.close(writing)


LIVE_PROGRAM = """
import subprocess, sys
from host.monitor.show import show
board = subprocess.Popen(["cat", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
board.stdin.write({story!r}); board.stdin.flush()
summary = show(board.stdout, title="test", mode="live")
board.kill()
print("ENDED", summary.ended_by, summary.records)
"""


@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_live_on_a_terminal_and_out_again(key):
    with Terminal(sys.executable, "-c", LIVE_PROGRAM.format(story=STORY)) as terminal:
        terminal.until("45000.875")
        terminal.type(key)
        assert terminal.ended() == 0
        terminal.until("ENDED user 12")
        assert terminal.heard.count(b"\x1b[?1049h") == terminal.heard.count(b"\x1b[?1049l") == 1
        assert terminal.is_as_it_was()
