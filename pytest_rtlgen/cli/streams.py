"""What the commands read and write: text from files, lines to people, progress."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from pytest_rtlgen.errors import RtlgenError, StorageError, UsageError
from pytest_rtlgen.verilog.design_file import read_design
from pytest_rtlgen.version import SCHEMA_VERSION

STDIN = "-"
"""Path that stands for standard input."""


def read_text(path: str) -> str:
    """Return the text of a file, or of standard input for ``-``; bytes that are not UTF-8 become U+FFFD.

    Raises:
        UsageError: the file cannot be read.
    """
    if path != STDIN:
        return read_design(Path(path))
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig", "replace")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; check the path") from error


def show_name(path: str) -> str:
    """Return how messages name ``path``."""
    return "<stdin>" if path == STDIN else path


def write_file(path: Path, text: str) -> None:
    """Write ``text`` as the whole of a file that an option names.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror}; check the path and its permissions"
        ) from error


class OutputLostError(RtlgenError):
    """Standard output takes nothing more; the cause is the ``OSError``."""


def write_json(document: Mapping[str, object]) -> None:
    """Write ``document`` with its version as one line of JSON, as ``docs/reference/json.md`` describes it.

    Raises:
        OutputLostError: it cannot be written.
    """
    write_out(json.dumps({"schema_version": SCHEMA_VERSION, **document}, allow_nan=False))


def write_out(text: str) -> None:
    """Write ``text`` and a newline to standard output, at once.

    Raises:
        OutputLostError: they cannot be written.
    """
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        raise OutputLostError(f"standard output: {error.strerror}") from error
