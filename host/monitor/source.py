"""Chunks of bytes from a pipe, a serial port or an iterable, without ever waiting long."""

import os
import select
import threading
import time
from collections.abc import Iterable
from typing import BinaryIO, cast

CHUNK_BYTES = 65536

# A serial line gives a few bytes at a time; waiting a moment for more saves most of the work, and
# no eye sees it. Who gives more than this at once is not to be kept waiting.
GATHER_S = 0.05
BUSY_BYTES = 2048


class Reader:
    """Where the monitor's bytes come from; a board that can be restarted has more to say."""

    ended = False
    trouble = ""  # why nothing can be heard just now
    log_trouble = ""  # why what is heard cannot be kept
    can_restart = False

    def __init__(self) -> None:
        self._busy = False

    def read(self, timeout_s: float, keyboard: int | None = None) -> tuple[bytes, bytes]:
        """(what came from the source, keys pressed): either may be empty after the timeout."""
        raise NotImplementedError

    def restart(self) -> None:
        """Restart the board, where that is possible."""

    def notices(self) -> list[str]:
        """What has happened to the line itself since this was asked last."""
        return []

    def _wait(
        self, descriptor: int | None, timeout_s: float, keyboard: int | None
    ) -> tuple[bool, bytes]:
        """(whether the descriptor can be read, keys pressed); lets bytes gather first."""
        keys = b""
        watched = [each for each in (descriptor, keyboard) if each is not None]
        ready, _, _ = select.select(watched, [], [], timeout_s)
        if descriptor in ready and keyboard not in ready and not self._busy:
            if keyboard is None:
                time.sleep(GATHER_S)
            else:
                ready += select.select([keyboard], [], [], GATHER_S)[0]
        if keyboard is not None and keyboard in ready:
            keys = os.read(keyboard, CHUNK_BYTES)
        return descriptor in ready, keys


class SourceReader(Reader):
    """Reads a descriptor without blocking; what has none is pumped into a pipe by a thread."""

    def __init__(self, source: int | BinaryIO | Iterable[bytes]) -> None:
        super().__init__()
        self._own_pipe: int | None = None
        try:
            self._descriptor = source if isinstance(source, int) else _descriptor_of(source)
        except (AttributeError, OSError):
            self._descriptor = self._own_pipe = _pumped(cast(Iterable[bytes], source))

    def read(self, timeout_s: float, keyboard: int | None = None) -> tuple[bytes, bytes]:
        ready, keys = self._wait(None if self.ended else self._descriptor, timeout_s, keyboard)
        chunk = b""
        if ready:
            try:
                chunk = os.read(self._descriptor, CHUNK_BYTES)
                self.ended = not chunk
            except BlockingIOError:
                pass
            except OSError:
                # How a pseudo-terminal and an unplugged serial port say that they are gone.
                self.ended = True
            self._busy = len(chunk) >= BUSY_BYTES
        return chunk, keys

    def close(self) -> None:
        """Close what this reader opened; the source stays its owner's."""
        if self._own_pipe is not None:
            os.close(self._own_pipe)


Source = int | BinaryIO | Iterable[bytes] | Reader


def _descriptor_of(source: BinaryIO | Iterable[bytes]) -> int:
    return cast(BinaryIO, source).fileno()


def _pumped(chunks: Iterable[bytes]) -> int:
    """The reading end of a pipe that a thread fills with these chunks."""
    reading, writing = os.pipe()

    def pump() -> None:
        try:
            for chunk in chunks:
                view = memoryview(chunk)
                while view:
                    view = view[os.write(writing, view) :]
        except BrokenPipeError:
            pass  # the monitor has left
        finally:
            os.close(writing)

    threading.Thread(target=pump, name="monitor-source", daemon=True).start()
    return reading
