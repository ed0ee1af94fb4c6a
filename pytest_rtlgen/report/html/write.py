"""The page on disk."""

from collections.abc import Iterable
from pathlib import Path

from pytest_rtlgen.errors import StorageError
from pytest_rtlgen.tools.whole_file import replacing


def write_page(path: Path, pieces: Iterable[str]) -> None:
    """Write the pieces of a page to ``path``, whose folder is made where there is none: all of it or nothing.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("x", encoding="ascii") as file:
            file.writelines(pieces)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}; choose another file for the page") from error
