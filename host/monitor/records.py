"""Cut the board's byte stream into lines and tell its records from any other text."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

Record = dict[str, Any]

# A record has at most 120 bytes. A line beyond this bound is text, and is passed on in pieces.
MAX_LINE_BYTES = 4096

# How every record starts. A reset can leave half a line in front of the next whole record.
RECORD_START = b'{"k":'


class Line(NamedTuple):
    """One line as it came, without its line end; `record` is None for anything but a record.

    A piece of text whose line goes on in the next one is not `whole`.
    """

    raw: bytes
    record: Record | None
    whole: bool = True


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number that a record may hold")


_decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)


def decode(raw: bytes) -> Record | None:
    """The record that this line is, its decimals exact, or None."""
    if raw[:1] != b"{" or raw[-1:] != b"}":
        return None
    try:
        record = _decoder.decode(raw.decode("ascii"))
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return record if isinstance(record.get("k"), str) else None


class LineSplitter:
    """Feed it chunks of any size; it gives whole lines and loses no byte but the line ends."""

    def __init__(self) -> None:
        self._rest = b""
        self._inside_giant = False  # the start of this line was already given away

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """The lines that this chunk completes."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        # An iterator that is dropped halfway must not see the same bytes again.
        self._rest = b""
        lines = [line for raw in whole for line in self._end_line(raw)]
        while len(rest) > MAX_LINE_BYTES:
            lines.append(Line(rest[:MAX_LINE_BYTES], None, whole=False))
            rest = rest[MAX_LINE_BYTES:]
            self._inside_giant = True
        self._rest = rest
        return iter(lines)

    def pause(self) -> Iterator[Line]:
        """What has come of an unfinished line (a prompt), but nothing that may become a record."""
        end = self._rest.find(RECORD_START)
        if end < 0:
            end = len(self._rest)
            # The start of a record may itself have come by half.
            start = self._rest.rfind(b"{", -len(RECORD_START))
            if start >= 0 and RECORD_START.startswith(self._rest[start:]):
                end = start
        if end == 0 or self._inside_giant:
            return iter(())
        piece, self._rest = self._rest[:end], self._rest[end:]
        return iter([Line(piece, None, whole=False)])

    def close(self) -> Iterator[Line]:
        """What is left when the stream ends without a line end."""
        rest, self._rest = self._rest, b""
        return iter(self._end_line(rest) if rest else ())

    def _end_line(self, raw: bytes) -> list[Line]:
        pieces = []
        while len(raw) > MAX_LINE_BYTES:
            pieces.append(Line(raw[:MAX_LINE_BYTES], None, whole=False))
            raw = raw[MAX_LINE_BYTES:]
            self._inside_giant = True
        raw = raw.removesuffix(b"\r")
        if self._inside_giant:
            self._inside_giant = False
            return [*pieces, Line(raw, None)]
        record = decode(raw)
        if record is None:
            start = raw.rfind(RECORD_START)
            if start > 0 and (late := decode(raw[start:])) is not None:
                return [Line(raw[:start], None), Line(raw[start:], late)]
        return [Line(raw, record)]
