"""pyverilog's data flow as a second reading of slices: agreement, doubts, and texts that it does not read."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from training.test_preferences import RIGHT, TWO, X_WRONG, fence, make_run, sample, verdict

from pytest_rtlgen.cli import main
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training.signals.preferences import PairRules, build_pairs
from pytest_rtlgen.training.signals.second_reading import SecondReading
from pytest_rtlgen.verilog.slicing import slice_outputs

CLOCKED = """\
`define WIDTH 2
module m(input clk, input rst, input [`WIDTH-1:0] d, input idle, output reg [1:0] q, output y);
  // `include "nothing.v"
  always @(posedge clk or posedge rst) if (rst) q <= 0; else q <= d;
  assign y = ^d;
endmodule
"""


@pytest.fixture(scope="module")
def second() -> Iterator[SecondReading]:
    with SecondReading(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1) as made:
        yield made


def test_the_two_readings_agree_on_clocks_resets_and_macros(second: SecondReading) -> None:
    found = second.read(CLOCKED, "m")
    assert found is not None
    assert found.theirs == found.ours == {"q": ["clk", "d", "rst"], "y": ["d"]}


@pytest.mark.parametrize(
    "text",
    [
        "module m(input a, output y);\n  typedef logic one;\n  one s;\n  assign s = a, y = s;\nendmodule\n",
        "module m(input a, output y); nonsense endmodule",
        "module m(input \\a.b , output y);\n  assign y = \\a.b ;\nendmodule\n",  # an escaped name
        "",
        f"module m(input a, output y);\n  assign y = {'(' * 3000}a{')' * 3000};\nendmodule\n",
    ],
)
def test_what_one_of_them_does_not_read_is_counted_and_puts_nothing_in_doubt(second: SecondReading, text: str) -> None:
    before = second.counts["not read"]
    assert second.find_doubts(text, "m") == {}
    assert second.counts["not read"] == before + 1
    assert second.read(CLOCKED, "m") is not None  # nor does it harm the next


def test_a_pair_in_doubt_is_dropped_with_the_inputs_that_are_in_doubt() -> None:
    samples = (sample(0, fence(RIGHT), verdict(x=0, y=0)), sample(1, fence(X_WRONG), verdict(x=7, y=0)))

    def find_doubts(source: str, top: str) -> Mapping[str, str]:
        assert top == "two"
        return {"x": "clk, c"} if "a ^ b" in source else {}

    report = build_pairs(TWO, render_prompt(TWO), samples, slice_outputs, PairRules(find_doubts=find_doubts))
    assert report.pairs == ()
    (dropped,) = report.dropped
    assert dropped.reason == "the rejected answer depends on more inputs in pyverilog's reading: x (clk, c)"


def test_the_command_says_on_what_the_readings_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = make_run(tmp_path / "runs"), tmp_path / "pairs.jsonl"
    assert main(["preferences", str(run), "--out", str(out), "--cross-check", "pyverilog", "--jobs", "1"]) == 0
    assert capsys.readouterr().out == (
        "1 pairs of 1 problems, 0 dropped\n"
        "  chosen answers: 1 pass as a whole, 0 are right in part\n"
        "pyverilog: 2 texts read, 0 not; of 4 outputs 4 depend on the same inputs, 0 on more than our slices hold\n"
    )


def test_without_pyverilog_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_rtlgen.training.signals.second_reading.find_spec", lambda _: None)
    with pytest.raises(ToolError, match="pip install"):
        SecondReading(sandbox=choose_sandbox(SandboxMode.OFF), jobs=1)
