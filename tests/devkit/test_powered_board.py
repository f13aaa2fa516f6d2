"""The powered board: starts and stops as the chip does, and its REPL is the one that tools know."""

import time

import pytest
from on_the_line import PROMPT, RAW_PROMPT

from host.devkit.powered import Ending, ResetCause, power_on
from host.errors import UserError

WRITE_SCRIPTS = """
for name in ("boot", "main"):
    with open(name + ".py", "w") as file:
        file.write("print('this is %s')" % name)
"""


def test_a_new_board_makes_its_file_system_and_prompts(board):
    text = board.on()
    assert text.startswith(b"Performing initial setup\r\n")
    assert b"Inkling virtual DevKit with ESP32" in text and text.endswith(b"\r\n>>> ")
    assert board.run("import os; print(os.listdir('/'))") == "['boot.py']\n"
    board.kill()
    assert b"initial setup" not in board.on()


def test_it_finds_the_chips_modules_and_no_file_of_the_pc(board):
    board.on()
    assert board.run("import sys; print(sys.path)") == "['', '.frozen', '/lib']\n"
    assert board.run("import machine, network, esp, esp32, ntptime, asyncio") == ""
    assert "ENOENT" in board.run("open('/etc/passwd')")
    assert "ImportError" in board.run("import _devkit")


def test_the_plain_board_model_has_none_of_this(board_model):
    from host.boardmodel.model import run_script

    text = run_script("""
import machine
print(hasattr(machine, "reset"))
for name in ("network", "esp32", "esp", "ntptime", "_devkit"):
    try:
        __import__(name)
    except ImportError:
        print("no", name)
""")
    assert text.split("\n")[:-1] == [
        "False",
        *(f"no {name}" for name in ("network", "esp32", "esp", "ntptime", "_devkit")),
    ]


def test_before_boot_py_the_heap_is_as_free_as_the_chips(board):
    board.on()
    board.run("""
with open('boot.py', 'w') as file:
    file.write('import gc; print(gc.mem_free(), gc.mem_alloc())')
""")
    board.kill()
    free, used = map(int, board.on().split(b"\r\n")[0].split())
    # 56 KiB have room for 56,000 bytes beside the allocation table; what the stand-ins take is on top.
    assert abs(free + used - 56_000) <= 64
    assert used < 1500


def test_scripts_run_before_the_friendly_repl(board):
    board.on()
    board.run(WRITE_SCRIPTS)
    board.kill()
    assert board.on().startswith(b"this is boot\r\nthis is main\r\nMicroPython")


def test_a_soft_reset_into_the_raw_repl_runs_boot_py_only(board):
    board.on()
    board.run(WRITE_SCRIPTS)
    board.send(b"\x04")
    board.until(b"OK\r\nMPY: soft reboot\r\n")
    assert board.ending() == Ending.SOFT_RESET_RAW
    text = board.on(ResetCause.SOFT, raw_repl=True)
    assert text == b"this is boot\r\n" + RAW_PROMPT
    board.send(b"\x02")
    board.until(PROMPT)


def test_ctrl_d_and_sys_exit_are_soft_resets(board):
    board.on()
    board.send(b"\x04")
    board.until(b"MPY: soft reboot\r\n")
    assert board.ending() == Ending.SOFT_RESET
    board.on(ResetCause.SOFT)
    board.send(b"import sys; sys.exit()\r")
    board.until(b"MPY: soft reboot\r\n")
    assert board.ending() == Ending.SOFT_RESET


def test_a_soft_reset_closes_the_files_that_were_open(board):
    board.on()
    board.run("file = open('kept', 'w'); file.write('to the end')")
    board.send(b"\x04")
    assert board.ending() == Ending.SOFT_RESET_RAW
    board.on(ResetCause.SOFT)
    assert board.run("print(open('kept').read())") == "to the end\n"


def test_raw_paste_takes_a_program_longer_than_the_ring(board):
    board.on()
    program = b"".join(b"a%d = %d\n" % (n, n) for n in range(400)) + b"print(a399)"
    board.send(b"\x01")
    board.until(RAW_PROMPT)
    board.send(b"\x05A\x01")
    window = int.from_bytes(board.until(b"R\x01\x80\x00")[-2:], "little")
    credit = window
    while program:
        if not credit:
            board.until(b"\x01")
            credit = window
        board.send(program[:credit])
        program, credit = program[credit:], 0
    board.send(b"\x04")
    board.until(b"\x04399\r\n\x04\x04>")
    assert board.world.rx_dropped == 0


