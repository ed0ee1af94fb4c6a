"""Files of the caches: written whole beside other processes, and removed beside them.

A cache is a folder of folders that are named by the first characters of a digest, so that none holds too many files.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.tools.whole_file import replacing

PREFIX = 2
"""Characters of a digest that name a folder."""
_BLOCK = 512
"""Bytes of one block in ``st_blocks``."""
_TRIES = 3
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBERED = re.compile(r"[0-9]+\.json")
_TEMPORARY = re.compile(r"\.(.+)\.[0-9]+\.[0-9a-f]+")
"""As ``replacing`` names it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class KeptFile:
    """One file of a cache; sorts by time."""

    used_at: float
    """Of the last use where the cache records it, else of the writing; seconds since 1970."""
    size: int
    """Bytes on disk."""
    path: Path


def write_kept(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all; its folders are made, also where another process removes them.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    for tries in range(_TRIES):
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replacing(path) as temporary:
                temporary.write_bytes(data)
        except FileNotFoundError:
            if tries == _TRIES - 1:
                raise
        else:
            return


def list_kept(folder: Path, *, is_nested: bool = False) -> Iterator[KeptFile]:
    """Yield the files of a cache, those that a killed writer left too, and nothing else that lies in ``folder``.

    ``is_nested``: a digest names a folder of numbered files, not a file.
    """
    for place in folder.glob(f"{'[0-9a-f]' * PREFIX}/*"):
        name = _strip(place.name)
        if _DIGEST.fullmatch(name) and name.startswith(place.parent.name):
            with suppress(OSError):  # another process removed it
                yield from _list_numbered(place) if is_nested else (_look_at(place),)


def _list_numbered(folder: Path) -> Iterator[KeptFile]:
    for path in folder.glob("*.json*"):
        if _NUMBERED.fullmatch(_strip(path.name)):
            with suppress(OSError):
                yield _look_at(path)


def _look_at(path: Path) -> KeptFile:
    found = path.lstat()
    return KeptFile(used_at=found.st_mtime, size=max(found.st_size, found.st_blocks * _BLOCK), path=path)


def _strip(name: str) -> str:
    """Return the name that a temporary file is to have; any other ``name`` as it is."""
    temporary = _TEMPORARY.fullmatch(name)
    return temporary[1] if temporary else name


def remove_kept(files: Iterable[KeptFile], folder: Path) -> None:
    """Remove ``files`` of the cache ``folder``, and each folder below it that becomes empty.

    Raises:
        OSError: one cannot be removed; those before it are.
    """
    for file in files:
        file.path.unlink(missing_ok=True)
        for parent in file.path.parents:
            if parent == folder or not _remove_empty(parent):
                break


def _remove_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:  # it holds something, or is gone
        return False
    return True
