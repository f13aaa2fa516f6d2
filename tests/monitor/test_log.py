"""`--log DIR`: all that came, in order, in files that are never overwritten and go one by one."""

import resource
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminals import FakeBoard, wait_for

from host.errors import UserError
from host.monitor.log import Log


def kept(folder) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=90), max_size=20), st.integers(1, 50))
def test_every_byte_is_kept_in_the_order_of_the_names(tmp_path_factory, chunks, file_bytes):
    folder = tmp_path_factory.mktemp("log")
    for some in (chunks[:9], chunks[9:]):  # two runs of the monitor
        log = Log(folder, file_bytes, files_kept=10_000)
        for chunk in some:
            log.write(chunk)
        log.close()
    assert kept(folder) == b"".join(chunks)
    assert all(path.stat().st_size <= file_bytes for path in folder.iterdir())


def test_only_the_newest_files_stay_and_only_our_own_go(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    log = Log(tmp_path, file_bytes=10, files_kept=3)
    log.write(bytes(range(95)))
    names = sorted(path.name for path in tmp_path.glob("inkling-*"))
    assert len(names) == 3 and names[0].startswith("inkling-20") and names[0].endswith("Z.log")
    assert b"".join((tmp_path / name).read_bytes() for name in names) == bytes(range(70, 95))
    assert (tmp_path / "notes.txt").read_text() == "mine"
    log.close()


def test_two_monitors_in_one_folder_do_not_mix(tmp_path):
    one, other = Log(tmp_path), Log(tmp_path)
    for _ in range(50):
        one.write(b"a")
        other.write(b"b")
    one.close()
    other.close()
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"a" * 50, b"b" * 50]


def test_a_folder_that_cannot_be_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="name another folder"):
        Log(tmp_path / "file" / "log")


def test_all_is_kept_while_nobody_takes_what_is_shown(tmp_path):
    """Ctrl-S on the terminal, a pager in the pipe: the log has it all, and so has who reads later."""
    port = tmp_path / "ttyUSB0"
    board = FakeBoard(port)
    monitor = subprocess.Popen(
        [
            *(sys.executable, "-m", "host.cli", "monitor", "--plain"),
            *("--port", str(port), "--log", str(tmp_path / "log")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(0.8)
    said = b"".join(b"line %d of many that nobody reads as yet\n" % n for n in range(6000))
    for start in range(0, len(said), 1000):
        board.say(said[start : start + 1000])
    wait_for(lambda: kept(tmp_path / "log") == said)
    shown = monitor.stdout.read(len(said))
    monitor.send_signal(signal.SIGINT)
    monitor.communicate(timeout=5)
    assert shown == said and monitor.returncode == 0


def test_a_full_disk_is_one_line_and_the_monitor_goes_on(tmp_path):
    """The limit of a file's size stands in for the disk's: a write ends in the middle with an error."""
    port = tmp_path / "ttyUSB0"
    board = FakeBoard(port)
    monitor = subprocess.Popen(
        [
            *(sys.executable, "-m", "host.cli", "monitor", "--plain", "--seconds", "2.5"),
            *("--port", str(port), "--log", str(tmp_path / "log")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    )
    time.sleep(0.8)
    said = [b"line %d, which is text\r\n" % number for number in range(12)]
    for line in said:
        board.say(line)
        time.sleep(0.1)
    out, err = monitor.communicate(timeout=10)
    assert monitor.returncode == 0, err
    assert out.count("nothing is kept") == 1
    assert all(line.decode().strip() in out for line in said)
    assert kept(tmp_path / "log") == b"".join(said)[:100]
