"""The port of `inkling flash` and `inkling secrets`: whose it is, who has it, and by which name."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import tty
from pathlib import Path

import pytest
from flashing import WIFI, runs, wait_for

import host

_NOBODY = 65534


def test_no_permission_for_the_port(inkling):
    setpriv = shutil.which("setpriv")
    if os.getuid() or setpriv is None:
        pytest.skip("only root, with setpriv, can become a user without permission")
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    port = os.ttyname(theirs)
    os.chmod(port, 0o600)
    as_nobody = [setpriv, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    look = [*as_nobody, sys.executable, "-c", "import host.cli"]
    if subprocess.run(look, cwd=host.ROOT, capture_output=True).returncode:
        pytest.skip("this checkout and its Python are not readable for other users")
    home = Path(tempfile.mkdtemp())  # pytest's own folders are for its user alone
    os.chown(home, _NOBODY, _NOBODY)
    ran = subprocess.run(
        [*as_nobody, sys.executable, "-m", "host.cli", "flash", "--port", port],
        cwd=host.ROOT,
        env=inkling.environment | {"XDG_CACHE_HOME": str(home)},
        capture_output=True,
        text=True,
    )
    os.close(ours)
    os.close(theirs)
    shutil.rmtree(home)
    assert ran.returncode == 2 and not ran.stdout
    (line,) = ran.stderr.strip().splitlines()
    assert line.startswith(f"inkling flash: {port}: no permission; `sudo usermod -aG ")
    assert line.endswith("`, then log in again")


def test_two_commands_at_one_board(flash, running):
    first = flash.inkling.start(*flash.arguments(running), **WIFI)
    wait_for(first, "Looking at the board's files")  # so its tools come and go
    second = flash.inkling("secrets", "check", "--port", running.url)
    assert second.status == 2
    assert second.last_line == (
        f"inkling secrets: {running.url}: another inkling command is at work on this board; "
        "let it end first"
    )
    assert first.wait(60) == 0


def test_ctrl_c_while_esptool_talks_leaves_the_loader(flash, running):
    process = flash.inkling.start(*flash.arguments(running), **WIFI)
    wait_for(process, "Looking at the chip")
    while running.state != "loader":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert "Traceback" not in process.stderr.read()
    assert running.state != "loader"
    assert runs(running)
