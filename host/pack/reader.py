"""Reads packs: row group after row group, the next one while the one before it is replayed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from host.errors import UserError
from host.pack import layout
from host.pack.layout import NotAPack
from host.replay.rows import Rows


class Pack:
    """A pack as an iterator of rows; used as a `captures.Capture` is.

    Raises UserError (one line) when it is no pack, or one of another layout; iterating it raises
    one where the file, or the recording that it was made of, is damaged, after all rows before that.
    """

    def __init__(self, path: Path):
        self.path = path
        self.raw_bytes = 0
        self.raw_size = 0
        self.lines = 0
        try:
            self.raw_size = path.stat().st_size
            self._file = pq.ParquetFile(path, memory_map=True, page_checksum_verification=True)
            self.head = layout.head_of(self._file.metadata.metadata, self._file.schema_arrow)
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
        except NotAPack as error:
            raise UserError(f"{path}: {error}") from None
        except (pa.ArrowException, ValueError, KeyError, TypeError):
            raise UserError(f"{path}: a damaged pack: its end is missing or broken") from None

    def __iter__(self) -> Iterator[Rows]:
        count = self._file.num_row_groups
        with ThreadPoolExecutor(1) as reader:
            groups = [reader.submit(self._rows, 0)] if count else []
            for number in range(count):
                rows = self._result(groups.pop())
                if number + 1 < count:
                    groups.append(reader.submit(self._rows, number + 1))
                self.lines += len(rows)
                self.raw_bytes = self.raw_size * (number + 1) // count
                yield rows
        if self.head.damage:
            raise UserError(f"{self.path}: {self.head.damage}")

    def _rows(self, number: int) -> Rows:
        table = self._file.read_row_group(number, columns=layout.REPLAYED)
        return layout.rows_of(table, self.head.dialect)

    def _result(self, group) -> Rows:
        try:
            return group.result()
        except NotAPack as error:
            why = str(error)
        except (pa.ArrowException, OSError, ValueError, TypeError):
            why = "a damaged pack"
        raise UserError(f"{self.path}: {why}, the {self.lines:,} lines before that were read")
