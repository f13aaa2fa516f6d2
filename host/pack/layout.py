"""What stands in a pack: its columns as Parquet keeps them, and what its head says; docs/packing.md tells people."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from host.captures import FUTURES_V1, SPOT_V1
from host.replay.columns import BOOK_UPDATE, NO_PROOF, SNAPSHOT, TEXT, Columns, columns_of
from host.replay.decoded import MOST_DECIMALS, NOT_TOLD
from host.replay.dialects import DIALECTS, Told
from host.replay.rows import Rows

VERSION = 1

HEAD_KEY = b"inkling"
"""Where the head stands in the file's metadata, as JSON."""

_LEVEL = pa.struct(
    [
        pa.field("side", pa.int8(), nullable=False),
        pa.field("price", pa.int64(), nullable=False),
        pa.field("price_decimals", pa.int8(), nullable=False),
        pa.field("quantity", pa.int64(), nullable=False),
        pa.field("quantity_decimals", pa.int8(), nullable=False),
    ]
)
_LEVELS = pa.list_(pa.field("element", _LEVEL, nullable=False))
SCHEMA = pa.schema(
    [
        pa.field("received", pa.timestamp("ns", tz="UTC")),
        pa.field("kind", pa.int8(), nullable=False),
        pa.field("pair", pa.dictionary(pa.int32(), pa.string())),
        pa.field("time", pa.timestamp("ms", tz="UTC")),
        pa.field("proof", pa.int64()),
        pa.field("levels", _LEVELS, nullable=False),
        pa.field("tells", pa.string()),
        pa.field("text", pa.binary()),
    ]
)
"""A row is a line of the recording."""

REPLAYED = [name for name in SCHEMA.names if name != "received"]
"""What a replay reads: nothing in it depends on when a frame was received."""

_NUMBER_END = 10**18  # the firmware's numbers have 18 digits at most
_CHECKSUM_END = 1 << 32


class NotAPack(Exception):
    """Why this cannot be replayed."""


@dataclass
class Head:
    """What a pack says of itself."""

    layout: int
    dialect: str
    source: str
    """Name of the recording."""
    sha256: str
    """Of its bytes, as they were on the disk."""
    lines: int
    damage: str | None
    """What was wrong with it behind the last of its whole lines."""

    def as_metadata(self) -> dict[bytes, bytes]:
        """For the file's metadata."""
        return {HEAD_KEY: json.dumps(asdict(self)).encode()}


def head_of(metadata: dict[bytes, bytes] | None, schema: pa.Schema) -> Head:
    """The head of a file with these; raises NotAPack."""
    told = (metadata or {}).get(HEAD_KEY)
    if told is None:
        raise NotAPack("a Parquet file, but no pack: inkling pack makes one of a recording")
    head = json.loads(told)
    if head["layout"] != VERSION:
        raise NotAPack(
            f"a pack of layout {head['layout']}; this inkling reads layout {VERSION}:"
            " pack the recording anew"
        )
    if not schema.remove_metadata().equals(SCHEMA) or head["dialect"] not in DIALECTS:
        raise NotAPack("a damaged pack: its columns are others than its layout says")
    return Head(**head)


