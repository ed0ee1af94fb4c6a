"""Records kept for other processes and runs, found by a digest of all that they were made from.

A file holds one record: its digest, a line end, and its JSON, compressed. It is written under another name and renamed,
so it is there whole or not at all; what is damaged all the same, as after a power failure, counts as missing.
"""

import os
import random
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.storage.codec import read_text, write_text
from pytest_rtlgen.storage.kept_files import PREFIX, list_kept, write_kept

T = TypeVar("T")
MOST_BYTES = 1 << 30
_ROUNDS = 16
"""How often the whole folder is looked at while as many bytes as it may hold are written."""
_KEPT_SHARE = 0.9


class RecordCache:
    """A folder that any number of threads and processes share. What cannot be read or written is made anew.

    It holds some ``most_bytes`` on disk; what was not used for longest goes first.
    """

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most_bytes = most_bytes
        self._is_writable = True
        self._chance = random.SystemRandom()  # that of the module belongs to the caller, who may have seeded it

    def read(self, kind: type[T], digest: str) -> T | None:
        """Return the record of type ``kind`` kept under ``digest``; ``None``: there is none, or it is damaged."""
        path = self._locate(digest)
        try:
            head, _, text = zlib.decompress(path.read_bytes()).partition(b"\n")
            record = read_text(kind, text, str(path)) if head == digest.encode("ascii") else None
        except (OSError, zlib.error, RecordError):
            return None
        with suppress(OSError):
            os.utime(path)
        return record

    def write(self, digest: str, record: object) -> None:
        """Keep ``record``; once the folder cannot be written, nothing is tried again."""
        if not self._is_writable:
            return
        data = zlib.compress(f"{digest}\n{write_text(record)}".encode("ascii"), 1)
        try:
            write_kept(self._locate(digest), data)
        except OSError:
            self._is_writable = False
            return
        if self._chance.random() * self._most_bytes < len(data) * _ROUNDS:  # processes need not know of each other
            self._remove_oldest()

    def _locate(self, digest: str) -> Path:
        return self.folder / digest[:PREFIX] / digest

    def _remove_oldest(self) -> None:
        total = 0
        for file in sorted(list_kept(self.folder), reverse=True):
            total += file.size
            if total > self._most_bytes * _KEPT_SHARE:
                with suppress(OSError):
                    file.path.unlink()
