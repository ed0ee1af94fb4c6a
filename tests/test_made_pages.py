"""Pages that are made from the code say what the code says."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.bench import KEPT, PAGE, write_table
from benchmarks.lines import read_lines

DOCS = Path(__file__).parents[1] / "docs"


def load_pages() -> dict[str, Callable[[], str]]:
    spec = importlib.util.spec_from_file_location("write_pages", DOCS / "write_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pages: dict[str, Callable[[], str]] = module.PAGES
    return pages


@pytest.mark.parametrize("name", ["options.md", "python.md", "schemas.json"])
def test_a_page_is_up_to_date(name: str) -> None:
    assert (DOCS / "reference" / name).read_text() == load_pages()[name](), "run: python docs/write_pages.py"


def test_those_are_all() -> None:
    assert load_pages().keys() == {"options.md", "python.md", "schemas.json"}


def test_the_table_of_measurements_is_that_of_its_json() -> None:
    page = PAGE.read_text()
    assert page == write_table(page, read_lines(KEPT)), "run: python tests/benchmarks/bench.py --write"
