"""A design in a file, and the files beside it that it loads memories from."""

import re
from pathlib import Path

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import SourceFile


def read_design(path: Path) -> str:
    """Return the text of a file; bytes that are not UTF-8 become U+FFFD.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; check the path") from error


def list_beside(path: Path, text: str) -> tuple[SourceFile, ...]:
    """Return the files in the folder of ``path`` that ``text``, which is its own, may load memories from.

    Raises:
        UsageError: one of them cannot be read.
    """
    quoted = re.findall(r'"([^"\n]+)"', text) if "$readmem" in text else []
    names = dict.fromkeys(re.split(r"[/\\]", name)[-1] for name in quoted)
    there = [name for name in names if name and (path.parent / name).is_file()]
    return tuple(SourceFile(name=name, text=read_design(path.parent / name)) for name in there)
