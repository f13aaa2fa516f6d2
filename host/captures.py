"""Reads recorded feeds: a frame a line or the cryptofeed line format, plain, gzip or zstd; finds packs.

Damage inside a file is reported after all that stands before it has been handed over: who catches
the `UserError` has lost nothing.
"""

import json
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import zstandard

from host.errors import UserError

if TYPE_CHECKING:
    from host.pack.reader import Pack

_READ_BYTES = 1 << 18  # what a core's cache holds: lines are looked at several times
# A compressed block is read in smaller pieces: feeds shrink about fifteen times.
_READ_COMPRESSED_BYTES = 1 << 16

# A thousand levels a side are 80 kB; what goes on for megabytes is not a frame a line.
_LONGEST_LINE_BYTES = 1 << 24

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PARQUET_MAGIC = b"PAR1"
# zlib: 15 bits of window, +16 for the gzip wrapping.
_ZLIB_GZIP = 31

# No text has a byte below this one, and hardly any other file is without.
_LEAST_TEXT = ord("\t")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_RECEIVED = re.compile(rb"(\d+(?:\.\d+)?): (.*)", re.DOTALL)
# What a recorder wrote beside the frames: a connect, a request, a REST answer, its settings.
_BESIDE = re.compile(rb"\S+ (?:<->|<-|->) \d+(?:\.\d+)?(?:: .*|$)|configuration: ", re.DOTALL)

# One of these is in every frame of Kraken's dialects that is a JSON object (v2, v1, futures).
_KRAKEN_KEYS = frozenset({"channel", "method", "error", "event", "feed"})
# Frames that are looked at for the dialect: nearly always the first one tells.
_FRAMES_TOLD_BY = 100
_V1_EVENTS = frozenset({"systemStatus", "subscriptionStatus", "heartbeat", "pong"})
_FUTURES_EVENTS = frozenset({"info", "subscribed", "unsubscribed", "alert", "challenge"})

SPOT_V2, SPOT_V1, FUTURES_V1 = "spot_v2", "spot_v1", "futures_v1"
"""Kraken's dialects, by their names in a board's settings."""


def open_feed(path: str | Path) -> "Capture | Pack":
    """Open a capture, or what `inkling pack` made of one, for a replay; raises UserError as `open_bytes`."""
    try:
        with Path(path).open("rb") as file:
            is_pack = file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
    except OSError:
        is_pack = False  # opening it as a capture will say why
    if is_pack:
        from host.pack.reader import Pack

        return Pack(Path(path))
    return open_bytes(path)


def open_bytes(path: str | Path) -> "Capture":
    """Open a capture for reading as chunks of whole lines; checks that it is one at all.

    Raises UserError (one line) when the file is missing, a folder, unreadable, empty, binary or no
    Kraken capture. Iterating raises UserError where the file is cut short or damaged, after the
    whole lines before that.
    """
    return Capture(Path(path))


def frames(path: str | Path) -> Iterator[tuple[float | None, bytes]]:
    """Yield `(time_s, frame)` of each received frame; time_s is None where none was recorded.

    No frame is looked into, not even a damaged one. Raises UserError as `open_bytes`.
    """
    for chunk in open_bytes(path):
        for line in chunk.splitlines():
            if (frame := frame_of(line)) is not None:
                yield _time_of(line), frame


def is_beside(line: bytes) -> bool:
    """Whether a line is blank, or what a recorder writes beside the frames."""
    return not line.strip() or _BESIDE.match(line) is not None


def frame_of(line: bytes) -> bytes | None:
    """The frame that a line holds, as received; None where it is none of the exchange's."""
    if line[:1] in (b"{", b"["):
        return line
    if received := _RECEIVED.fullmatch(line):
        return received[2]
    return None if is_beside(line) else line


def dialect(path: str | Path) -> str | None:
    """The Kraken dialect that a capture most likely is in, by its first frames; None if they tell nothing.

    Raises UserError as `open_feed`, but not for damage that comes later.
    """
    capture = open_feed(path)
    if not isinstance(capture, Capture):
        return capture.head.dialect
    lines = (line for chunk in capture for line in chunk.splitlines())
    told = (frame for line in lines if (frame := frame_of(line)) is not None)
    try:
        return next(filter(None, map(_dialect_of, islice(told, _FRAMES_TOLD_BY))), None)
    except UserError:
        return None


def _dialect_of(frame: bytes) -> str | None:
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list):
        return SPOT_V1
    if not isinstance(value, dict):
        return None
    if "channel" in value or "method" in value:
        return SPOT_V2
    event = value.get("event")
    if "feed" in value or event in _FUTURES_EVENTS:
        return FUTURES_V1
    return SPOT_V1 if event in _V1_EVENTS else None


