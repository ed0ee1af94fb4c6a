"""An append-only file of JSON lines that several processes share and that a crash cannot spoil.

An append holds the file's lock, so a last line without its newline was left by a dead writer: readers ignore it, and
the next append cuts it off. A process that dies loses at most the line that it was writing, a machine that dies the
lines since the last sync.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pytest_rtlgen.errors import RecordError, StorageError
from pytest_rtlgen.storage.codec import read_text, write_text

T = TypeVar("T")
SYNC_EVERY_S = 1.0
"""A line costs microseconds and a sync milliseconds, so a writer syncs at most this often."""
_TAIL = 1 << 16


class Journal:
    """Records of one kind in one file. Appends are safe between threads and processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._synced_at = 0.0

    def append(self, *records: object) -> None:
        """Write each record as one line, all of them with one system call.

        Raises:
            StorageError: they could not be written; the lines before them stay readable.
        """
        lines = "".join(f"{write_text(record)}\n" for record in records).encode("ascii")
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                _append_lines(handle, lines)
                self._sync_now_and_then(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise storage_error(self.path, error) from error

    def read(self, kind: type[T], *, holding: bytes = b"") -> Iterator[T]:
        """Yield the records in the order of writing; a missing file holds none.

        Lines without the bytes ``holding`` are passed over, unread.

        Raises:
            RecordError: a line is not a record of this kind, or the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if line.endswith(b"\n") and holding in line:
                        yield read_text(kind, line, f"{self.path}:{number}")
        except FileNotFoundError:
            return
        except OSError as error:
            raise RecordError(f"{self.path}: cannot be read: {error.strerror}; check its permissions") from error

    def count(self) -> int:
        """Return the number of whole lines."""
        try:
            with self.path.open("rb") as file:
                return sum(line.endswith(b"\n") for line in file)
        except FileNotFoundError:
            return 0

    def _sync_now_and_then(self, handle: int) -> None:
        now = time.monotonic()
        if now - self._synced_at >= SYNC_EVERY_S:
            os.fdatasync(handle)
            self._synced_at = now


def storage_error(path: Path, error: OSError) -> StorageError:
    """Return the error for a failed write to ``path``."""
    return StorageError(
        f"{path}: cannot be written: {error.strerror}; free some space or fix its permissions, "
        "or choose another folder with --rtlgen-out (what was written stays, and the run can be resumed)"
    )


def _append_lines(handle: int, lines: bytes) -> None:
    end = _cut_torn_tail(handle)
    try:
        written = os.write(handle, lines)
        while written < len(lines):
            written += os.write(handle, lines[written:])
    except OSError:
        with suppress(OSError):  # a tail that stays is cut by the next append; the write's own error matters more
            os.ftruncate(handle, end)
        raise


def _cut_torn_tail(handle: int) -> int:
    """Cut the file after its last newline and return its length."""
    size = end = os.fstat(handle).st_size
    while end:
        start = max(0, end - (1 if end == size else _TAIL))
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end != size:
        os.ftruncate(handle, end)
    return end
