"""The chip's life from reset to reset: ROM loader, boot from flash, the board model, and how it ends."""

import contextlib
import os
import subprocess
import threading
import time
from pathlib import Path

from host.devkit import boot_text, flash_boot
from host.devkit.flash_boot import Outcome
from host.devkit.flash_image import FlashImage
from host.devkit.line import START_BAUD, Line
from host.devkit.loader import slip
from host.devkit.loader import stub as stub_loader
from host.devkit.loader.registers import ESP32, Registers
from host.devkit.loader.registers import Chip as ChipKind
from host.devkit.loader.rom import LONGEST_PACKET_BYTES, Exit, RomLoader
from host.devkit.loader.stub import StubLoader
from host.devkit.model_search import ModelSearch
from host.devkit.powered import Ending, ResetCause, power_on
from host.devkit.world import World
from host.errors import UserError

_LOOP_S = 0.25
"""From the last line of a failed boot to the watchdog's reset; a few boots a second."""
_READ_BYTES = 4096
_RECEIVE_RING_BYTES = 260


class _Halted(Exception):
    """EN fell or the power went."""


class Chip:
    """Runs in a thread of its own; the methods may be called from any.

    chip = Chip(folder, flash, registers, kind, line, world)
    chip.start(); chip.set_power(True); chip.set_pins(en=True, gpio0=True); chip.receive(data)
    chip.close()
    """

    def __init__(
        self,
        folder: Path,
        flash: FlashImage,
        registers: Registers,
        kind: ChipKind,
        line: Line,
        world: World,
    ) -> None:
        self.state = "off"
        self._folder = folder
        self._flash = flash
        self._registers = registers
        self._is_s3 = kind is not ESP32
        self._line = line
        self._world = world
        self._power = False
        self._en = self._gpio0 = True
        self._download = False  # what GPIO0 was when EN rose
        self._halts = 0
        self._lived_since = 0
        self._closed = False
        self._board: subprocess.Popen | None = None
        self._received = bytearray()
        self._changed = threading.Condition()
        self._model = ModelSearch(self._changed)
        self._thread = threading.Thread(target=self._run, name="chip", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._halt()
        self._thread.join()

    def set_power(self, on: bool) -> None:
        self._set(on, self._en, self._gpio0)

    def set_pins(self, en: bool, gpio0: bool) -> None:
        self._set(self._power, en, gpio0)

    def _set(self, power: bool, en: bool, gpio0: bool) -> None:
        with self._changed:
            was_alive = self._power and self._en
            self._power, self._en, self._gpio0 = power, en, gpio0
            if not (power and en):
                self._halt()
            elif not was_alive:
                self._download = not gpio0
                self._changed.notify_all()

    def receive(self, data: bytes) -> None:
        """Bytes from the line, in the UART."""
        with self._changed:
            if not self._power or not self._en:
                return
            if self._board:
                self._give(self._board, data)
                return
            self._received += data
            if self.state != "loader":
                del self._received[_RECEIVE_RING_BYTES:]
            self._changed.notify_all()

    def _give(self, board: subprocess.Popen, data: bytes) -> None:
        """The board model has the chip's ring and drops what does not fit into it."""
        assert board.stdin
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(board.stdin.fileno(), data)

    def _halt(self) -> None:
        self._halts += 1
        if self._board:
            self._board.kill()
        self._changed.notify_all()

    @property
    def _halted(self) -> bool:
        return self._halts != self._lived_since

    def _run(self) -> None:
        while True:
            with self._changed:
                self.state = "held in reset" if self._power else "off"
                self._changed.wait_for(lambda: self._closed or (self._power and self._en))
                if self._closed:
                    return
                self._lived_since = self._halts
                download = self._download
            with contextlib.suppress(_Halted):
                try:
                    self._live(download)
                except (UserError, OSError) as error:  # the PC's trouble: no model, a full disk
                    self._print(f"\r\ninkling devkit: {error}\r\n")
                    self._idle()

    def _live(self, download: bool) -> None:
        reset, cause = boot_text.POWERON, ResetCause.PWRON
        while True:
            self._start_uart()
            if download:
                if self._load(reset) is Exit.REBOOT:
                    # GPIO0 is sampled when EN rises only: this comes back to the loader.
                    reset = boot_text.SW_RESET
                    continue
                download = False
            else:
                s3 = self._is_s3
                self._print(boot_text.s3_banner(False) if s3 else boot_text.banner(reset))
            reset, cause = self._boot(cause)

    def _start_uart(self) -> None:
        self._line.board_baud = START_BAUD
        self._line.autobaud = False
        with self._changed:
            self._received.clear()

    # The ROM's loader

    def _load(self, reset: int) -> Exit:
        loader: RomLoader = RomLoader(self._flash, self._registers)
        unframer = slip.Unframer(LONGEST_PACKET_BYTES)
        self.state = "loader"
        s3 = self._is_s3
        self._print(boot_text.s3_banner(True) if s3 else boot_text.download_banner(reset))
        self._line.autobaud = True
        while True:
            for packet in unframer.feed(self._read()):
                for reply in loader.answer(packet):
                    self._send(slip.frame(reply))
                if loader.synced and self._line.autobaud:
                    self._line.autobaud = False
                    self._registers.set_baud(self._line.board_baud)
                if loader.baud:
                    self._line.board_baud = loader.baud
                    self._registers.set_baud(loader.baud)
                if loader.code is not None:
                    loader = self._run_code(loader.code)
                if loader.exit:
                    self._start_uart()
                    return loader.exit

    def _run_code(self, code: bytes) -> RomLoader:
        if not stub_loader.is_stub(code):
            self._print(boot_text.code_in_ram())
            self._idle()
        self._send(slip.frame(stub_loader.GREETING))
        return StubLoader(self._flash, self._registers)

    # Boot from flash

    def _boot(self, cause: ResetCause) -> tuple[int, ResetCause]:
        """What the ROM and the bootloader do, until the chip resets itself: how it did."""
        self.state = "boot loop"
        # For an S3 there is nothing that could be in this flash.
        found = (flash_boot.no_header if self._is_s3 else flash_boot.look)(self._flash.read)
        self._print(found.text)
        if found.outcome is Outcome.MICROPYTHON:
            return self._run_micropython(cause)
        if found.outcome is Outcome.OTHER:
            self._idle()
        self._sleep(_LOOP_S)
        if found.outcome is Outcome.ROM_GIVES_UP:
            return boot_text.RTC_WATCHDOG, ResetCause.WDT
        return boot_text.SW_RESET, ResetCause.HARD

    def _run_micropython(self, cause: ResetCause) -> tuple[int, ResetCause]:
        raw_repl = False
        with self._changed:
            self._received.clear()  # starting the UART's driver empties its FIFO
        while True:
            status = self._run_board(cause, raw_repl)
            if status in (Ending.SOFT_RESET, Ending.SOFT_RESET_RAW):
                cause, raw_repl = ResetCause.SOFT, status == Ending.SOFT_RESET_RAW
                continue
            if status == Ending.RESET:
                return boot_text.SW_CPU, ResetCause.HARD
            if status == Ending.WATCHDOG:
                self._print(boot_text.watchdog())
                return boot_text.SW_CPU, ResetCause.WDT
            if status == Ending.DEEP_SLEEP:
                self._sleep_deeply()
                return boot_text.DEEPSLEEP, ResetCause.DEEPSLEEP
            self._print(boot_text.panic(status))
            return boot_text.SW_CPU, ResetCause.HARD

    def _run_board(self, cause: ResetCause, raw_repl: bool) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._model.over() or self._halted)
        self._check()
        board = power_on(self._folder, cause, raw_repl, binary=self._model.result())
        assert board.stdin and board.stdout
        os.set_blocking(board.stdin.fileno(), False)
        with self._changed:
            self._board = board
            self.state = "running"
            if self._halted:
                board.kill()
            else:
                self._give(board, self._received)
                self._received.clear()
        try:
            while data := os.read(board.stdout.fileno(), _READ_BYTES):
                if not self._halted:
                    self._line.say(data)
        finally:
            with self._changed:
                self._board = None
            board.kill()  # it may have closed its output only
            status = board.wait()
            board.stdin.close()
            board.stdout.close()
        self._check()
        return status

    # Time and the UART, all ended by a halt

    def _print(self, text: str) -> None:
        self._send(text.encode())

    def _send(self, data: bytes) -> None:
        due = time.monotonic()
        for piece, seconds in self._line.pieces(data):
            due += seconds
            self._sleep(due - time.monotonic())
            self._line.say(piece)

    def _read(self) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._received or self._halted)
            self._check()
            data = bytes(self._received)
            self._received.clear()
            return data

    def _sleep(self, seconds: float) -> None:
        with self._changed:
            if seconds > 0:
                self._changed.wait_for(lambda: self._halted, seconds)
            self._check()

    def _sleep_deeply(self) -> None:
        self.state = "asleep"
        if self._world.sleep_ms <= 0:
            self._idle()
        self._sleep(self._world.sleep_ms / 1000)

    def _idle(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._halted)
        self._check()

    def _check(self) -> None:
        if self._halted:
            raise _Halted
