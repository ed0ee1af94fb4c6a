"""Designs to start from: a folder of Verilog files, or rows with a design each."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.references import REFERENCE_FIELDS, take_design
from pytest_rtlgen.loaders.rows import list_rows
from pytest_rtlgen.training.roundtrip.records import CorpusItem

_SUFFIXES = {".v", ".sv"}
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST = 80


def read_corpus(path: Path) -> tuple[CorpusItem, ...]:
    """Return the designs at ``path`` in a fixed order; of equal texts only the first.

    A folder holds ``.v`` and ``.sv`` files at any depth, one design each. A ``.jsonl``, ``.json`` or ``.parquet`` file
    holds one a row, in the first of the fields that training references have it in, with ``problem_id`` and ``top``
    where stated.

    Raises:
        SuiteError: nothing is there, or a row holds no design; the message starts with its place.
    """
    found = dict.fromkeys(_list_files(path) if path.is_dir() else _list_items(path))
    seen: set[str] = set()
    items = [item for item in found if not (item.name in seen or seen.add(item.name))]  # type: ignore[func-returns-value]
    if not items:
        raise SuiteError(f"{path}: holds no design; name a folder with .v or .sv files, or a file of rows")
    return tuple(items)


def _list_files(folder: Path) -> Iterator[CorpusItem]:
    for file in sorted(folder.rglob("*")):
        if file.suffix not in _SUFFIXES or not file.is_file():
            continue
        try:
            text = file.read_bytes().decode("utf-8-sig", "replace")
        except OSError as error:
            raise SuiteError(f"{file}: cannot be read: {error.strerror}; check its permissions") from error
        yield _make_item(str(file.relative_to(folder).with_suffix("")), text, "")


def _list_items(path: Path) -> Iterator[CorpusItem]:
    for row in list_rows(path):
        text = next((row.values[field] for field in REFERENCE_FIELDS if row.values.get(field) is not None), None)
        top = row.values.get("top") or ""
        if not isinstance(text, str) or not isinstance(top, str):
            raise SuiteError(f"{row.place}: no design; a row has one of {', '.join(REFERENCE_FIELDS)} as text")
        yield _make_item(str(row.values.get("problem_id") or f"row{row.number:06d}"), take_design(text), top)


def _make_item(name: str, source: str, top: str) -> CorpusItem:
    digest = hashlib.sha256(f"{top}\n{source}".encode("utf-8", "replace")).hexdigest()[:10]
    return CorpusItem(name=f"{_ODD.sub('-', name).strip('.-')[-_LONGEST:]}-{digest}", source=source, top=top)
