"""Rows of named values out of JSON Lines, a JSON list or Parquet, one after the other."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import SuiteError, ToolError

_BATCH_ROWS = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row."""

    place: str
    """Where it stands, for messages: ``path:line``, or ``path: row N`` where the file has no lines."""
    number: int
    """From 1, rows only: empty lines do not count."""
    values: Mapping[str, object]


def list_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of ``path``, whose name ends in ``.jsonl``, ``.json`` (one list of objects) or ``.parquet``.

    Raises:
        SuiteError: it cannot be read, is cut off, or a row is no object; the message starts with its place.
        ToolError: Parquet, and pyarrow is not installed.
    """
    kinds = {".jsonl": _list_lines, ".json": _list_elements, ".parquet": _list_parquet}
    kind = kinds.get(path.suffix)
    if kind is None:
        raise SuiteError(f"{path}: cannot tell the format; name a file that ends in {', '.join(kinds)}")
    try:
        yield from kind(path)
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read: {error.strerror or error}; check the path") from error


def _list_lines(path: Path) -> Iterator[Row]:
    number = 0
    with path.open("rb") as file:
        for line_number, line in enumerate(file, start=1):
            content = line.removeprefix(_BYTE_ORDER_MARK) if line_number == 1 else line
            if not content.strip():
                continue
            number += 1
            place = f"{path}:{line_number}"
            is_cut = "" if line.endswith(b"\n") else "; the last line has no end: is the file whole?"
            yield Row(place=place, number=number, values=_as_object(_read_json(content.strip(), place, is_cut), place))


def _list_elements(path: Path) -> Iterator[Row]:
    found = _read_json(path.read_bytes().removeprefix(_BYTE_ORDER_MARK), str(path), "")
    if not isinstance(found, list):
        raise SuiteError(f"{path}: not a list; write [{{...}}, {{...}}], or one object a line into a .jsonl file")
    for number, value in enumerate(found, start=1):
        place = f"{path}: row {number}"
        yield Row(place=place, number=number, values=_as_object(value, place))


def _list_parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise ToolError(
            f"{path}: reading Parquet needs pyarrow; pip install pytest-rtlgen[parquet], or convert it to .jsonl"
        ) from error
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(place=f"{path}: row {number}", number=number, values=values)
    except pa.ArrowException as error:
        what = str(error).splitlines()[0].rstrip(".")
        raise SuiteError(f"{path}: not Parquet, or cut off after row {number}: {what}; download it again") from error


def _read_json(content: bytes, place: str, hint: str) -> object:
    try:
        return json.loads(content)
    except UnicodeDecodeError as error:
        raise SuiteError(f"{place}: not UTF-8 at byte {error.start + 1}; save the file in that encoding") from error
    except json.JSONDecodeError as error:
        where = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}"
        raise SuiteError(
            f"{place}: not JSON: {error.msg.removesuffix(' at')} at {where}{hint or '; write one object on one line'}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{place}: not JSON that can be read: {error}") from error


def _as_object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SuiteError(f'{place}: not an object; a row looks like {{"instruction": ..., "reference": ...}}')
    return value
