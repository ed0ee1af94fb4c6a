"""What holds for every slice; the constructs stand in ``test_slicing_constructs``."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from builders import problem
from support.checkers import SharedChecker
from support.foreign_slices import compare_cones
from support.keep_spans import keep_only
from verilog.test_slicing_constructs import CASES, read_case

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode, SandboxMode
from pytest_rtlgen.records import Problem, Trace
from pytest_rtlgen.simulators import SimulationJob
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.verilog.slicing import Span, slice_outputs, trace_outputs

CORE = Path(__file__).parents[2] / "suites" / "core"
HOSTILE = Path(__file__).parents[2] / "fixtures" / "hostile"
EVERY = 7
REFUSED = {"interface", "return and break", "unknown module"}
"""Constructs that Icarus 11 does not take."""
UNCUT = {"instances in a row", "gates"}
"""Constructs of which nothing can be cut on its own."""
TWO = """\
module m (input a, b, output y, z);
  assign y = a;
  assign z = b;
endmodule
"""


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(formal=FormalMode.OFF, cycles=48))


def play(checker: Checker, item: Problem, source: str) -> Trace | None:
    reference = checker.prepare(item)
    job = SimulationJob(source=source, interface=reference.interface, stimulus=reference.stimulus)
    return checker.simulator.simulate(job).trace


def cut_output(trace: Trace, name: str) -> list[bytes]:
    at = sum(port.width for port in trace.outputs[: [port.name for port in trace.outputs].index(name)])
    width = next(port.width for port in trace.outputs if port.name == name)
    return [trace.rows[row + at : row + at + width] for row in range(0, len(trace.rows), trace.width)]


def list_changed(checker: Checker, item: Problem, source: str) -> set[str]:
    """Return the outputs that ``source`` has otherwise than the reference, in any step."""
    expected, actual = play(checker, item, item.reference.text), play(checker, item, source)
    assert expected is not None
    assert actual is not None, source
    return {port.name for port in expected.outputs if cut_output(expected, port.name) != cut_output(actual, port.name)}


@pytest.mark.simulator
@pytest.mark.parametrize(("name", "output"), [key for key in CASES if key[0] not in REFUSED])
def test_an_output_does_the_same_without_all_that_lies_outside(checker: Checker, name: str, output: str) -> None:
    text, spans = read_case(CASES[name, output])
    cut = keep_only(text, spans)
    assert (cut != text) == (name not in UNCUT)
    assert output not in list_changed(checker, problem(text, "m"), cut)


@pytest.mark.simulator
def test_the_cut_is_noticed_where_a_span_is_missing(checker: Checker) -> None:
    cut = keep_only(TWO, slice_outputs(TWO, "m")["z"])
    assert list_changed(checker, problem(TWO, "m"), cut) == {"y"}


@pytest.mark.simulator
@pytest.mark.parametrize("item", load_suite(str(CORE)).problems[::EVERY], ids=lambda item: item.problem_id)
def test_core_outputs_do_the_same_without_all_that_lies_outside(checker: Checker, item: Problem) -> None:
    text = item.reference.text
    for output, spans in slice_outputs(text, item.reference_top).items():
        assert output not in list_changed(checker, item, keep_only(text, spans))


@pytest.mark.parametrize("item", load_suite(str(CORE)).problems, ids=lambda item: item.problem_id)
def test_spans_are_sorted_apart_and_trimmed(item: Problem) -> None:
    text = item.reference.text
    for spans in slice_outputs(text, item.reference_top).values():
        assert spans
        for span in spans:
            assert text[span.start : span.stop] == text[span.start : span.stop].strip() != ""
        for before, after in pairwise(spans):
            assert text[before.stop : after.start].strip()


def test_offsets_count_characters() -> None:
    text = "module m(input a, output y);\n// é ∀ 𝄞\nassign y = a; // ü\nendmodule"
    spans = slice_outputs(text, "m")["y"]
    assert [text[span.start : span.stop] for span in spans] == ["input a", "output y", "assign y = a;"]


def test_windows_line_ends() -> None:
    text = TWO.replace("\n", "\r\n")
    assert [text[span.start : span.stop] for span in slice_outputs(text, "m")["y"]] == [
        "input a",
        "output y",
        "assign y = a;",
    ]


@pytest.mark.parametrize(
    ("body", "inputs"),
    [
        ("assign y = a;", {"a"}),
        ("assign y = 0;", set()),
        ("reg r; always @(posedge clk) r <= a; assign y = r;", {"a", "clk"}),
        ("reg r; always @(posedge clk) if (b) r <= a; assign y = r;", {"a", "b", "clk"}),
        ("wire g = clk & b; reg r; always @(posedge g) r <= a; assign y = r;", {"a", "b", "clk"}),
        ("reg [3:0] r; always @* r[b] = a; assign y = r[0];", {"a", "b"}),
        ("assign {y, z} = a + b;", {"a", "b"}),
        ("reg r [0:1]; always @(posedge clk) r[0] <= c; assign y = r[a], z = r[b];", {"a", "c", "clk"}),
    ],
)
def test_inputs_that_an_output_depends_on(body: str, inputs: set[str]) -> None:
    text = f"module m(input clk, a, b, c, output y, z); {body} endmodule"
    assert trace_outputs(text, "m")["y"] == inputs


def test_ports_of_a_memory_stay_apart_in_yosys_cones_too() -> None:
    item = next(item for item in load_suite(str(CORE)).problems if item.problem_id == "regfile_2r1w_8x8")
    faults: list[str] = []
    assert compare_cones([item], faults)["the same"] == 2
    assert faults == []


def test_an_inout_port_counts_as_an_output() -> None:
    text = "module m(inout p, input a, e, output y); assign p = e ? a : 1'bz; assign y = p; endmodule"
    assert trace_outputs(text, "m") == {"p": {"p", "a", "e"}, "y": {"p", "a", "e"}}


def test_a_long_chain_of_else_if() -> None:
    chain = "\n".join(f"else if (a == {number}) y = {number % 7};" for number in range(1, 600))
    text = f"module m(input [15:0] a, output reg [2:0] y);\nalways @* if (a == 0) y = 0;\n{chain}\nendmodule"
    spans = slice_outputs(text, "m")["y"]
    assert text[spans[-1].start : spans[-1].stop].endswith("else if (a == 599) y = 4;")


def test_a_long_sum() -> None:
    text = f"module m(input [9:0] a, b, output [9:0] y); assign y = b{' + a' * 900}; endmodule"
    assert trace_outputs(text, "m")["y"] == {"a", "b"}


def test_statements_nested_too_deeply() -> None:
    text = f"module m(input a, output reg y); always @* {'begin ' * 500} y = a; {'end ' * 500} endmodule"
    with pytest.raises(BadReferenceError, match="too deeply nested to be sliced; split it up"):
        slice_outputs(text, "m")


@pytest.mark.parametrize(
    "body",
    [
        "always @(posedge clk) begin q = missing(a); y = q; end",
        "assign q = missing(a); always @* y = q;",
        "function f(input v); begin f = missing(v); y = f; end endfunction always @(posedge clk) q = f(a);",
        "task t; y = missing(a); endtask always @(posedge clk) t;",
    ],
)
def test_all_names_count_in_what_cannot_be_read(body: str) -> None:
    text = f"module m(input clk, a, b, output reg y); reg q; {body} endmodule"
    assert "a" in trace_outputs(text, "m")["y"]


def test_many_texts_one_after_another() -> None:
    """A symbol of pyslang that outlived its compilation would abort the process here."""
    for number in range(300):
        text = f"module m(input a, output y); wire w{number} = a; assign y = w{number}; endmodule"
        assert len(slice_outputs(text, "m")["y"]) == 3


def test_text_that_does_not_parse() -> None:
    with pytest.raises(BadReferenceError, match=r"line 2: .*; slice only what compiles"):
        slice_outputs("module m(output y);\nassign y = ;\nendmodule", "m")


def test_module_that_is_not_there() -> None:
    with pytest.raises(BadReferenceError, match="no module 'top' in the text; name the right one as top"):
        slice_outputs(TWO, "top")


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    found = Reader(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1)
    yield found
    found.close()


def test_reader_returns_what_slice_outputs_returns(reader: Reader) -> None:
    assert reader.slice(TWO, "m") == slice_outputs(TWO, "m")


def test_reader_says_nothing_of_what_does_not_parse(reader: Reader) -> None:
    assert reader.slice("module m(", "m") is None
    assert reader.slice(TWO, "m")


@pytest.mark.slow
def test_reader_outlives_text_that_never_ends(reader: Reader) -> None:
    text = """\
module m(input a, output y);
  function integer f(input integer n); f = n < 2 ? n : f(n - 1) + f(n - 2); endfunction
  sub #(0) u (a, y);
endmodule
module sub #(parameter D = 0) (input p, output x);
  wire n, o;
  assign x = n ^ o;
  if (D < 40) begin : g
    sub #(D + 1) u (p, n);
    sub #(D + 1) v (p, o);
  end
endmodule
"""
    assert reader.slice(text, "m") is None
    assert reader.slice(TWO, "m") == {
        "y": (Span(10, 17), Span(22, 30), Span(38, 51)),
        "z": (Span(10, 15), Span(19, 20), Span(22, 28), Span(32, 33), Span(54, 67)),
    }
