"""Writes packs: a recording decoded line by line, in the order of the exchange."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from host import captures
from host.errors import UserError
from host.pack import layout
from host.pack.layout import Head
from host.replay.columns import TEXT
from host.replay.decoded import Decoder
from host.replay.dialects import Dialect
from host.replay.rows import Rows

# A row group: large ones are read faster, but all of one is in memory.
_GROUP_ROWS = 1 << 17
_GROUP_BYTES = 1 << 26

_COMPRESSION = "zstd"
_COMPRESSION_LEVEL = 3
_DELTA, _BYTES_APART = "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"
_LEVEL = "levels.list.element."
# What grows or stays near; and digits, of which the first ones repeat and the last ones do not.
_ENCODING = {
    "received": _DELTA,
    "time": _DELTA,
    "proof": _BYTES_APART,
    _LEVEL + "price": _DELTA,
    _LEVEL + "quantity": _BYTES_APART,
}
_DICTIONARY = [
    "kind",
    "pair",
    _LEVEL + "side",
    _LEVEL + "price_decimals",
    _LEVEL + "quantity_decimals",
]

# So many bytes of the recording have been read.
Tell = Callable[[int], None]


class Written:
    """What became of a recording."""

    def __init__(self) -> None:
        self.lines = 0
        self.messages = 0
        """Lines that went into the columns; the others were kept as they are."""
        self.levels = 0
        self.bytes = 0
        """Of the pack."""
        self.damage: str | None = None

    def add(self, rows: Rows) -> None:
        self.lines += len(rows)
        self.messages += int(np.count_nonzero(rows.columns.type != TEXT))
        self.levels += len(rows.columns.side)


def write(source: Path, dialect: Dialect, path: Path, tell: Tell) -> Written:
    """Pack `source` as `path`, which is there when all of it is written and not before.

    What stands before damage in `source` is packed, and the damage is told. Raises UserError as
    `captures.open_bytes`, and where `path` cannot be written.
    """
    capture = captures.open_bytes(source)
    if path.exists() and not path.is_file():
        raise UserError(f"{path}: is no file that could be written")
    beside = path.with_name(f".{path.name}.part")
    written = Written()
    try:
        with beside.open("wb") as file:
            _write(file, capture, dialect, written, tell)
        beside.replace(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        beside.unlink(missing_ok=True)
    written.bytes = path.stat().st_size
    return written


def _write(
    file, capture: captures.Capture, dialect: Dialect, written: Written, tell: Tell
) -> None:
    decoder = Decoder(dialect)
    parts: list[tuple[Rows, np.ndarray]] = []
    group_bytes = 0
    with pq.ParquetWriter(
        file,
        layout.SCHEMA,
        compression=_COMPRESSION,
        compression_level=_COMPRESSION_LEVEL,
        use_dictionary=_DICTIONARY,
        column_encoding=_ENCODING,
        write_page_checksum=True,
    ) as writer:
        try:
            for lines in capture:
                parts.append(decoder.rows(lines))
                written.add(parts[-1][0])
                group_bytes += len(lines)
                if group_bytes > _GROUP_BYTES or sum(len(r) for r, _ in parts) >= _GROUP_ROWS:
                    _flush(writer, parts)
                    parts, group_bytes = [], 0
                tell(capture.raw_bytes)
        except UserError as error:
            written.damage = str(error).removeprefix(f"{capture.path}: ")
        if parts:
            _flush(writer, parts)
        head = Head(
            layout=layout.VERSION,
            dialect=dialect.name,
            source=capture.path.name,
            sha256=_sha256(capture.path),
            lines=written.lines,
            damage=written.damage,
        )
        writer.add_key_value_metadata(head.as_metadata())


def _flush(writer: pq.ParquetWriter, parts: list[tuple[Rows, np.ndarray]]) -> None:
    table: pa.Table = layout.table_of(parts)
    writer.write_table(table, row_group_size=len(table))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
