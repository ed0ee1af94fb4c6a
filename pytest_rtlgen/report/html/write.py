"""The page on disk."""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pytest_rtlgen.errors import StorageError


def write_page(path: Path, pieces: Iterable[str]) -> None:
    """Write the pieces of a page to ``path``, whose folder is made where there is none: all of it or nothing.

    Raises:
        StorageError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("x", encoding="ascii") as file:
            file.writelines(pieces)
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}; choose another file for the page") from error
    finally:
        with suppress(OSError):  # most often it is not there any more
            temporary.unlink()
