"""A board that is switched on again whenever it ends, as power-on would; told apart by the cause it left."""

import contextlib
import functools
import io
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from host.boardmodel import flash_folder, model
from host.soak.story import Restart, Story

# What the firmware writes before it restarts the board (firmware/board/guard.py): a count and why.
_CAUSE_FILE = "restart"
_LOG_FOLDER = "log"
_BLOCK_BYTES = 4096  # of littlefs
# A board that ends at once each time, and does not mean to begin again, will not get anywhere.
_MOST_ENDS = 5
_SOON_S = 5.0
_STOP_S = 5.0


_one_reads = threading.Lock()


def _files() -> dict[str, bytes]:
    """The firmware as it was when the soak began, for all boards."""
    with _one_reads:  # or each of them would make it
        return _made()


@functools.cache
def _made() -> dict[str, bytes]:
    return flash_folder.files(flash_folder.MODEL, {}, b"")


class Board:
    """The firmware in `folder`; what it says goes to `story`, and to `log` and `hear` if they are there.

    `gave_up` says in words why the board will not be switched on again.
    """

    def __init__(
        self,
        folder: Path,
        story: Story,
        heap_bytes: int,
        log: BinaryIO | None = None,
        hear: Callable[[bytes], None] | None = None,
    ):
        self.story = story
        self.gave_up: str | None = None
        self._folder = folder
        self._heap_bytes = heap_bytes
        self._log = log
        self._hear = hear
        self._is_wanted = True
        self._is_cycling = False
        self.process: subprocess.Popen | None = None
        # The board model ends with the thread that started it, so one thread starts them all.
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)

    def switch_on(self, settings: dict, ca_der: bytes) -> None:
        for name, data in _files().items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        flash_folder.write_settings(self._folder, settings, ca_der)
        self._thread.start()

    def power_cycle(self) -> None:
        """Off and on again."""
        self._is_cycling = True
        self._end()

    def switch_off(self) -> None:
        self._is_wanted = False
        self._end()
        if self._thread.ident:
            self._thread.join(_STOP_S)

    def mark(self, text: str) -> None:
        """A line of ours between the board's own."""
        if self._log:
            self._log.write(f"# {text}\n".encode())

    def black_box_bytes(self) -> int:
        """What the black box takes of the file system."""
        files = (self._folder / _LOG_FOLDER).glob("*")
        return sum(-(-file.stat().st_size // _BLOCK_BYTES) * _BLOCK_BYTES for file in files)

    def _end(self) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def _run(self) -> None:
        ends = 0
        while self._is_wanted:
            began_s = time.monotonic()
            self.process = model.start(self._folder, self._heap_bytes)
            self.story.power_on(began_s)
            self._listen(self.process)
            model.stop(self.process)
            if self._is_wanted and not self._is_cycling:
                now_s, cause = time.monotonic(), self._cause()
                self.story.restarts.append(Restart(now_s, cause))
                ends = 0 if cause or now_s - began_s > _SOON_S else ends + 1
                if ends == _MOST_ENDS:
                    self.gave_up = self.story.last_error() or "it ends as soon as it begins"
                    return
            self._is_cycling = False

    def _listen(self, process: subprocess.Popen) -> None:
        assert process.stdout
        # The pipe has no buffer of its own: without one, every byte would be asked for.
        for line in io.BufferedReader(process.stdout):  # type: ignore[arg-type]
            if self._log:
                self._log.write(line)
            self.story.take(line, time.monotonic())
            if self._hear:
                self._hear(line)

    def _cause(self) -> str | None:
        """Why the firmware ended itself; None if it left no word."""
        try:
            return (self._folder / _CAUSE_FILE).read_text().partition(" ")[2].strip() or None
        except OSError:
            return None
