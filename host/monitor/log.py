"""Everything that came over the line, byte for byte, in files that are appended to and rotated by size."""

import errno
import fcntl
import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from host.errors import UserError

FILE_BYTES = 8 << 20
FILES_KEPT = 16
RETRY_S = 5.0

_NAMES = "inkling-*.log"


class Log:
    """Appends to the newest file of `folder` that has room and that no other monitor writes to.

    Every write goes to the kernel at once and at the end of the file, so a monitor that is killed
    has lost nothing that it was given, and what was written before cannot be damaged. File names
    are UTC times, and sort by them. Raises UserError if the folder cannot be used at all; later
    troubles are told by `trouble`, and tried again after a while.
    """

    def __init__(
        self, folder: Path, file_bytes: int = FILE_BYTES, files_kept: int = FILES_KEPT
    ) -> None:
        self.folder = folder
        self.trouble = ""
        self.missing_bytes = 0  # what was not kept in the last trouble
        self._file_bytes, self._files_kept = file_bytes, files_kept
        self._file: int | None = None
        self._name = ""
        self._size = 0
        self._retry_at_s = 0.0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._open_newest()
        except OSError as error:
            is_file = isinstance(error, FileExistsError | NotADirectoryError)
            why = "a file is there" if is_file else os.strerror(error.errno or errno.EIO)
            raise UserError(
                f"--log {folder}: cannot be written to ({why}); name another folder"
            ) from None

    def write(self, data: bytes) -> None:
        """Keep these bytes; never raises."""
        if not data:
            return
        if self.trouble and time.monotonic() < self._retry_at_s:
            self.missing_bytes += len(data)
            return
        try:
            while data:
                if self._size >= self._file_bytes or self._file is None:
                    self._open_new()
                written = os.write(self._file, data[: self._file_bytes - self._size])
                self._size += written
                data = data[written:]
            self.trouble = ""
        except OSError as error:
            self.missing_bytes = (self.missing_bytes if self.trouble else 0) + len(data)
            why = os.strerror(error.errno or errno.EIO)
            self.trouble = f"log {self.folder}: nothing is kept: {why}"
            self._retry_at_s = time.monotonic() + RETRY_S

    def close(self) -> None:
        """Finish the current file."""
        if self._file is not None:
            with suppress(OSError):
                os.fsync(self._file)
            os.close(self._file)
            self._file = None

    def _open_newest(self) -> None:
        newest = max(self.folder.glob(_NAMES), default=None)
        if newest is not None:
            with suppress(OSError):
                file = os.open(newest, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
                if _is_ours(file) and (size := os.fstat(file).st_size) < self._file_bytes:
                    self._file, self._name, self._size = file, newest.name, size
                    return
                os.close(file)
        self._open_new()

    def _open_new(self) -> None:
        """Begin another file, and let the oldest go."""
        while True:
            name = datetime.now(UTC).strftime("inkling-%Y%m%dT%H%M%S.%fZ.log")
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with suppress(FileExistsError):
                file = os.open(self.folder / name, flags, 0o644)
                break
        self.close()
        _is_ours(file)
        self._file, self._name, self._size = file, name, 0
        others = sorted(path for path in self.folder.glob(_NAMES) if path.name != name)
        for path in others[: max(0, len(others) + 1 - self._files_kept)]:
            with suppress(OSError):
                path.unlink()


def _is_ours(file: int) -> bool:
    """Whether no other monitor has this file; from now on no other may."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
