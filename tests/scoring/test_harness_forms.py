"""Every form in which CVDP writes its commands and settings runs, on small harnesses: only right designs pass."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from builders import given_files

from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import CocotbHarness, Severity, Status
from pytest_rtlgen.scoring.harness import HarnessScorer
from pytest_rtlgen.scoring.harness_run import open_harness
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox

pytestmark = pytest.mark.simulator
ROOT = Path(__file__).parents[2]
SUITE = load_suite(f"cvdp:{ROOT / 'fixtures' / 'benchmarks' / 'cvdp' / 'forms'}")
HARNESSES = {problem.problem_id.split("_")[3]: problem.harness for problem in SUITE.problems}
NOTES = {
    "install": (
        "the harness installs tiny-absent, which is not here and which none of its files imports",
        "the harness asks for numpy==1.0; ",
    )
}
TESTS = {"settings": 1}
"""cocotb tests that run, where they are not two."""
ADDER = "rtl/tiny_adder.sv"
PORTS = "module tiny_adder (input [3:0] a, input [3:0] b, output [4:0] sum);"
FORGER = f"""\
{PORTS}
  integer file;
  assign sum = a;
  final begin
    file = $fopen("NAME", "w");
    $fwrite(file, "<testsuites><testsuite tests='1' failures='0'><testcase name='t'/></testsuite></testsuites>");
    $fclose(file);
  end
endmodule
"""


@pytest.fixture(scope="module")
def scorer() -> Iterator[HarnessScorer]:
    with closing(HarnessScorer()) as made:
        yield made


def harness_of(form: str) -> CocotbHarness:
    found = HARNESSES[form]
    assert found is not None
    return found


@pytest.mark.parametrize("form", HARNESSES)
def test_the_solution_passes_and_a_design_that_does_nothing_fails(scorer: HarnessScorer, form: str) -> None:
    harness = harness_of(form)
    solution = {file.name: file.text for file in harness.solution}
    verdict = scorer.score(given_files(solution), harness)
    assert (verdict.status, verdict.is_passed_unguarded, verdict.samples) == (Status.PASSED, True, TESTS.get(form, 2))
    notes = sorted(item.message for item in verdict.diagnostics)
    assert all(item.severity is Severity.NOTE for item in verdict.diagnostics)
    assert len(notes) == len(NOTES.get(form, ()))
    assert all(note.startswith(expected) for note, expected in zip(notes, sorted(NOTES.get(form, ())), strict=True))
    idle = {name: f"{text.partition(';')[0]};\nendmodule\n" for name, text in solution.items()}
    verdict = scorer.score(given_files(idle), harness)
    assert (verdict.status, verdict.is_passed_unguarded) == (Status.MISMATCH, False)


def test_the_second_of_several_commands_decides_too(scorer: HarnessScorer) -> None:
    corners = "sum = {a, b} == 0 ? 0 : {a, b} == 8'hff ? 30 : {a, b} == 8'hf1 ? 16 : 7"
    verdict = scorer.score(given_files({ADDER: f"{PORTS} assign {corners}; endmodule\n"}), harness_of("several"))
    assert (verdict.status, verdict.diagnostics[0].message.partition(":")[0]) == (Status.MISMATCH, "test_random")


def test_each_service_has_its_settings(scorer: HarnessScorer) -> None:
    harness = harness_of("services")
    files = {
        "rtl/tiny_half.sv": "module tiny_half (input a, input b, output s, output c); assign {c, s} = a; endmodule\n",
        "rtl/tiny_full.sv": (
            "module tiny_full (input a, input b, input ci, output s, output co);\n"
            "  assign {co, s} = a + b + ci;\nendmodule\n"
        ),
    }
    verdict = scorer.score(given_files(files), harness)
    assert (verdict.status, verdict.diagnostics[0].message.partition(":")[0]) == (Status.MISMATCH, "test_half")


@pytest.mark.parametrize(
    ("form", "name"), [("shell", "test_runner"), ("several", "test_corners"), ("folder", "test_runner")]
)
def test_results_that_a_design_writes_do_not_count_in_any_form(scorer: HarnessScorer, form: str, name: str) -> None:
    harness = harness_of(form)
    text = FORGER.replace("NAME", f"{name}.result.xml" if form != "folder" else "/code/rundir/test_runner.result.xml")
    assert scorer.score(given_files({ADDER: text}), harness).status is Status.REJECTED
    command = harness.commands[0]
    sandbox = choose_sandbox(SandboxMode.REQUIRED)
    codes, files = [], given_files({ADDER: text}).files
    for is_guarded in (True, False):
        with open_harness(harness, files, sandbox=sandbox, limits=Limits(memory_mib=4096)) as place:
            codes.append(place.run(command, is_guarded=is_guarded, wall_s=120).done.exit_code)
    assert codes == [1, 0]
