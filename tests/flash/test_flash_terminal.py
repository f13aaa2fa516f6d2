"""What `inkling flash` asks at a terminal: whether to replace another project, and for the Wi-Fi."""

import os
import pty
import select
import subprocess
import sys
import time

import pytest
from flashing import SPEED, WIFI, at_prompt, files_on, new_board

_PASSWORD = WIFI["INKLING_WIFI_PASSWORD"]
_TOO_SHORT = "sesame"


class _Terminal:
    """A person at a terminal, who reads what the command asks and types."""

    def __init__(self, inkling, arguments) -> None:
        self._master, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "host.cli", *map(str, arguments)],
            cwd=inkling.folder,
            env=inkling.environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.screen = ""

    def see(self, words: str, timeout_s: float = 60) -> None:
        """Wait until these words are on the screen, after all that was waited for before."""
        since = getattr(self, "_seen", 0)
        until = time.monotonic() + timeout_s
        while words not in self.screen[since:]:
            assert time.monotonic() < until and self._read(), self.screen
        self._seen = self.screen.index(words, since) + len(words)

    def type(self, line: str) -> None:
        os.write(self._master, line.encode() + b"\n")

    def end(self, timeout_s: float = 60) -> int:
        until = time.monotonic() + timeout_s
        while time.monotonic() < until and self._read():
            pass
        return self.process.wait(timeout_s)

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self._master, 4096)
        except OSError:  # the command has ended
            return False
        self.screen += data.decode("utf-8", "replace")
        return True

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(flash):
    opened = []

    def open_one(kit) -> _Terminal:
        opened.append(_Terminal(flash.inkling, flash.arguments(kit)))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def test_another_project_is_asked_about_and_then_the_wifi(
    terminal, board_model, firmware, tmp_path
):
    from host.devkit.devkit import DevKit

    with DevKit(new_board(tmp_path / "other", firmware), speed=SPEED) as kit:
        at_prompt(kit, "with open('main.py', 'w') as file:\n    file.write('print(1)')\n")
        before = files_on(kit)

        unsure = terminal(kit)
        unsure.see("another project's main.py, which Inkling replaces. Go on? [y/N]")
        unsure.type("")
        assert unsure.end() == 2
        assert "left as it was; --yes replaces what is there" in unsure.screen
        assert files_on(kit) == before

        sure = terminal(kit)
        sure.see("Go on? [y/N]")
        sure.type("y")
        sure.see("Wi-Fi network (2.4 GHz): ", timeout_s=90)
        sure.type("studio")
        sure.see("Its password")
        sure.type(_TOO_SHORT)
        sure.see("8 to 63 bytes, this one 6; try again")
        sure.see("Wi-Fi network (2.4 GHz): ")
        sure.type("studio")
        sure.see("Its password")
        sure.type(_PASSWORD)
        sure.see("Wi-Fi name and password are in the board's NVS")
        assert sure.end() == 0, sure.screen
        assert "The board runs and is connected to localhost" in sure.screen
        assert _PASSWORD not in sure.screen and _TOO_SHORT not in sure.screen
        assert "Traceback" not in sure.screen
