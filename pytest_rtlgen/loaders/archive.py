"""Unpack a downloaded archive that may be cut off or hostile."""

import gzip
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from pytest_rtlgen.errors import SuiteError

SUFFIXES = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar")
MOST_BYTES = 2 << 30
MOST_FILES = 100_000
_CHUNK_BYTES = 1 << 20
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, OSError, NotImplementedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """One regular file of an archive."""

    name: str
    stream: IO[bytes]


def unpack_archive(path: Path, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Write the files of ``path`` into ``folder``, which must not exist.

    Raises:
        SuiteError: it is cut off or broken, unpacks to more than ``most_bytes``, or holds what is neither a file nor a
            folder inside it, such as a link or ``../name``. Files before that are written.
    """
    list_members = _list_zip if path.name.endswith(".zip") else _list_tar
    left = most_bytes
    try:
        for number, member in enumerate(list_members(path), start=1):
            left -= _write_member(member.stream, folder / _check_name(path, member.name), left)
            if left < 0 or number > MOST_FILES:
                size = f"{most_bytes >> 20} MiB or {MOST_FILES} files"
                raise SuiteError(f"{path}: unpacks to more than {size}; unpack it by hand")
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise SuiteError(f"{path}: cannot be unpacked: {error.strerror}: {error.filename}") from error
        what = str(error) or type(error).__name__
        raise SuiteError(f"{path}: cut off or broken ({what}); download it again") from error
    folder.mkdir(exist_ok=True)


def _write_member(stream: IO[bytes], target: Path, most_bytes: int) -> int:
    """Write ``target``, and stop after ``most_bytes``; return the bytes that were there, at most one chunk more."""
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with target.open("xb") as file:
        while size <= most_bytes and (chunk := stream.read(_CHUNK_BYTES)):
            size += len(chunk)
            file.write(chunk)
    return size


def unwrap(folder: Path) -> Path:
    """Return the one folder that ``folder`` holds, as archives of a repository have it, else ``folder``."""
    found = list(folder.iterdir())
    return found[0] if len(found) == 1 and found[0].is_dir() else folder


def _check_name(path: Path, name: str) -> PurePosixPath:
    inner = PurePosixPath(name)
    if inner.is_absolute() or ".." in inner.parts or "\\" in name or "\0" in name or not inner.parts:
        raise SuiteError(f"{path}: holds {name!r}, which leads out of the archive; get it from elsewhere")
    return inner


def _list_zip(path: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refuse(path, info.filename)
            if info.flag_bits & 1:
                raise SuiteError(f"{path}: {info.filename!r} is encrypted; unpack it by hand")
            if not info.is_dir():
                with archive.open(info) as stream:
                    yield _Member(name=info.filename, stream=stream)


def _list_tar(path: Path) -> Iterator[_Member]:
    with _open_tar(path) as whole, tarfile.open(fileobj=whole, mode="r:") as archive:
        for info in archive:
            if not info.isfile() and not info.isdir():
                raise _refuse(path, info.name)
            stream = archive.extractfile(info)
            if info.isfile() and stream is not None:
                with closing(stream):
                    yield _Member(name=info.name, stream=stream)
        left = MOST_BYTES  # only at its very end does a compressed stream show that it is whole
        while left > 0 and (chunk := whole.read(_CHUNK_BYTES)):
            left -= len(chunk)


def _open_tar(path: Path) -> IO[bytes]:
    if path.name.endswith((".gz", ".tgz")):
        return cast("IO[bytes]", gzip.open(path))
    return cast("IO[bytes]", lzma.open(path)) if path.name.endswith(".xz") else path.open("rb")


def _refuse(path: Path, name: str) -> SuiteError:
    return SuiteError(f"{path}: {name!r} is neither a file nor a folder, such as a link; unpack it by hand")


def copy_tree(source: Path, target: Path) -> None:
    """Copy a file, or a folder without links and ``.git``; permissions are not kept."""
    if not source.is_dir():
        shutil.copyfile(source, target)
        return
    for name, folders, files in os.walk(source):
        folders[:] = [folder for folder in folders if folder != ".git"]
        here, there = Path(name), target / Path(name).relative_to(source)
        there.mkdir()
        for file in files:
            if (here / file).is_file() and not (here / file).is_symlink():
                shutil.copyfile(here / file, there / file)
