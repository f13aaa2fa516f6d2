"""`--log DIR`: all that came, in order, in files that are never overwritten and go one by one."""

import errno
import os
import resource

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminals import FakeBoard, Piped, wait_for

from host.errors import UserError
from host.monitor import log as log_module
from host.monitor.log import Log


def kept(folder) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@settings(max_examples=40, deadline=None)
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


def test_after_a_full_disk_it_goes_on_and_knows_what_is_missing(tmp_path, monkeypatch):
    write = os.write

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(log_module, "RETRY_S", 0.0)
    log = Log(tmp_path)
    for _ in range(2):
        log.write(b"before ")
        monkeypatch.setattr(log_module.os, "write", full)
        log.write(b"lost ")
        log.write(b"lost too ")
        assert log.trouble.endswith("nothing is kept: No space left on device")
        monkeypatch.setattr(log_module.os, "write", write)
        log.write(b"after ")
        assert (log.trouble, log.missing_bytes) == ("", len(b"lost lost too "))
    log.close()
    assert kept(tmp_path) == b"before after " * 2


def test_all_is_kept_while_nobody_takes_what_is_shown(tmp_path):
    """Ctrl-S on the terminal, a pager in the pipe: the log has it all, and so has who reads later."""
    port, log = tmp_path / "ttyUSB0", tmp_path / "log"
    board = FakeBoard(port)
    said = b"".join(b"line %d of many that nobody reads as yet\n" % n for n in range(6000))
    with Piped("--plain", "--port", str(port), "--log", str(log), take_out=False) as monitor:
        for start in range(0, len(said), 1000):
            board.say(said[start : start + 1000])
        wait_for(lambda: kept(log) == said)
        monitor.take_out()
        wait_for(lambda: len(monitor.out) >= len(said))
        assert monitor.interrupt() == 0
    assert monitor.out[: len(said)] == said
    board.close()


def test_a_full_disk_is_one_line_and_the_monitor_goes_on(tmp_path):
    """The limit of a file's size stands in for the disk's: a write ends in the middle with an error."""
    port, log = tmp_path / "ttyUSB0", tmp_path / "log"
    board = FakeBoard(port)
    said = [b"line %d, which is text\n" % number for number in range(12)]
    with Piped(
        *("--plain", "--port", str(port), "--log", str(log)),
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    ) as monitor:
        for line in said:
            board.say(line)
            wait_for(lambda line=line: line in monitor.out, lambda: monitor.out)
        assert monitor.interrupt() == 0, monitor.err
    assert monitor.out.count(b"nothing is kept") == 1
    assert kept(log) == b"".join(said)[:100]
    board.close()
