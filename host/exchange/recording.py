"""Records feeds, `<epoch>: <frame>` a line: from a server, or straight from a market."""

import errno
import gzip
import os
from contextlib import contextmanager
from pathlib import Path

import zstandard

from host.errors import UserError
from host.exchange import pairs, protocol
from host.exchange.effects import Effects
from host.exchange.engine import Engine
from host.exchange.market import DEFAULT_SEED, Market
from host.exchange.source import SPOT_V2

# 2026-01-01T00:00:00Z: a recording is the same whenever it is made.
DEFAULT_START_S = 1_767_225_600


class Recording:
    """A file that grows beside its place and takes it when it is closed.

    The name says how it is compressed: `.gz`, `.zst`, or not. Raises UserError when it cannot be
    written.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.frames = 0
        self._part = self.path.with_name(self.path.name + ".part")
        with self._telling():
            if self.path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._raw = self._part.open("wb")
        if self.path.suffix == ".gz":
            # No name and no time inside: the same feed gives the same bytes.
            self._file = gzip.GzipFile("", "wb", fileobj=self._raw, mtime=0)
        elif self.path.suffix == ".zst":
            self._file = zstandard.ZstdCompressor().stream_writer(self._raw, closefd=False)
        else:
            self._file = self._raw

    def write(self, time_us: int, frame: str) -> None:
        """Add a frame that is sent at `time_us`, microseconds since 1970."""
        second, micros = divmod(time_us, 1_000_000)
        with self._telling():
            self._file.write(f"{second}.{micros:06d}: {frame}\n".encode())
        self.frames += 1

    def close(self) -> None:
        """Finish the file and give it its name; without a frame in it there is none.

        A second call does nothing.
        """
        if self._raw.closed:
            return
        with self._telling():
            if self._file is not self._raw:
                self._file.close()
            self._raw.close()
            if self.frames:
                self._part.rename(self.path)
            else:
                self._part.unlink()

    @contextmanager
    def _telling(self):
        try:
            yield
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written ({error.strerror})") from None


def record_market(
    path: str | Path,
    seed: int | str = DEFAULT_SEED,
    seconds: float = 600,
    symbols: tuple[str, ...] = pairs.DEFAULT_SYMBOLS,
    depth: int = protocol.DEFAULT_DEPTH,
    start_s: float = DEFAULT_START_S,
    dialect: str = SPOT_V2,
    channels: tuple[str, ...] = ("book",),
    effects: Effects | None = None,
) -> int:
    """Record what a client of the seeded market hears in `seconds`; return the number of frames.

    In the dialect of the futures the pairs are their linear perpetual ones (`PF_XBTUSD`), and the
    heartbeat is asked for too. `start_s` is the exchange time of the first frame, seconds since
    1970; `effects` what is planted in the market. The same arguments give the same file. Raises
    UserError for an unknown pair or a path that cannot be written.
    """
    engine = Engine(Market(symbols, seed, start_s, effects))
    recording = Recording(path)
    try:
        session = engine.open(recording.write, engine.start_us, dialect)
        for request in session.dialect.subscriptions(symbols, depth, channels):
            engine.request(session, request, engine.start_us)
        end_us = engine.start_us + int(seconds * 1_000_000)
        while engine.next_us() <= end_us:
            engine.step()
    finally:
        recording.close()
    return recording.frames
