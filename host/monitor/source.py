"""Chunks of bytes from a pipe, a serial port or an iterable, without ever waiting long."""

import os
import select
import threading
from collections.abc import Iterable
from typing import BinaryIO, cast

CHUNK_BYTES = 65536

Source = int | BinaryIO | Iterable[bytes]


class SourceReader:
    """Reads a descriptor without blocking; what has none is pumped into a pipe by a thread."""

    def __init__(self, source: Source) -> None:
        self._own_pipe: int | None = None
        self.ended = False
        try:
            self._descriptor = source if isinstance(source, int) else _descriptor_of(source)
        except (AttributeError, OSError):
            self._descriptor = self._own_pipe = _pumped(cast(Iterable[bytes], source))

    def read(self, timeout_s: float, keyboard: int | None = None) -> tuple[bytes, bytes]:
        """(what came from the source, keys pressed): either may be empty after the timeout."""
        watched = [self._descriptor] if not self.ended else []
        watched += [keyboard] if keyboard is not None else []
        ready, _, _ = select.select(watched, [], [], timeout_s)
        chunk = keys = b""
        if self._descriptor in ready:
            try:
                chunk = os.read(self._descriptor, CHUNK_BYTES)
                self.ended = not chunk
            except BlockingIOError:
                pass
            except OSError:
                # How a pseudo-terminal and an unplugged serial port say that they are gone.
                self.ended = True
        if keyboard is not None and keyboard in ready:
            keys = os.read(keyboard, CHUNK_BYTES)
        return chunk, keys

    def close(self) -> None:
        """Close what this reader opened; the source stays its owner's."""
        if self._own_pipe is not None:
            os.close(self._own_pipe)


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
