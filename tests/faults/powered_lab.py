"""The same on a powered board: with Wi-Fi, a time server, a watchdog and restarts, its files on littlefs."""

import threading
from pathlib import Path

from fault_lab import Lab

from host.boardmodel import model
from host.devkit.powered import Ending, ResetCause, power_on
from host.devkit.time_server import TimeServer
from host.devkit.world import World

_FLASH_BYTES = 4 * 1024 * 1024
_IMAGE = Path(__file__).parents[1] / "devkit" / "programs" / "flash_image.py"
_CAUSES = {
    Ending.RESET: ResetCause.HARD,
    Ending.WATCHDOG: ResetCause.WDT,
    Ending.SOFT_RESET: ResetCause.SOFT,
}
_SSID, _PASSWORD = "studio", "open sesame"
_KEEP_SECRETS = f"""
from esp32 import NVS
nvs = NVS("inkling")
nvs.set_blob("wifi_ssid", {_SSID!r})
nvs.set_blob("wifi_pass", {_PASSWORD!r})
nvs.commit()
"""


class PoweredLab(Lab):
    """A board that begins again when it resets itself, as the chip does. `extra` are files beside the firmware's."""

    def __init__(self, folder, exchange, market, dialect, extra=None, clock_off_ms=0, **settings):
        self.time_server = TimeServer()
        self.time_server.offset_ms = clock_off_ms
        there = {"time_host": self.time_server.host, "time_port": self.time_server.port}
        # Less than the serial line takes, or the line would be what is tested.
        paced = {"serial_bytes_per_s": 8000, "book_interval_ms": 250}
        super().__init__(folder / "files", exchange, market, dialect, **there, **paced, **settings)
        for name, text in (extra or {}).items():
            (self.folder / name).write_text(text)
        # Before the application the secrets: who types them needs a quiet board.
        boot = self.folder / "boot.py"
        boot.write_text(_KEEP_SECRETS + boot.read_text())
        self.board = folder
        flash = folder / "flash.bin"
        flash.write_bytes(b"\xff" * _FLASH_BYTES)
        model.run_script(_IMAGE, flash, self.folder)
        self.world = World(folder / "world", create=True)
        self.world.ssid, self.world.password = _SSID, _PASSWORD
        self._is_on = False

    def power_on(self):
        self.time_server.__enter__()
        self._is_on = True
        self._started = threading.Event()
        # The board's processes end with the thread that starts them.
        threading.Thread(target=self._live, daemon=True).start()
        self._started.wait()

    def power_off(self):
        self._is_on = False
        if self.process:
            self.process.kill()
            self.process.wait()
            self.time_server.__exit__()
        self.world.close()

    def _live(self):
        cause = ResetCause.PWRON
        while self._is_on and cause:
            self.process = power_on(self.board, cause)
            self._started.set()
            with self.process.stdin, self.process.stdout:
                for line in self.process.stdout:
                    self._take(line)
            cause = _CAUSES.get(self.process.wait())
        with self._came:
            self._ended = True
            self._came.notify_all()
