"""The passes of a saved run as gates, beside their references."""

import json
from pathlib import Path

import pytest

from pytest_rtlgen import evaluate
from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.evaluation.synthesis import FILE, synthesize_run
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.report.synthesis_text import render_synthesis
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.synthesis.synthesizer import Synthesizer
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