def table_of(parts: Sequence[tuple[Rows, np.ndarray]]) -> pa.Table:
    """The columns of rows that follow one another, with the times when they were received."""
    every = [rows.columns for rows, _ in parts]
    received = np.concatenate([times for _, times in parts])
    whole = Columns(*(np.concatenate(column) for column in zip(*every, strict=True)))
    kind = whole.type
    names = parts[-1][0].names  # it only grows
    level_parts = (
        pa.array(column, field.type) for column, field in zip(whole[6:11], _LEVEL, strict=True)
    )
    levels = pa.StructArray.from_arrays(list(level_parts), fields=list(_LEVEL))
    told: list[str | None] = []
    for rows, _ in parts:
        stops = {n: json.dumps(tells) for n, tells in rows.stops}
        told += map(stops.get, range(len(rows)))
    is_text = kind == TEXT
    text = pa.BinaryArray.from_buffers(
        pa.binary(),
        len(kind),
        [
            pa.py_buffer(np.packbits(is_text, bitorder="little")),
            pa.py_buffer(_joined([columns.text for columns in every])),
            pa.py_buffer(whole.bytes),
        ],
    )
    columns = [
        pa.array(received, SCHEMA.field("received").type, mask=received == NOT_TOLD),
        pa.array(kind),
        pa.DictionaryArray.from_arrays(
            pa.array(whole.pair, mask=is_text), pa.array(names, pa.string())
        ),
        pa.array(whole.time, SCHEMA.field("time").type, mask=whole.time == 0),
        pa.array(whole.proof, mask=whole.proof == NO_PROOF),
        pa.ListArray.from_arrays(
            pa.array(_joined([columns.levels for columns in every])), levels, type=_LEVELS
        ),
        pa.array(told, pa.string()),
        text,
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _joined(offsets: Sequence[np.ndarray]) -> np.ndarray:
    """The offsets of the parts of a column as those of the whole."""
    counts = np.concatenate([np.diff(part) for part in offsets])
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def rows_of(table: pa.Table, dialect: str) -> Rows:
    """The rows of one row group; raises NotAPack where they are none that could have been packed."""
    column = {name: table.column(name).combine_chunks() for name in REPLAYED}
    kind = column["kind"].to_numpy()
    pair = column["pair"]
    if isinstance(pair, pa.ChunkedArray):
        pair = pair.unify_dictionaries().combine_chunks()
    levels = column["levels"]
    _, ends, data = column["text"].buffers()
    columns = columns_of(
        (
            kind,
            pair.indices.fill_null(0).to_numpy(),
            column["time"].cast(pa.int64()).fill_null(0).to_numpy(),
            column["proof"].fill_null(NO_PROOF).to_numpy(),
            levels.offsets.to_numpy(),
            np.frombuffer(ends, np.int32)[: len(table) + 1],
            *(levels.values.field(n).to_numpy() for n in range(len(_LEVEL))),
            np.frombuffer(bytearray(data or b""), np.uint8),
        )
    )
    names = pair.dictionary.to_pylist()
    _check(columns, len(names), dialect)
    tells = column["tells"]
    stops = [
        (int(n), [_told(*one) for one in json.loads(tells[n].as_py())])
        for n in np.flatnonzero(tells.is_valid())
    ]
    return Rows(dialect, names, columns, stops, 0, len(table))


def _told(name: str | None, channel: str | None, depth: int | None, levels: int | None) -> Told:
    texts, numbers = (name, channel), (depth, levels)
    if all(isinstance(text, str | None) for text in texts) and all(
        isinstance(number, int | None) for number in numbers
    ):
        return Told(name, channel, depth, levels)
    raise NotAPack("a damaged pack: what a line tells is no telling")


def _check(columns: Columns, names: int, dialect: str) -> None:
    """Kernels do not look where they write: a number that no decoder makes may not come to them."""
    decimals = columns.price_decimals, columns.quantity_decimals
    proof_end = _NUMBER_END if dialect == FUTURES_V1 else _CHECKSUM_END
    for column, least, end in (
        (columns.type, TEXT, BOOK_UPDATE + 1),
        (columns.pair, 0, max(names, 1)),
        (columns.time, 0, _NUMBER_END),
        (columns.proof, NO_PROOF, proof_end),
        (columns.side, 0, 2),
        (columns.price, 0, _NUMBER_END),
        (columns.quantity, 0, _NUMBER_END),
        *((part, 0 - MOST_DECIMALS, MOST_DECIMALS + 1) for part in decimals),
    ):
        if column.min(initial=least) < least or column.max(initial=least) >= end:
            raise NotAPack("a damaged pack: a number that no feed has")
    unproved = columns.type[(columns.proof == NO_PROOF) & (columns.type != TEXT)]
    if len(unproved) and (dialect != SPOT_V1 or unproved.max() != SNAPSHOT):
        raise NotAPack("a damaged pack: a message without its proof")
