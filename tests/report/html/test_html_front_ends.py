"""Whatever makes a run or looks at one writes the same page of it."""

import re
from pathlib import Path

import pytest
from support.page_runs import save_page_run

from pytest_rtlgen.cli import main
from pytest_rtlgen.evaluation.evaluate import evaluate

pytestmark = pytest.mark.simulator


def read_page(path: Path) -> str:
    """Return the page without what differs from one writing to the next: the run's folder, and how long it took."""
    return re.sub(r'\["(?:run|started)","[^"]*"\]', "", path.read_text())


def test_check_writes_what_report_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(save_page_run(tmp_path / "runs").path)
    assert main(["check", run, f"--html={tmp_path}/checked.html"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"open {tmp_path}/checked.html"
    assert main(["report", run, f"--html={tmp_path}/reported.html"]) == 0
    assert read_page(tmp_path / "checked.html") == read_page(tmp_path / "reported.html")


def test_evaluate_writes_what_report_writes(tmp_path: Path) -> None:
    found = evaluate(
        "suites/core", "reference:", limit=1, formal="off", out=tmp_path / "runs", html=tmp_path / "a.html"
    )
    assert found.page == tmp_path / "a.html"
    assert main(["report", str(found.path), f"--html={tmp_path}/b.html"]) == 0
    assert read_page(tmp_path / "a.html") == read_page(tmp_path / "b.html")


def test_rescore_writes_the_page_of_the_new_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = evaluate("suites/core", "reference:", limit=1, formal="off", out=tmp_path / "runs")
    capsys.readouterr()
    assert main(["rescore", str(old.path), "--cycles=20", f"--html={tmp_path}/page.html"]) == 0
    (new,) = (path for path in (tmp_path / "runs").iterdir() if path != old.path)
    assert str(new) in (tmp_path / "page.html").read_text()
    assert str(old.path) not in (tmp_path / "page.html").read_text()