def test_an_exception_is_told_on_the_line(board):
    board.on()
    assert board.run("1 / 0").endswith("ZeroDivisionError: divide by zero\n")
    threads = """
import _thread, time
def fail(): raise ValueError("in a thread")
_thread.start_new_thread(fail, ())
time.sleep_ms(100)
"""
    assert "ValueError: in a thread" in board.run(threads)


@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import time; time.sleep_ms(60_000)",
        "import asyncio\nasync def main(): await asyncio.sleep(60)\nasyncio.run(main())",
        "import sys; sys.stdin.read(1)",
        "import socket; s = socket.socket(); s.listen(); s.accept()",
        "import select, sys; p = select.poll(); p.register(sys.stdin, 1); p.poll()",
    ],
)
def test_ctrl_c_interrupts(program, board):
    board.on()
    board.start(f"print('running')\n{program}")
    board.until(b"running\r\n")
    time.sleep(0.05)  # it is in there now
    since = time.monotonic()
    board.send(b"\x03")
    board.until(b"KeyboardInterrupt: \r\n\x04>")
    assert time.monotonic() - since < 0.5


def test_a_program_may_have_ctrl_c_as_a_byte(board):
    board.on()
    board.start("""
import micropython, sys
micropython.kbd_intr(-1)
print('ready')
print(sys.stdin.buffer.read(3))
micropython.kbd_intr(3)
""")
    board.until(b"ready\r\n")
    board.send(b"a\x03\r")
    board.until(b"b'a\\x03\\r'\r\n\x04\x04>")


def test_text_from_the_line_has_newlines_and_poll_tells_of_it(board):
    board.on()
    board.start("""
import select, sys
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
print(len(poll.poll(0)))
print(len(poll.poll(5000)))
print(repr(sys.stdin.readline()))
print(len(poll.poll(0)))
""")
    board.until(b"0\r\n")
    board.send(b"help\r")
    board.until(b"1\r\n'help\\n'\r\n0\r\n")


def test_what_nobody_reads_is_lost_beyond_the_ring(board):
    board.on()
    board.start("import time, sys; print('deaf'); time.sleep_ms(300); print('up')")
    board.until(b"deaf\r\n")
    board.send(b"x" * 300)  # takes 26 ms
    board.until(b"up\r\n\x04\x04>")
    # The REPL reads on; what it is missing is counted.
    assert board.world.rx_dropped == 300 - 259


def test_the_line_has_the_pace_of_115200_baud(board):
    board.on()
    before = board.world.tx_bytes
    text = board.run("""
import sys, time
time.sleep_ms(50)
start = time.ticks_ms()
sys.stdout.buffer.write(b"x" * 1152)
print(time.ticks_diff(time.ticks_ms(), start))
""")
    took_ms = int(text.removeprefix("x" * 1152))
    assert 85 <= took_ms < 150  # the FIFO takes the last 128 bytes at once
    assert abs(board.world.tx_blocked_us / 1000 - took_ms) < 10
    assert board.world.tx_bytes - before > 1152


def test_a_record_on_an_idle_line_does_not_block(board):
    board.on()
    time.sleep(0.02)
    board.run("import time; time.sleep_ms(50)")
    board.world.tx_blocked_us = 0
    board.run("import time; time.sleep_ms(50); print('x' * 118); time.sleep_ms(50)")
    assert board.world.tx_blocked_us == 0


def test_print_ends_lines_with_cr_lf_and_the_buffer_is_raw(board):
    board.on()
    board.start(
        "import sys; print('a'); sys.stdout.write('b\\n'); sys.stdout.buffer.write(b'c\\n')"
    )
    assert board.until(b"\x04\x04>") == b"a\r\nb\r\nc\n\x04\x04>"


def test_closing_its_input_takes_the_power_away(board):
    board.on()
    board.process.stdin.close()
    assert board.ending() not in list(Ending)


def test_a_binary_that_is_no_board_is_one_line(board):
    with pytest.raises(UserError) as error:
        power_on(board.folder, ResetCause.PWRON, binary="/bin/true")
    assert "cannot be powered on" in str(error.value) and "\n" not in str(error.value)
