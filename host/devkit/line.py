"""The serial line between the PC and the board: its pace, its noise, its two ends' baud rates."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

BITS_A_BYTE = 10  # start, eight data, stop
START_BAUD = 115200
_PIECE_S = 0.002
"""The line moves this much at a time; latency is below it, and so is a sleep worth having."""
_DRIVER_BUFFER_BYTES = 4096
"""What the USB-UART's driver takes from a program before it makes it wait."""
_BAUD_TOLERANCE = 0.035
"""How far apart the two ends may be: the stop bit is sampled after 9.5 bits."""


class Door(Protocol):
    """A way for the PC's programs onto the line."""

    baud: int

    def send(self, data: bytes) -> None:
        """Bytes from the board; lost when nobody listens."""


class Line:
    """Carries bytes from the doors to the board at the pace of the line, and the other way.

    `deliver(data)` gets what arrives at the board; the board gives what it says to `say`, in its
    own time. `speed` multiplies the pace, `noise` is the share of damaged bytes in both
    directions, `board_baud` what the chip's UART is set to; with `autobaud` it follows the PC's.
    """

    def __init__(self, deliver: Callable[[bytes], None], speed: float, seed: int) -> None:
        self.speed = speed
        self.noise = 0.0
        self.board_baud = START_BAUD
        self.autobaud = False
        self.doors: list[Door] = []
        self.received_bytes = 0
        self._deliver = deliver
        # One for each direction, so that a seed gives the same damage however they interleave.
        self._noise_in, self._noise_out = random.Random(seed), random.Random(seed + 1)
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._waiting_bytes = 0
        self._limit: tuple[int, Callable[[], None]] | None = None
        self._open = False
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._carry, name="line", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def connect(self, connected: bool) -> None:
        """The cable is in or out; what was under way is lost."""
        with self._changed:
            self._open = connected
            self._drop()

    def from_host(self, data: bytes, baud: int) -> None:
        """Bytes from a program on the PC; returns when the driver has room for them."""
        with self._changed:
            while data:
                self._changed.wait_for(
                    lambda: (
                        self._closed
                        or not self._open
                        or self._waiting_bytes < _DRIVER_BUFFER_BYTES
                    )
                )
                if self._closed or not self._open:
                    return
                room = _DRIVER_BUFFER_BYTES - self._waiting_bytes
                self._waiting.append((data[:room], baud))
                self._waiting_bytes += len(data[:room])
                data = data[room:]
                self._changed.notify_all()

    def drop_output(self) -> None:
        """The program on the PC took back what it had written and was not sent yet."""
        with self._changed:
            self._drop()

    def after(self, count_bytes: int, action: Callable[[], None]) -> None:
        """Call `action` once so many more bytes have come from the PC, and no byte later."""
        with self._changed:
            self._limit = (self.received_bytes + count_bytes, action)

    def say(self, data: bytes) -> None:
        """Bytes from the board, now on the line."""
        for door in list(self.doors):
            door.send(self._across(data, self.board_baud, door.baud, self._noise_out))

    def pieces(self, data: bytes) -> list[tuple[bytes, float]]:
        """What the board has to say, cut into pieces, each with the seconds that it takes."""
        byte_s = BITS_A_BYTE / (self.board_baud * self.speed)
        size = max(1, int(_PIECE_S / byte_s))
        cuts = [data[at : at + size] for at in range(0, len(data), size)]
        return [(cut, len(cut) * byte_s) for cut in cuts]

    def _drop(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0
        self._changed.notify_all()

    def _carry(self) -> None:
        due = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting)
                if self._closed:
                    return
                piece, baud = self._take_piece()
            # A late wake-up is made up for by the next pieces, but a pause is not saved up.
            due = max(due, time.monotonic() - _PIECE_S)
            due += len(piece) * BITS_A_BYTE / (baud * self.speed)
            delay_s = due - time.monotonic()
            if delay_s > 0:
                time.sleep(delay_s)
            self._arrive(piece, baud)

    def _take_piece(self) -> tuple[bytes, int]:
        data, baud = self._waiting.popleft()
        size = max(1, int(_PIECE_S * baud * self.speed / BITS_A_BYTE))
        piece, rest = data[:size], data[size:]
        if rest:
            self._waiting.appendleft((rest, baud))
        self._waiting_bytes -= len(piece)
        self._changed.notify_all()
        return piece, baud

    def _arrive(self, piece: bytes, baud: int) -> None:
        action = None
        rest = b""
        with self._changed:
            if not self._open:
                return
            if self._limit and self.received_bytes + len(piece) >= self._limit[0]:
                cut = self._limit[0] - self.received_bytes
                piece, rest = piece[:cut], piece[cut:]
                action = self._limit[1]
                self._limit = None
            self.received_bytes += len(piece)
        if self.autobaud:
            self.board_baud = baud
        self._deliver(self._across(piece, baud, self.board_baud, self._noise_in))
        if action:
            action()
            self._arrive(rest, baud)

    def _across(self, data: bytes, sent_baud: int, read_baud: int, noise: random.Random) -> bytes:
        if abs(sent_baud / read_baud - 1) > _BAUD_TOLERANCE:
            data = misread(data, sent_baud, read_baud)
        if self.noise:
            data = bytes(
                byte ^ 1 << noise.randrange(8) if noise.random() < self.noise else byte
                for byte in data
            )
        return data


def misread(data: bytes, sent_baud: int, read_baud: int) -> bytes:
    """What a UART makes of bytes that were sent at another rate: it samples the same wave."""
    wave = [level for byte in data for level in (0, *((byte >> bit) & 1 for bit in range(8)), 1)]
    step = sent_baud / read_baud
    seen = bytearray()
    at = 0.0
    while at < len(wave):
        if wave[int(at)]:
            at = int(at) + 1  # idle, or still the stop bit: the next edge starts a byte
            continue
        byte = 0
        for bit in range(8):
            place = int(at + (1.5 + bit) * step)
            if place >= len(wave) or wave[place]:
                byte |= 1 << bit
        seen.append(byte)
        at += 9.5 * step
    return bytes(seen)
