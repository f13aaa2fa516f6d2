"""`inkling monitor` as its users run it: on a terminal, in a pipe, with a board that comes and goes."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from monitor_story import STORY, tell
from rich.console import Console
from terminals import PATIENCE_S, FakeBoard, Piped, Terminal, inkling, wait_for

from host.monitor.board_state import BoardState
from host.monitor.view import BoardView

RESET = b"rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"


@pytest.fixture
def board(tmp_path):
    board = FakeBoard(tmp_path / "ttyUSB0")
    yield board
    board.close()


@pytest.fixture
def port(tmp_path):
    return str(tmp_path / "ttyUSB0")


def test_live_view_survives_unplugging_and_says_so(board, port):
    with Terminal(*inkling("monitor", "--port", port)) as terminal:
        terminal.until("waiting for the board's first record")
        board.say(STORY)
        terminal.until("45000.875")
        board.pull()
        terminal.until_shown(f"unplugged, waiting for {port}"[:60])
        board.plug()
        wait_for(lambda: "unplugged" not in terminal.screen()[0], terminal.screen)
        board.say(RESET)
        terminal.until_shown("brown-out: supply too weak")
        terminal.until_shown("starting")
        before = len(terminal.heard)
        board.say(STORY)
        terminal.until("connected", since=before)
        terminal.type(b"\x1d")
        assert terminal.ended() == 0
        terminal.until("ended by user: 24 records")
        assert terminal.is_as_it_was()


BOOT = b'{"k":"boot","v":"0.2.0","py":"micropython 1.29.0","cause":"wdt"}\n'


def whole_view(port: str, rows: int, columns: int) -> list[str]:
    """What is to stand on a screen of this size after the story and a boot."""
    state = tell(BoardState(port), STORY + BOOT)
    state.tick(1.0, 0.0)
    view = BoardView(state, "r restarts the board, q or Ctrl-] leaves", rows)
    console = Console(width=columns, height=rows, force_terminal=True)
    return without_time(
        [line.plain.ljust(columns) for line in view.console_lines(console.options)]
    )


def without_time(screen: list[str]) -> list[str]:
    """All but the header, the board's rule and when an event was: they have the time of the day in them."""
    rest = [line for line in screen[1:] if not line.startswith(" BOARD ")]
    return [re.sub(r"^ \d\d:\d\d:\d\d  ", " --:--:--  ", line) for line in rest]


def test_what_is_drawn_bit_by_bit_is_the_whole_view(board, port):
    """Only changed lines are drawn: nothing of an older view may be left, also when resized."""
    with Terminal(*inkling("monitor", "--port", port), size=(24, 90)) as terminal:
        terminal.until("waiting for the board's first record")
        for line in STORY.splitlines(keepends=True):
            board.say(line)
            time.sleep(0.1)  # so that it is drawn in between
        board.say(BOOT)
        for size in ((24, 90), (15, 60), (30, 130)):
            terminal.resize(*size)
            wanted = whole_view(port, *size)
            wait_for(
                lambda wanted=wanted: without_time(terminal.screen()) == wanted, terminal.screen
            )
        assert "0.2.0" in terminal.screen()[0]


def test_r_restarts_the_board(board, port):
    """A port without DTR and RTS: the board's REPL is asked."""
    with Terminal(*inkling("monitor", "--port", port, "--plain")) as terminal:
        terminal.until("r restarts the board")
        terminal.type(b"r")
        heard = b""
        while b"\x04" not in heard:
            heard += board.hear()
        assert heard == b"\r\x03\x03\x02\x04"
        terminal.until("board restarted")
        terminal.type(b"q")
        assert terminal.ended() == 0


def test_plain_shows_other_text_as_it_came_and_the_prompt_at_once(board, port):
    with Terminal(*inkling("monitor", "--port", port, "--plain")) as terminal:
        terminal.until("r restarts")
        board.say(b'Traceback (most recent call last):\r\n  File "x"\r\n>>> ')
        terminal.until(">>> ")
        board.say(b"1+1\r\n2\r\n")
        terminal.until(">>> 1+1\r\n2\r\n")
        assert b'Traceback (most recent call last):\r\n  File "x"\r\n>>> ' in terminal.heard
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended() == 0
        terminal.until("ended by user")


def test_json_is_records_alone(board, port):
    with Piped("--port", port, "--json") as monitor:
        board.say(STORY)
        wait_for(lambda: monitor.out.count(b"\n") == 12, lambda: monitor.out)
        assert monitor.interrupt() == 0
    assert [json.loads(line)["k"] for line in monitor.out.splitlines()].count("pair") == 2
    assert monitor.out == STORY.partition(b"\n")[2]
    assert b"ets Jul 29 2019 12:21:46\n" in monitor.err and b"12 records" in monitor.err


def test_what_was_kept_survives_a_kill(board, port, tmp_path):
    folder = tmp_path / "log"
    data = os.urandom(3000)

    def kept() -> bytes:
        return b"".join(path.read_bytes() for path in sorted(folder.glob("*.log")))

    with Piped("--port", port, "--plain", "--log", str(folder)) as monitor:
        board.say(data)
        wait_for(lambda: len(kept()) >= len(data))
        monitor.process.kill()
        monitor.process.wait()
    assert kept() == data


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--port", "/no/such/port"], "no such port"),
        (["--port", "/etc/passwd"], "not a serial port"),
        (["--port", "rfc2217://127.0.0.1:1"], "nothing listens there"),
        (["--port", "loop://x"], "a port is a device"),
        (["--seconds", "-1"], "above 0"),
        (["--port", "/dev/null", "--log", "/dev/null/x"], "cannot be written to"),
        (["--picture", "/no/such/folder/x.svg"], "folder is missing"),
    ],
)
def test_bad_input_is_one_line_and_status_2(args, says):
    ran = subprocess.run(
        inkling("monitor", *args), capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1 and says in ran.stderr


def test_in_the_background_it_leaves_the_keyboard_alone(board, port):
    """`inkling monitor --log logs &` from a shell must go on, not stop for want of the terminal."""
    command = inkling("monitor", "--port", port, "--plain", "--seconds", "0.5")
    program = (
        "import subprocess\n"
        f"child = subprocess.Popen({command!r}, process_group=0)\n"
        "print('STATUS', child.wait())\n"
    )
    with Terminal(sys.executable, "-c", program) as terminal:
        assert terminal.ended() == 0
        terminal.until("STATUS 0")
