"""`inkling pull`: over the line comes what was noted, whole and in order, or nothing and the reason."""

import json
import signal
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from flashing import SPEED, at_prompt, new_board, wait_for

from host import ROOT
from host.board.claim import claim
from host.boardmodel import flash_folder

NOTE_IN = """
from blackbox import BlackBox
box = BlackBox({folder!r}, 128 * 1024, 512, b"")
def note(first, last):
    for n in range(first, last):
        line = b'{{"k":"net","st":"down","n":%d,"why":"connection lost"}}\\n' % n
        box.note(line, len(line))
        if n % 5 == 4:
            box.flush(None)
    box.flush(None)
"""
NOTE = NOTE_IN.format(folder="log")
# A file of the flash is what this SD card consists of.
CARD = """
import machine
class Card:
    def __init__(self, slot):
        self.file = open("card.img", "r+b")
    def deinit(self):
        self.file.close()
    def readblocks(self, block, buf):
        self.file.seek(512 * block)
        self.file.readinto(buf)
    def writeblocks(self, block, buf):
        self.file.seek(512 * block)
        self.file.write(buf)
        self.file.flush()
    def ioctl(self, what, value):
        return {4: 256, 5: 512}.get(what, 0)
machine.SDCard = Card
"""
MAKE_CARD = f"""
with open("boot.py", "w") as file:
    file.write({CARD!r})
with open("card.img", "wb") as file:
    for _ in range(256):
        file.write(bytes(512))
exec({CARD!r})
import vfs
vfs.VfsFat.mkfs(Card(2))
with open("config.json", "w") as file:
    file.write('{{"blackbox_on":"sd"}}')
from firmware.board import storage
folder, why = storage.folder("sd")
"""
SET_CLOCK = "import machine; machine.RTC().datetime((2031, 5, 6, 0, {hour}, 0, 0, 0))\n"
APPLICATION = """
from blackbox import BlackBox
from time import sleep_ms, ticks_ms
box = BlackBox("log", 128 * 1024, 512, b"")
line = b'{"k":"boot","cause":"pwron"}\\n'
box.note(line, len(line))
print("it runs")
try:
    while True:
        box.flush(ticks_ms())
        sleep_ms(10)
finally:
    line = b'{"k":"error","why":"the last word"}\\n'
    box.note(line, len(line))
    box.flush(None)
"""


@pytest.fixture
def kit(board_model, firmware, tmp_path):
    """A virtual DevKit with MicroPython and the black box's code, and no application."""
    from host.devkit.devkit import DevKit

    with DevKit(new_board(tmp_path / "board", firmware), speed=SPEED) as kit:
        script = "import os\n"
        for folder in ("lib", "firmware", "firmware/board"):
            script += f"os.mkdir({folder!r})\n"
        for name in ("lib/blackbox", "lib/boxfiles", "firmware/board/storage"):
            code = flash_folder.compiled(ROOT / f"{name}.py", flash_folder.MODEL)
            script += f"with open('{name}.mpy', 'wb') as file: file.write({code!r})\n"
        at_prompt(kit, script)
        yield kit


def pulled(inkling, kit, *arguments):
    """The events, and what was said of them."""
    ran = inkling("pull", "--port", kit.url, *arguments)
    assert ran.status == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()], ran.err


def test_what_comes_is_what_was_noted_in_order_with_times(inkling, kit):
    at_prompt(kit, NOTE + "note(0, 100)\n" + SET_CLOCK.format(hour=12) + "note(100, 600)")
    at_prompt(kit, SET_CLOCK.format(hour=13) + NOTE + "note(600, 1000)")
    told, said = pulled(inkling, kit)
    assert [event["n"] for event in told] == list(range(1000))
    assert [event["boot"] for event in told] == [1] * 600 + [2] * 400
    assert {frozenset(event) for event in told} == {
        frozenset(("time", "boot", "k", "st", "n", "why"))
    }
    times = [datetime.fromisoformat(event["time"]) for event in told]
    # What was before the clock was set has its time from after it. Two batches, each rounded down
    # to the millisecond, may seem to overlap by one.
    steps = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert min(steps) >= -0.002 and times[0] > datetime(2031, 5, 6, 11, 59, tzinfo=UTC)
    assert times[-1] < datetime(2031, 5, 6, 13, 10, tzinfo=UTC)
    assert "1,000 events of 2 starts" in said and "The board was restarted." in said


def test_a_board_that_never_knew_the_time_says_how_long_it_was_up(inkling, kit):
    at_prompt(kit, NOTE + "note(0, 3)")
    told, _ = pulled(inkling, kit)
    assert [event["time"] for event in told] == [None] * 3
    assert all(0 <= event["up_ms"] < 60_000 for event in told)


def test_into_a_file_and_emptied_then_counting_goes_on(inkling, kit, tmp_path):
    out = tmp_path / "events.ndj"
    at_prompt(kit, NOTE + "note(0, 400)")
    told, said = pulled(inkling, kit, "--out", out, "--clear")
    assert told == [] and "The black box is empty now." in said
    assert [json.loads(line)["n"] for line in out.read_text().splitlines()] == list(range(400))
    files = at_prompt(kit, "import os; print(len(os.listdir('log')))")
    assert files[-1] == "1"
    told, said = pulled(inkling, kit)
    assert told == [] and "no events" in said
    at_prompt(kit, NOTE + "note(7, 8)")
    told, _ = pulled(inkling, kit)
    assert [(event["boot"], event["n"]) for event in told] == [(2, 7)]


