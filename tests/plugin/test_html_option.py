"""``--rtlgen-html`` writes the page at the end of the session, whatever came of it, and says where."""

from pathlib import Path

import pytest
from plugin.conftest import Runner

pytestmark = pytest.mark.simulator


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_page_is_written_at_the_end(workers: str, run: Runner, pytester: pytest.Pytester) -> None:
    result = run("--rtlgen-html=out/report.html", "-n", workers)
    result.assert_outcomes(passed=2, failed=1)
    assert result.stdout.str().count("open out/report.html") == 1
    page = (pytester.path / "out" / "report.html").read_text(encoding="ascii")
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>replay:answers on mini</title>" in page
    assert [path.name for path in (pytester.path / "out").iterdir()] == ["report.html"]


def test_an_unmet_requirement_is_in_it(run: Runner, pytester: pytest.Pytester) -> None:
    result = run("--rtlgen-html=report.html", "--rtlgen-require=pass@1>=0.9")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert r"required pass@1\u003e=0.9: NOT met" in (pytester.path / "report.html").read_text()


def test_a_page_that_cannot_be_written_fails_the_session(run: Runner, pytester: pytest.Pytester) -> None:
    (pytester.path / "file").write_text("")
    result = run("--rtlgen-html=file/report.html", "--rtlgen-report-only")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*pass@1*", "not written: file/report.html: cannot be written: *"])
    (found,) = (pytester.path / "runs").iterdir()
    assert (found / "summary.json").is_file(), "the run itself is finished"


def test_where_nothing_is_asked_for_there_is_none(run: Runner, pytester: pytest.Pytester) -> None:
    run()
    assert list(Path(pytester.path).rglob("*.html")) == []
