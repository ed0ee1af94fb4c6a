"""A file that is there whole or not at all, also beside other processes that read or write it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield the path to write to, in the same folder: what is there in the end takes the place of ``path`` at once.

    Whatever is raised within, ``path`` stays as it is and nothing else is left.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "notes.txt") as temporary:
    ...         _ = temporary.write_text("all of it")
    ...     [file.name for file in Path(folder).iterdir()]
    ['notes.txt']

    Raises:
        OSError: it cannot take that place.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        with suppress(OSError):  # most often it is not there any more
            temporary.unlink()