class Capture:
    """A capture as an iterator of byte chunks, each of whole lines with their line feeds.

    For a progress bar: `raw_bytes` of the `raw_size` bytes on the disk have been consumed so far.
    `lines` have been handed over.
    """

    def __init__(self, path: Path):
        self.path = path
        self.raw_bytes = 0
        self.raw_size = 0
        self.lines = 0
        self._chunks = self._whole_lines()
        # The first chunk is read at once, so that opening says whether this is a capture.
        self._first = next(self._chunks, b"")

    def __iter__(self) -> Iterator[bytes]:
        if self._first:
            yield self._count(self._first)
            self._first = b""
        for chunk in self._chunks:
            yield self._count(chunk)

    def _count(self, chunk: bytes) -> bytes:
        # numpy counts several times as fast as bytes.count.
        self.lines += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord("\n")))
        return chunk

    def _whole_lines(self) -> Iterator[bytes]:
        tail = b""
        checked = False
        for chunk in self._text():
            cut = chunk.rfind(b"\n") + 1
            if not cut:
                tail += chunk
                if len(tail) > _LONGEST_LINE_BYTES:
                    raise UserError(
                        f"{self.path}: not a capture of frames; line {self.lines + 1} has no end"
                    )
                continue
            whole = b"".join((tail, memoryview(chunk)[:cut]))
            tail = chunk[cut:]
            if not checked:
                if not whole.strip():
                    continue
                self._check_first_line(whole)
                checked = True
            yield whole
        if not tail.strip():
            if not checked:
                raise UserError(f"{self.path}: the file is empty")
            return
        if not checked:
            self._check_first_line(tail)
        if not _is_complete(tail):
            raise UserError(f"{self.path}: ends in the middle of a frame, {self._read_before()}")
        yield tail + b"\n"

    def _text(self) -> Iterator[bytes]:
        """What stands before the first byte that no text has."""
        has_line = False
        for number, chunk in enumerate(self._inflated()):
            if number == 0:
                chunk = chunk.removeprefix(_BYTE_ORDER_MARK)
            codes = np.frombuffer(chunk, np.uint8)
            binary = codes.min(initial=_LEAST_TEXT) < _LEAST_TEXT
            text = chunk[: int(np.argmax(codes < _LEAST_TEXT))] if binary else chunk
            has_line = has_line or b"\n" in text
            if binary and not has_line:
                raise UserError(f"{self.path}: a binary file, not a capture of frames")
            yield text
            if binary:
                line = self.lines + 1
                raise UserError(f"{self.path}: binary bytes in line {line}, {self._read_before()}")

    def _inflated(self) -> Iterator[bytes]:
        try:
            self.raw_size = self.path.stat().st_size
            with self.path.open("rb") as file:
                head = file.read(len(_ZSTD_MAGIC))
                file.seek(0)
                if head.startswith(_GZIP_MAGIC):
                    yield from self._decompressed(file, "gzip", _GZIP_MAGIC)
                elif head == _PARQUET_MAGIC:
                    raise UserError(f"{self.path}: a pack; name the recording it was made of")
                elif head == _ZSTD_MAGIC:
                    yield from self._decompressed(file, "zstd", _ZSTD_MAGIC)
                else:
                    while data := file.read(_READ_BYTES):
                        self.raw_bytes += len(data)
                        yield data
        except FileNotFoundError:
            raise UserError(f"{self.path}: no such file") from None
        except IsADirectoryError:
            raise UserError(f"{self.path}: is a folder; name a capture file") from None
        except OSError as error:
            raise UserError(f"{self.path}: cannot be read ({error.strerror})") from None

    def _decompressed(self, file, name: str, magic: bytes) -> Iterator[bytes]:
        """Both decompressors have the same methods; several streams may be joined in one file."""
        stream = _decompressor(name)
        while data := file.read(_READ_COMPRESSED_BYTES):
            self.raw_bytes += len(data)
            while data:
                if stream.eof:
                    if not data.startswith(magic[: len(data)]):
                        raise UserError(
                            f"{self.path}: ends in bytes not {name}, {self._read_before()}"
                        )
                    stream = _decompressor(name)
                try:
                    text = stream.decompress(data)
                except (zlib.error, zstandard.ZstdError) as error:
                    raise UserError(
                        f"{self.path}: damaged {name} data ({error}), {self._read_before()}"
                    ) from None
                if text:
                    yield text
                data = stream.unused_data
        if not stream.eof:
            raise UserError(f"{self.path}: the {name} data ends early, {self._read_before()}")

    def _read_before(self) -> str:
        return f"the {self.lines:,} whole lines before that were read"

    def _check_first_line(self, text: bytes) -> None:
        line = text.lstrip().split(b"\n", 1)[0].rstrip()
        if _BESIDE.match(line):
            return
        received = _RECEIVED.fullmatch(line)
        frame = received[2] if received else line
        try:
            value = json.loads(frame)
        except (ValueError, RecursionError):
            # A file of one cut line starts like a frame and says so at its end.
            if frame[:1] in (b"{", b"[") and b"\n" not in text:
                return
            value = None
        if isinstance(value, list) or (isinstance(value, dict) and _KRAKEN_KEYS & value.keys()):
            return
        raise UserError(f"{self.path}: not a Kraken capture; line 1 is no frame of Kraken's")


def _decompressor(name: str):
    if name == "gzip":
        return zlib.decompressobj(_ZLIB_GZIP)
    return zstandard.ZstdDecompressor().decompressobj()


def _time_of(line: bytes) -> float | None:
    received = None if line[:1] in (b"{", b"[") else _RECEIVED.fullmatch(line)
    return float(received[1]) if received else None


def _is_complete(line: bytes) -> bool:
    line = line.strip()
    if _BESIDE.match(line):
        return True
    received = _RECEIVED.fullmatch(line)
    try:
        json.loads(received[2] if received else line)
    except (ValueError, RecursionError):
        return False
    return True
