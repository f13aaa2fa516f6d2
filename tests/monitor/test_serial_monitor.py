"""`inkling monitor` as its users run it: on a terminal, in a pipe, with a board that comes and goes."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time

import pytest
from monitor_story import STORY
from terminals import FakeBoard, Terminal, wait_for

RESET = b"rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"


@pytest.fixture
def board(tmp_path):
    return FakeBoard(tmp_path / "ttyUSB0")


@pytest.fixture
def port(tmp_path):
    return str(tmp_path / "ttyUSB0")


def start(*args, **options):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "host.cli", "monitor", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def test_live_view_survives_unplugging_and_says_so(board, port):
    with Terminal("monitor", "--port", port) as terminal:
        terminal.until("waiting for the board's first record")
        board.say(STORY)
        terminal.until_shown("45000.875")
        board.pull()
        terminal.until_shown(f"unplugged, waiting for {port}"[:60])
        board.plug()
        terminal.until_shown("connected")
        board.say(RESET)
        terminal.until_shown("brown-out: supply too weak")
        assert "starting" in terminal.screen()[0]
        board.say(STORY)
        terminal.until_shown("connected")
        terminal.type(b"\x1d")
        assert terminal.process.wait(5) == 0
        terminal.until("ended by user: 22 records")
        assert terminal.is_as_it_was()


def test_what_is_drawn_bit_by_bit_is_the_whole_view(board, port):
    """Only changed lines are drawn: nothing of an older view may be left on the screen."""
    from rich.console import Console

    from host.monitor.board_state import BoardState
    from host.monitor.records import LineSplitter
    from host.monitor.view import BoardView

    with Terminal("monitor", "--port", port, size=(24, 90)) as terminal:
        terminal.until("waiting for the board's first record")
        for line in STORY.splitlines(keepends=True):
            board.say(line)
            time.sleep(0.1)
        board.say(b'{"k":"boot","v":"0.2.0","py":"micropython 1.29.0","cause":"wdt"}\n')
        terminal.until_shown("0.2.0")
        terminal.until_shown("no book yet")
        shown = terminal.screen()
    state = BoardState(port)
    state.tick(1.0, 0.0)
    for line in LineSplitter().feed(STORY):
        state.take(line)
    state.take(
        next(
            LineSplitter().feed(
                b'{"k":"boot","v":"0.2.0","py":"micropython 1.29.0","cause":"wdt"}\n'
            )
        )
    )
    view = BoardView(state, "r restarts the board, q or Ctrl-] leaves", 24)
    console = Console(width=90, height=24, force_terminal=True)
    wanted = [line.plain.ljust(90) for line in view.console_lines(console.options)]
    clock = slice(0, 78)  # the header ends with the time of the day, the board's rule has it too
    assert [line[clock] for line in shown[:-2]][1:] == [line[clock] for line in wanted[:-2]][1:]


def test_r_restarts_the_board(board, port):
    """A port without DTR and RTS: the board's REPL is asked."""
    with Terminal("monitor", "--port", port, "--plain") as terminal:
        terminal.until("r restarts the board")
        terminal.type(b"r")
        heard = b""
        while b"\x04" not in heard:
            heard += board.hear()
        assert heard == b"\r\x03\x03\x02\x04"
        terminal.until("board restarted")
        terminal.type(b"q")
        assert terminal.process.wait(5) == 0


def test_plain_shows_other_text_as_it_came_and_the_prompt_at_once(board, port):
    with Terminal("monitor", "--port", port, "--plain") as terminal:
        terminal.until("r restarts")
        board.say(b'Traceback (most recent call last):\r\n  File "x"\r\n>>> ')
        terminal.until(">>> ")
        board.say(b"1+1\r\n2\r\n")
        terminal.until(">>> 1+1\r\n2\r\n")
        assert b'Traceback (most recent call last):\r\n  File "x"\r\n>>> ' in terminal.heard
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.process.wait(5) == 0
        terminal.until("ended by user")


def test_json_is_records_alone(board, port):
    monitor = start("--port", port, "--json", "--seconds", "1.5")
    time.sleep(0.8)
    board.say(STORY)
    out, err = monitor.communicate(timeout=10)
    assert monitor.returncode == 0
    assert [json.loads(line)["k"] for line in out.splitlines()].count("pair") == 2
    assert out == STORY.partition(b"\n")[2]
    assert b"ets Jul 29 2019 12:21:46\n" in err and b"11 records" in err


def test_what_was_kept_survives_a_kill(board, port, tmp_path):
    folder = tmp_path / "log"
    monitor = start("--port", port, "--plain", "--log", str(folder))
    wait_for(lambda: list(folder.glob("*.log")))
    data = os.urandom(3000)
    time.sleep(0.5)  # the port is opened after the log
    board.say(data)
    time.sleep(1)
    os.kill(monitor.pid, signal.SIGKILL)
    monitor.communicate()
    assert b"".join(path.read_bytes() for path in sorted(folder.glob("*.log"))) == data


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
    monitor = start(*args)
    _, err = monitor.communicate(timeout=10)
    assert monitor.returncode == 2
    assert len(err.splitlines()) == 1 and says in err.decode()


def test_in_the_background_it_leaves_the_keyboard_alone(board, port):
    """`inkling monitor --log logs &` from a shell must go on, not stop for want of the terminal."""
    program = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-W', 'ignore', '-m', 'host.cli', 'monitor',"
        f" '--port', {port!r}, '--plain', '--seconds', '0.5'], process_group=0)\n"
        "print('STATUS', child.wait(15))\n"
    )
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    try:
        assert process.wait(20) == 0
        assert b"STATUS 0" in os.read(master, 65536)
    finally:
        os.close(master)
        os.close(slave)
