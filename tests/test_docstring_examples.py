"""Each public name shows a short example in its docstring, and the example is true."""

import doctest
import importlib
from pathlib import Path

import pytest

import pytest_rtlgen

ROOT = Path(__file__).parent.parent
NAMES = [name for name in pytest_rtlgen.__all__ if name != "__version__"]
PACKAGE = ROOT / "pytest_rtlgen"
SHOWING = [
    path.relative_to(PACKAGE)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8") and "inside_" not in str(path)
]
SIMULATED = {"Checker", "Reward", "RunReport", "check_source", "evaluate"}


def find_example(name: str) -> doctest.DocTest:
    """Return the examples in the docstring of a public name, which may use all the others."""
    public = {other: getattr(pytest_rtlgen, other) for other in NAMES}
    docstring = public[name].__doc__
    return doctest.DocTestParser().get_doctest(docstring, public, name, None, None)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.simulator if name in SIMULATED else ()) for name in NAMES]
)
def test_a_public_name_has_an_example_that_is_true(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("fixtures", "suites"):  # runs are written where they are made
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    example = find_example(name)
    assert example.examples
    found: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=found.append)
    assert found == []


@pytest.mark.parametrize("path", SHOWING, ids=str)
def test_so_is_every_other_example(path: Path) -> None:
    module = importlib.import_module(".".join(("pytest_rtlgen", *path.with_suffix("").parts)).removesuffix(".__init__"))
    public = {name: getattr(pytest_rtlgen, name) for name in NAMES}
    found: list[str] = []
    for example in doctest.DocTestFinder().find(module, extraglobs=public):
        if example.name.rpartition(".")[2] not in NAMES:
            doctest.DocTestRunner(verbose=False).run(example, out=found.append)
    assert found == []