def test_a_card_is_mounted_and_read_after_what_went_to_the_flash_without_it(inkling, kit):
    at_prompt(kit, NOTE + "note(0, 5)")
    at_prompt(kit, MAKE_CARD + NOTE_IN.format(folder="/sd/log") + "note(5, 300)")
    told, said = pulled(inkling, kit, "--clear")
    assert [event["n"] for event in told] == list(range(300))
    assert "300 events" in said
    at_prompt(kit, "import os\nos.remove('card.img')")
    told, said = pulled(inkling, kit)
    assert told == [] and "The SD card is left out: SD card: error 2" in said


def test_a_running_application_writes_its_last_words_and_runs_again(inkling, kit):
    at_prompt(kit, f"with open('main.py', 'w') as file: file.write({APPLICATION!r})")
    kit.reset()
    time.sleep(1)
    told, said = pulled(inkling, kit)
    assert [event["k"] for event in told[:2]] == ["boot", "error"]
    assert told[1]["why"] == "the last word" and "The board was restarted." in said
    again, _ = pulled(inkling, kit)  # after no reset of ours
    assert again[: len(told)] == told and again[-1]["boot"] > told[-1]["boot"]
    assert again[-1]["why"] == "the last word"


def test_a_torn_line_is_left_out_and_told_of(inkling, kit):
    at_prompt(kit, NOTE + "note(0, 10)")
    at_prompt(
        kit, "with open('log/000001.ndj', 'ab') as file: file.write(b'{\"k\":\"ne\\x04\\xff')"
    )
    told, said = pulled(inkling, kit)
    assert [event["n"] for event in told] == list(range(10))
    assert "1 damaged line left out" in said


def test_no_board_no_folder_no_box_and_a_busy_board(inkling, kit, tmp_path, monkeypatch):
    ran = inkling("pull", "--port", "/dev/ttyUSB99")
    assert ran.status == 2 and "no such port" in ran.last_line
    ran = inkling("pull", "--port", kit.url, "--out", tmp_path / "none" / "events.ndj")
    assert ran.status == 2 and "no such folder" in ran.last_line
    ran = inkling("pull", "--port", kit.url)
    assert ran.status == 2 and not ran.out and "the board has no black box" in ran.last_line
    monkeypatch.setenv("XDG_CACHE_HOME", str(inkling.cache))
    with claim(kit.url):
        ran = inkling("pull", "--port", kit.url)
    assert ran.status == 2 and "another inkling command is at work" in ran.last_line


@pytest.fixture
def under_way(inkling, kit, tmp_path):
    """A pull that has begun to bring 100 KB, and the file that it shall make."""
    at_prompt(kit, NOTE + "note(0, 1500)")
    out = tmp_path / "events.ndj"
    out.write_text("from the last time\n")
    kit.speed = 1.0
    process = inkling.start("pull", "--port", kit.url, "--out", out, "--clear")
    wait_for(process, "Bringing 1")
    time.sleep(0.5)
    yield process, out
    process.kill()
    process.communicate()


def test_a_cut_transfer_leaves_nothing_half_written(inkling, kit, under_way):
    process, out = under_way
    kit.pull_cable()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2 and err.splitlines()[-1].startswith("inkling pull: ")
    assert "Traceback" not in err and "restarted" not in err.splitlines()[-1]
    assert out.read_text() == "from the last time\n"
    kit.plug_cable()
    kit.speed = SPEED
    told, _ = pulled(inkling, kit)
    assert [event["n"] for event in told] == list(range(1500))


def test_ctrl_c_leaves_nothing_half_written_and_the_board_running(under_way, kit):
    process, out = under_way
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "The board was restarted." in err
    assert "Traceback" not in err
    assert out.read_text() == "from the last time\n"


def test_a_file_that_came_damaged_is_asked_for_again(tmp_path):
    from host.board.uploader import ToolFailed
    from host.pull import transfer

    class Line(transfer.Puller):
        """Brings three files, and damages the second one so many times."""

        def __init__(self, damages):
            self._port, self._damages, self.asked = "", damages, []

        def _run(self, arguments, *, script, on_line, **others):
            have = eval(script.split("if path in ")[1].split(":\n")[0])
            self.asked.append(3 - len(have))
            paths = [f"log/{n}.ndj" for n in range(3)]
            listed = {"paths": paths, "there": 1, "why": None}
            on_line("inkling-pull " + json.dumps(listed))
            for n, path in enumerate(paths):
                if path not in have:
                    on_line(f"inkling-pull file {path}")
                    damaged = n == 1 and self._damages > 0
                    on_line('{"k":"nEt"}' if damaged else '{"k":"net"}')
                    self._damages -= damaged
                    digest = transfer.hashlib.sha256(path.encode() + b'{"k":"net"}\n')
                    on_line(f"inkling-pull end {digest.hexdigest()[:16]}")
            return []

    line = Line(2)
    found = line.pull(lambda count: None, lambda: None)
    assert set(found.files) == set(found.paths)
    assert set(found.files.values()) == {b'{"k":"net"}\n'} and line.asked == [3, 1, 1]
    with pytest.raises(ToolFailed, match="damaged"):
        Line(3).pull(lambda count: None, lambda: None)


def test_an_out_that_takes_nothing_is_told_and_nothing_is_removed(inkling, kit):
    at_prompt(kit, NOTE + "note(0, 3)")
    ran = inkling("pull", "--port", kit.url, "--out", "/dev/full", "--clear")
    assert ran.status == 2 and ran.last_line.startswith("inkling pull: /dev/full: cannot be")
    assert len(pulled(inkling, kit)[0]) == 3
