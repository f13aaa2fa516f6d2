"""Cable, power or the user break in during the commit, while MicroPython is written, while ampy sends: all heals."""

import os
import signal
import time

import pytest
from flashing import WIFI, complaint, runs, wait_for
from interrupting import CABLE, POWER, change_a_few, cut_during_commit

from host.board.reading import read_some
from host.monitor.records import LineSplitter

_INTERRUPTED = 130


@pytest.mark.parametrize("fault", [CABLE, POWER], ids=["cable", "power"])
def test_during_the_commit(running, flash, checkout, fault):
    cut_during_commit(fault, flash, running, checkout)


def test_the_cable_pulled_while_ampy_sends(flash, running, checkout):
    change_a_few(checkout)
    process = flash.inkling.start(*flash.arguments(running, "--uploader", "ampy"), **WIFI)
    wait_for(process, "2/3 ")
    running.pull_cable_after(1500)
    assert f"{running.url}: nothing listens there" in complaint(process)
    running.plug_cable()
    runs(running)
    healed = flash.outcome(running)
    assert healed["ok"] and 1 <= len(healed["sent"]) <= 2  # the first came whole


def test_cable_and_power_while_micropython_is_written(flash, bare):
    process = flash.inkling.start(*flash.arguments(bare), **WIFI)
    wait_for(process, "Writing MicroPython")
    bare.pull_cable_after(40_000)
    assert "nothing listens there" in complaint(process)
    bare.plug_cable()
    process = flash.inkling.start(*flash.arguments(bare), **WIFI)
    wait_for(process, "Writing MicroPython")
    bare.cut_power_after(40_000)
    assert "the chip stopped answering" in complaint(process)
    bare.restore_power()
    process = flash.inkling.start(*flash.arguments(bare), **WIFI)
    wait_for(process, "Looking at the board's files")  # so MicroPython is whole
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == _INTERRUPTED
    assert "Traceback" not in process.stderr.read()


def test_ctrl_c_ends_the_tools_and_leaves_the_board_running(flash, running, checkout):
    change_a_few(checkout)
    process = flash.inkling.start(*flash.arguments(running), **WIFI)
    wait_for(process, "2/3 ")
    tool = _children(process.pid)
    assert tool
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == _INTERRUPTED
    assert "Traceback" not in process.stderr.read()
    assert not [pid for pid in tool if os.path.exists(f"/proc/{pid}")]
    assert _books_on(running)


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def _books_on(kit, timeout_s: float = 20) -> bool:
    """Whether the running application tells of a proved book, without a restart."""
    from host.board import ports

    splitter = LineSplitter()
    until = time.monotonic() + timeout_s
    with ports.open_port(kit.url, timeout_s=0) as port:
        while time.monotonic() < until:
            for line in splitter.feed(read_some(port, 0.1)):
                if line.record and line.record["k"] == "book":
                    return True
    return False
