"""Saved runs over time: what is listed, what is left out, and the two plots."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from support.page_runs import save_page_run

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.evaluation.run_history import read_history
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.records import Estimate
from pytest_rtlgen.report.history import HistoryRow, render_history, render_svg


def row(run: str, value: float, half: float = 0.1, *, suite: str = "core", model: str = "openai:m") -> HistoryRow:
    score = Estimate(value=value, low=max(0.0, value - half), high=min(1.0, value + half))
    return HistoryRow(
        run=run, started_at="2026-11-30T06:00:00Z", suites=((suite, "d"),), model=model, n=20, k=1, pass_at_k=score
    )


def test_a_table_and_a_plot_fit_the_terminal() -> None:
    names = ("20261130T164741Z-4c96bb", "step-4000-with-a-very-long-name", "c")
    text = render_history(
        [
            row(name, value, model="openai:a-long-name-of-a-model")
            for name, value in zip(names, (0, 0.5, 1), strict=True)
        ]
    )
    assert all(len(line) <= 80 for line in text.splitlines())
    *_, low, middle, high = text.splitlines()
    assert low.endswith(f"  |o----]{' ' * 45}|")
    assert middle.endswith(f"  |{' ' * 20}[----o----]{' ' * 20}|")
    assert high.endswith("[----o|")


def test_runs_on_other_suites_are_told_apart() -> None:
    text = render_history([row("a", 0.2), row("b", 0.3, suite="verilog-eval-v2")])
    assert "the suites, or their digests, differ" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "differ" not in render_history([row("a", 0.2), row("b", 0.3)])


def test_nothing_is_said_plainly() -> None:
    assert render_history([]) == "no finished run"
    assert ET.fromstring(render_svg([])).get("aria-label") == "no run"


def test_the_drawing_is_one_file_and_a_name_is_no_markup() -> None:
    drawn = ET.fromstring(render_svg([row("a", 0.25), row("<b>&\x1b[31m", 0.75)]))
    space = "{http://www.w3.org/2000/svg}"
    circles = [float(circle.get("cy", "")) for circle in drawn.iter(f"{space}circle")]
    assert circles == [196.0, 76.0]  # of 16 … 256, from the top
    titles = [title.text for title in drawn.iter(f"{space}title")]
    assert titles[1] is not None
    assert titles[1].startswith("<b>&\\x1b[31m: openai:m, n=20")
    assert "href" not in ET.tostring(drawn, encoding="unicode")


def test_finished_runs_are_listed_and_the_others_named(tmp_path: Path) -> None:
    store = save_page_run(tmp_path)
    store.write_summary(summarize(store.header.problems, store.read_run().samples, (1,)))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    found = read_history(tmp_path, 1)
    assert [one.run for one in found.rows] == [store.path.name]
    assert len(found.left_out) == 1
    assert "broken" in found.left_out[0]
    assert f"{store.path}: has no pass@7" in read_history(tmp_path, 7).left_out
    assert read_history(tmp_path, 1, suite="other").rows == ()
    assert read_history(tmp_path, 1, model=store.header.settings.model).rows == found.rows
    (store.path / "summary.json").unlink()
    assert f"{store.path}: unfinished" in read_history(tmp_path, 1).left_out
    with pytest.raises(RecordError, match="no such folder"):
        read_history(tmp_path / "absent", 1)
