"""The virtual DevKit: an ESP32 board with its USB port, cable, buttons and flash, for the real tools."""

import fcntl
import hashlib
import os
import threading
from pathlib import Path

from host.devkit.chip import Chip
from host.devkit.flash_image import MEGABYTE, FlashImage
from host.devkit.line import Line
from host.devkit.loader.registers import CHIPS, Registers
from host.devkit.pty_port import PtyPort
from host.devkit.reset_circuit import ResetCircuit
from host.devkit.rfc2217_port import Rfc2217Port
from host.devkit.world import World
from host.errors import UserError

_ESPRESSIF = bytes.fromhex("246f28")
_RESET_PULSE_S = 0.01
_GOOD_RSSI_DBM = -52


class DevKit:
    """A board that is plugged in as long as the `with` block lasts; its folder keeps the flash.

        with DevKit(folder) as kit:
            subprocess.run(["esptool", "--port", kit.url, "--no-stub", "flash-id"])
            kit.pull_cable()

    `url` has DTR and RTS, `device` is a link to a pseudo-terminal without them. Every method may
    be called from any thread, while tools talk. With `any_tcp_port`, `tcp_port` is only a wish.
    """

    def __init__(
        self,
        folder: Path,
        chip: str = "esp32",
        flash_mb: int = 4,
        speed: float = 1.0,
        seed: int = 1,
        ssid: str = "studio",
        password: str = "open sesame",
        tcp_port: int = 0,
        any_tcp_port: bool = False,
    ) -> None:
        self.folder = folder = folder.absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock_file = _locked(folder)
            self.flash = FlashImage(folder / "flash.bin", flash_mb * MEGABYTE)
            self.world = World(folder / "world", create=True)
        except OSError as error:
            raise UserError(
                f"{folder}: cannot keep a board there ({error.strerror}); choose another --board"
            ) from None
        self.mac = _ESPRESSIF + hashlib.sha256(os.fsencode(folder)).digest()[:3]
        self.world.mac = self.mac
        self.world.ssid, self.world.password = ssid, password
        self.world.radio, self.world.rssi_dbm, self.world.ntp = 1, _GOOD_RSSI_DBM, 1
        kind = CHIPS[chip]
        registers = Registers(kind, self.mac, flash_mb)
        self._line = Line(self._arrived, speed, seed)
        self._chip = Chip(folder, self.flash, registers, kind, self._line, self.world)
        self._circuit = ResetCircuit(self._set_pins)
        self._tcp = Rfc2217Port(self._line, self._circuit, tcp_port, any_tcp_port)
        self._pty = PtyPort(self._line, folder / "tty")
        self._line.doors = [self._tcp, self._pty]
        self.plugged = False
        self.power_cut = False
        self._lock = threading.RLock()

    def __enter__(self) -> "DevKit":
        self._line.start()
        self._chip.start()
        try:
            self.plug_cable()
        except UserError:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Unplug it and let go of the folder."""
        self.pull_cable()
        self._chip.close()
        self._line.close()
        self.flash.close()
        self.world.close()
        self._lock_file.close()

    # What the tools see

    @property
    def url(self) -> str:
        return self._tcp.url

    @property
    def device(self) -> Path:
        return self._pty.link

    # Cable and power

    def plug_cable(self) -> None:
        with self._lock:
            if self.plugged:
                return
            try:
                self._tcp.open()
                self._pty.open()
            except UserError:
                self._tcp.close()
                raise
            self._line.connect(True)
            self.plugged = True
            self._set_power()

    def pull_cable(self) -> None:
        with self._lock:
            self.plugged = False
            self._set_power()
            self._line.connect(False)
            self._pty.close()
            self._tcp.close()

    def pull_cable_after(self, count_bytes: int) -> None:
        """Once so many more bytes have come from the PC."""
        self._line.after(count_bytes, self.pull_cable)

    def cut_power(self) -> None:
        """The board is off; its port stays."""
        with self._lock:
            self.power_cut = True
            self._set_power()

    def restore_power(self) -> None:
        with self._lock:
            self.power_cut = False
            self._set_power()

    def cut_power_after(self, count_bytes: int) -> None:
        self._line.after(count_bytes, self.cut_power)

    # Buttons

    def press_boot(self) -> None:
        self._circuit.hold_boot(True)

    def release_boot(self) -> None:
        self._circuit.hold_boot(False)

    def reset(self) -> None:
        """Press and release EN."""
        self._circuit.hold_en(True)
        threading.Event().wait(_RESET_PULSE_S)
        self._circuit.hold_en(False)

    # The line

    @property
    def noise(self) -> float:
        """The share of bytes that the line damages."""
        return self._line.noise

    @noise.setter
    def noise(self, share: float) -> None:
        self._line.noise = share

    @property
    def speed(self) -> float:
        return self._line.speed

    @speed.setter
    def speed(self, factor: float) -> None:
        self._line.speed = factor

    @property
    def received(self) -> int:
        """Bytes that came from the PC."""
        return self._line.received_bytes

    @property
    def boot_held(self) -> bool:
        return self._circuit.boot_held

    @property
    def state(self) -> str:
        """What the chip does: off, held in reset, loader, boot loop, running, or asleep."""
        return self._chip.state

    def _arrived(self, data: bytes) -> None:
        self._chip.receive(data)

    def _set_pins(self, en: bool, gpio0: bool) -> None:
        self.world.gpio0 = int(gpio0)
        self._chip.set_pins(en, gpio0)

    def _set_power(self) -> None:
        self._chip.set_power(self.plugged and not self.power_cut)


def _locked(folder: Path):
    """One process serves a board; two would write over each other's flash."""
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UserError(
            f"{folder}: another process serves this board already; end it, or choose another --board"
        ) from None
    return file
