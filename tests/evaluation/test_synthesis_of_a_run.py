"""The passes of a saved run as gates, beside their references."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_rtlgen import evaluate
from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.cli import main
from pytest_rtlgen.errors import RecordError, ToolError
from pytest_rtlgen.evaluation.synthesis import FILE, _score, estimate_ppa, read_rows, synthesize_run
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Status
from pytest_rtlgen.report.synthesis_text import render_synthesis
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.synthesis.rows import SynthesisRow, compare_sample
from pytest_rtlgen.synthesis.synthesizer import GateFigures, Synthesized, Synthesizer
from pytest_rtlgen.tools.sandbox import choose_sandbox

pytestmark = pytest.mark.simulator
REFERENCE = "module pick (input s, input a, input b, output y);\n  assign y = s ? a : b;\nendmodule\n"
LARGER = REFERENCE.replace("s ? a : b", "(s & a) | (~s & b) | (a & b & s)")
LATCHED = REFERENCE.replace("output y", "output reg y").replace(
    "assign y = s ? a : b;", "reg q; always @* begin if (s) q = a; y = s ? a : b; end"
)
WRONG = REFERENCE.replace("a : b", "b : a")


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    suite = tmp_path / "suite"
    (suite / "pick").mkdir(parents=True)
    (suite / "suite.toml").write_text('format = 1\nname = "one"\ntitle = "One"\n')
    (suite / "pick/problem.toml").write_text('title = "P"\ncategory = "gates"\ndifficulty = "easy"\n')
    (suite / "pick/prompt.md").write_text("Write pick.\n")
    (suite / "pick/reference.sv").write_text(REFERENCE)
    for index, text in enumerate((REFERENCE, LARGER, WRONG, LATCHED)):
        (tmp_path / "answers/pick").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"answers/pick/{index}-answer.md").write_text(f"```verilog\n{text}```\n")
    report = evaluate(suite, model=f"replay:{tmp_path / 'answers'}", n=4, out=tmp_path / "runs", formal=FormalMode.OFF)
    return RunStore.open(Path(report.path))


def test_passes_are_measured_by_their_reference(store: RunStore) -> None:
    with Checker(CheckSettings(formal=FormalMode.OFF)) as checker:
        synthesizer = Synthesizer(sandbox=choose_sandbox(checker.settings.sandbox))
        (row,) = rows = synthesize_run(store, checker, synthesizer, Watcher())
    assert [sample.index for sample in row.samples] == [0, 1, 3]
    same, larger, latched = row.samples
    assert (same.area_ratio, same.depth_ratio) == (1.0, 1.0)
    assert row.reference.figures == same.synthesized.figures
    assert larger.synthesized.figures is not None
    assert latched.synthesized.figures is not None
    text = render_synthesis(rows)
    assert "3 passes of 1 problems" in text
    assert all(len(line) <= 80 for line in text.splitlines()[:3])
    saved = json.loads((store.path / FILE).read_text())
    assert [sample["index"] for sample in saved["problems"][0]["samples"]] == [0, 1, 3]


def test_a_run_may_synthesize_at_its_end_and_every_report_shows_it(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    root = store.path.parents[1]
    report = evaluate(
        root / "suite",
        model=f"replay:{root / 'answers'}",
        n=4,
        out=root / "again",
        formal=FormalMode.OFF,
        synth=True,
        html=root / "page.html",
    )
    (row,) = report.synthesis
    assert [sample.index for sample in row.samples] == [0, 1, 3]
    assert "3 passes of 1 problems; median to the reference" in str(report)
    assert main(["report", str(report.path), f"--html={root}/later.html"]) == 0
    assert "3 passes of 1 problems; median to the reference" in capsys.readouterr().out
    assert "3 passes of 1 problems" in (root / "page.html").read_text()
    assert "3 passes of 1 problems" in (root / "later.html").read_text()


def test_the_estimate_counts_what_does_not_pass_as_nothing(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_rows(store) == ()
    assert main(["synth", str(store.path), "--ppa-estimate"]) == 0
    *_, printed, meaning = capsys.readouterr().out.splitlines()
    (row,) = read_rows(store)
    worths = [2 - (min(2, one.area_ratio or 0) + min(2, one.depth_ratio or 0)) / 2 for one in row.samples]
    expected = sum(worths) / 4
    assert 0 < expected < 1
    found = estimate_ppa(store, read_rows(store))
    assert found is not None
    assert found.value == pytest.approx(expected)
    assert printed.startswith(f"PPA-style estimate: {expected:.3f} [")
    assert "no power" in meaning


@pytest.mark.parametrize("text", ["", "{}", '{"problems": [{"suite": 1}]}', "[]"])
def test_a_file_that_is_no_synthesis_is_an_error_of_one_line(store: RunStore, text: str) -> None:
    (store.path / FILE).write_text(text)
    with pytest.raises(RecordError, match=FILE) as caught:
        read_rows(store)
    assert "\n" not in str(caught.value)


def test_what_no_longer_passes_is_shown_no_more(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth", str(store.path)]) == 0
    for key, result in store.read_results().items():
        if key.index:
            store.append_late(replace(result, verdict=replace(result.verdict, status=Status.MISMATCH)))
    capsys.readouterr()
    assert main(["report", str(store.path)]) == 0
    assert "1 passes of 1 problems; median to the reference: area 1.00, depth 1.00" in capsys.readouterr().out


def test_where_the_synthesis_fails_the_run_is_reported_without_it(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ToolError("pyosys is not installed")

    monkeypatch.setattr("pytest_rtlgen.evaluation.synthesis.synthesize_run", fail)
    root = store.path.parents[1]
    report = evaluate(root / "suite", model="reference:", out=root / "again", formal=FormalMode.OFF, synth=True)
    assert report.synthesis == ()
    assert report.summary.passed == 1
    assert "not synthesized: pyosys is not installed" in capsys.readouterr().err


def test_a_cost_where_the_reference_has_none_is_worth_nothing() -> None:
    free = Synthesized(figures=GateFigures(cells=0, flip_flops=0, latches=0, depth=0, area=0.0))
    dear = Synthesized(figures=GateFigures(cells=9, flip_flops=0, latches=0, depth=4, area=9.0))
    samples = tuple(compare_sample(index, found, free) for index, found in enumerate((free, dear)))
    row = SynthesisRow(suite="one", problem_id="wire", reference=free, samples=samples)
    assert _score(row) == 1.0
