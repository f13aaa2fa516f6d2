"""A powered board and a person at its serial line: what the tests of the powered board have in common."""

import threading
import time
from pathlib import Path

from host.devkit.powered import ResetCause, power_on
from host.devkit.world import World

FLASH_BYTES = 4 * 1024 * 1024
# A program for the board model: what is on a board's flash, without the board.
FLASH_IMAGE = Path(__file__).parent / "programs" / "flash_image.py"
LINE_BYTES_PER_S = 11_520
_STEP_BYTES = 64

SSID = "studio"
PASSWORD = "open sesame"

RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
PROMPT = b">>> "


class Board:
    """A folder with an erased flash and a world, and its board, switched on and off at will.

    with Board(tmp_path) as board:
        board.on()
        board.run("print(1)")   # "1\\r\\n"
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.flash = folder / "flash.bin"
        self.flash.write_bytes(b"\xff" * FLASH_BYTES)
        self.world = World(folder / "world", create=True)
        self.world.ssid, self.world.password = SSID, PASSWORD
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.world.close()

    def on(self, cause=ResetCause.PWRON, raw_repl=False, wait_for=None, **options):
        """Switch on and wait for a prompt; what came before it, and it."""
        self.process = power_on(self.folder, cause, raw_repl, **options)
        self.seen = bytearray()
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=[self.process], daemon=True)
        self._reader.start()
        return self.until(wait_for or (RAW_PROMPT if raw_repl else PROMPT))

    def _read(self, process):
        while data := process.stdout.read(4096):
            with self._came:
                self.seen += data
                self._came.notify_all()
        with self._came:
            self._came.notify_all()

    def kill(self):
        if self.process:
            self.process.kill()
            self.ending()

    def ending(self, timeout_s=5):
        """Wait for the end of the process; its exit status."""
        status = self.process.wait(timeout_s)
        self._reader.join()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process = None
        return status

    def send(self, data):
        """At the pace of the line, which the board's ring counts on."""
        for at in range(0, len(data), _STEP_BYTES):
            if at:
                time.sleep(_STEP_BYTES / LINE_BYTES_PER_S)
            self.process.stdin.write(data[at : at + _STEP_BYTES])

    def until(self, data, timeout_s=5):
        """Wait for `data`; everything up to its end, which then counts as seen."""
        deadline = time.monotonic() + timeout_s
        with self._came:
            while data not in self.seen:
                assert self._came.wait(deadline - time.monotonic()), (data, bytes(self.seen))
                assert self._reader.is_alive() or data in self.seen, (data, bytes(self.seen))
            end = self.seen.index(data) + len(data)
            text = bytes(self.seen[:end])
            del self.seen[:end]
            return text

    def start(self, program):
        """Start a program by the raw REPL, without waiting for its end."""
        self.send(b"\x03\x01")
        self.until(RAW_PROMPT)
        self.send(program.encode() + b"\x04")
        self.until(b"OK")

    def run(self, program, timeout_s=8):
        """Run a program by the raw REPL; what it printed, an exception's text included."""
        self.start(program)
        printed = self.until(b"\x04", timeout_s)[:-1] + self.until(b"\x04>", timeout_s)[:-2]
        return printed.decode().replace("\r\n", "\n")
