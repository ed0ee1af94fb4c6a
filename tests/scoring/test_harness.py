"""Only a harness's own tests decide: what a candidate prints, writes, ends or leaves open changes nothing."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import given, given_files
from support.hostile_cases import SHARED_2, HostileCase, load_cases

from pytest_rtlgen.errors import BadReferenceError, ToolError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.loaders.cvdp_harness import make_harness
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Candidate, CocotbHarness, SandboxKind, Severity, SourceFile, Status
from pytest_rtlgen.scoring.harness import HarnessScorer, list_files
from pytest_rtlgen.scoring.harness_run import open_harness
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox, look_for_sandbox

pytestmark = pytest.mark.simulator
ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "benchmarks" / "cvdp-example"
ADDER = "rtl/tiny_adder.sv"
TESTS = "src/test_tiny_adder.py"
PORTS = "module tiny_adder (input [3:0] a, input [3:0] b, output [4:0] sum);"
RIGHT = f"{PORTS} assign sum = a + b; endmodule\n"
WRONG = f"{PORTS} assign sum = a; endmodule\n"
FORGER = f"""\
{PORTS}
  integer file;
  assign sum = a;
  final begin
    file = $fopen("test_runner.result.xml", "w");
    $fwrite(file, "<testsuites><testsuite tests='2' failures='0'><testcase name='t'/></testsuite></testsuites>");
    $fclose(file);
  end
endmodule
"""
HARNESSES = {
    problem.problem_id: problem.harness
    for problem in load_suite(f"cvdp:{ROOT / 'fixtures' / 'benchmarks' / 'cvdp'}").problems
}


def harness_of(problem_id: str, **changes: Any) -> CocotbHarness:
    found = HARNESSES[f"cvdp_copilot_tiny_{problem_id}"]
    assert found is not None
    return replace(found, **changes)


def edit(harness: CocotbHarness, name: str, text: str) -> CocotbHarness:
    """Return ``harness`` with another text under ``name``, its solution withheld."""
    others = tuple(file for file in harness.files if file.name != name)
    return make_harness((*others, SourceFile(name=name, text=text)), targets=harness.targets, context=harness.context)


ADDING = harness_of("adder_0001")
WITHHELD = replace(ADDING, solution=())


@pytest.fixture(scope="module")
def scorer() -> Iterator[HarnessScorer]:
    with closing(HarnessScorer()) as made:
        yield made


@pytest.mark.parametrize("problem_id", ["adder_0001", "counter_0002", "pair_0003"])
def test_a_published_solution_passes_with_its_own_tests(scorer: HarnessScorer, problem_id: str) -> None:
    harness = harness_of(problem_id)
    verdict = scorer.score(given_files({file.name: file.text for file in harness.solution}), harness)
    assert (verdict.status, verdict.is_passed_unguarded, verdict.diagnostics) == (Status.PASSED, True, ())
    assert verdict.samples == {"adder_0001": 2, "counter_0002": 1, "pair_0003": 1}[problem_id]


@pytest.mark.parametrize(
    ("source", "status", "message"),
    [
        (WRONG, Status.MISMATCH, r"^test_corners: 15 \+ 15 gave 01111"),
        (f"{PORTS} endmodule\n", Status.MISMATCH, r"^test_corners: 0 \+ 0 gave ZZZZZ"),
        ("", Status.NO_CODE, "no Verilog in the answer"),
        (f"{PORTS} assign sum = ; endmodule\n", Status.SYNTAX_ERROR, "expected expression"),
        (f"{PORTS} gone u(); endmodule\n", Status.ELABORATION_ERROR, "Unknown module type: gone"),
        (RIGHT.replace("tiny_adder", "other"), Status.INTERFACE_MISMATCH, "'tiny_adder' is missing; found 'other'"),
        (RIGHT.replace("sum", "total"), Status.MISMATCH, "no child object named sum"),
        (FORGER, Status.REJECTED, r"system task \$fopen"),
        (RIGHT.replace("endmodule", "initial $finish; endmodule"), Status.REJECTED, r"system task \$finish"),
        (f'`include "../../src/test_runner.py"\n{RIGHT}', Status.REJECTED, "compiler directive `include"),
    ],
    ids=["wrong", "undriven", "empty", "syntax", "unknown", "top", "port", "forger", "finish", "include"],
)
def test_what_a_candidate_does_wrong_is_told(scorer: HarnessScorer, source: str, status: Status, message: str) -> None:
    verdict = scorer.score(given_files({ADDER: source}), ADDING)
    assert verdict.status is status
    assert not verdict.is_passed_unguarded
    assert any(re.search(message, item.message) for item in verdict.diagnostics)


def test_a_candidate_may_print_what_it_likes(scorer: HarnessScorer) -> None:
    text = WRONG.replace("endmodule", 'initial $display("** TESTS=2 PASS=2 FAIL=0 **\\n2 passed"); endmodule')
    assert scorer.score(given_files({ADDER: text}), ADDING).status is Status.MISMATCH


def test_a_withheld_solution_asks_for_one_test_at_least(scorer: HarnessScorer) -> None:
    verdict = scorer.score(given_files({ADDER: RIGHT}), WITHHELD)
    assert (verdict.status, verdict.samples) == (Status.PASSED, 2)


def test_a_design_that_never_lets_time_pass_is_a_time_out(scorer: HarnessScorer) -> None:
    text = RIGHT.replace("endmodule", "integer i = 0; always @(a) while (i < 1) i = 0; endmodule")
    verdict = scorer.score(given_files({ADDER: text}), replace(WITHHELD, timeout_s=6.0))
    assert (verdict.status, verdict.is_passed_unguarded) == (Status.TIMEOUT, False)
    assert verdict.diagnostics[0].message == "the harness did not end within 6 s"


def test_a_file_that_is_not_asked_for_is_refused(scorer: HarnessScorer) -> None:
    verdict = scorer.score(given_files({ADDER: RIGHT, "src/test_runner.py": "def test(): pass\n"}), ADDING)
    assert (verdict.status, verdict.diagnostics[0].message) == (
        Status.REJECTED,
        "writes src/test_runner.py, which is not asked for",
    )


def run_unscreened(source: str, *, is_guarded: bool, harness: CocotbHarness = ADDING) -> int:
    sandbox = choose_sandbox(SandboxMode.REQUIRED)
    files = given_files({ADDER: source}).files
    with open_harness(harness, files, sandbox=sandbox, limits=Limits(memory_mib=4096)) as place:
        (command,) = harness.commands
        return place.run(command, is_guarded=is_guarded, wall_s=60).done.exit_code


def test_results_that_a_design_writes_itself_do_not_count_even_unscreened() -> None:
    assert run_unscreened(FORGER, is_guarded=True) == 1


def test_the_design_that_forges_results_passes_unguarded(scorer: HarnessScorer) -> None:
    assert run_unscreened(FORGER, is_guarded=False) == 0
    verdict = scorer.score(given_files({ADDER: FORGER}), ADDING, with_unguarded=True)
    assert (verdict.status, verdict.is_passed_unguarded) == (Status.REJECTED, True)


TWICE = """\
import os
from cocotb_tools.runner import get_runner

def test_twice():
    runner = get_runner("icarus")
    runner.build(sources=os.environ["VERILOG_SOURCES"].split(), hdl_toplevel="tiny_adder", timescale=("1ns", "1ns"))
    for case in ("test_corners", "test_random"):
        runner.test(hdl_toplevel="tiny_adder", test_module="test_tiny_adder", testcase=case, test_dir="TEST_DIR")
"""
EASY = "sum = {a, b} == 0 ? 0 : {a, b} == 8'hff ? 30 : {a, b} == 8'hf1 ? 16 : 7"
PLANTER = f"""\
{PORTS}
  integer file;
  assign {EASY};
  initial begin
    file = $fopen("NAME", "w");
    $fwrite(file, "import cocotb\\n@cocotb.test()\\nasync def test_random(dut):\\n  pass\\n");
    $fclose(file);
  end
endmodule
"""


@pytest.mark.parametrize(
    ("folder", "name"), [("sim_build", "test_tiny_adder.py"), (".", "test_tiny_adder.py")], ids=["build", "work"]
)
def test_a_second_simulation_imports_nothing_that_the_first_one_wrote(folder: str, name: str) -> None:
    harness = edit(ADDING, "src/test_runner.py", TWICE.replace("TEST_DIR", folder))
    planter = PLANTER.replace("NAME", name)
    assert run_unscreened(planter, is_guarded=False, harness=harness) == 0
    assert run_unscreened(planter, is_guarded=True, harness=harness) == 1
    assert run_unscreened(RIGHT, is_guarded=True, harness=harness) == 0


def test_a_second_simulation_runs_the_design_that_was_compiled() -> None:
    text = (
        "import os\nimport cocotb\nfrom pathlib import Path\n\n"
        "@cocotb.test()\nasync def test_corners(dut):\n"
        "    for path in (Path('sim.vvp'), Path('/code/rtl/tiny_adder.sv'), Path('fresh.so')):\n"
        "        path.write_text('changed')\n\n"
        "@cocotb.test()\nasync def test_random(dut):\n"
        "    assert not Path('fresh.so').exists()\n"
        "    assert 'assign' in Path('/code/rtl/tiny_adder.sv').read_text()\n"
    )
    harness = edit(edit(ADDING, "src/test_runner.py", TWICE.replace("TEST_DIR", "sim_build")), TESTS, text)
    assert run_unscreened(RIGHT, is_guarded=False, harness=harness) == 1
    assert run_unscreened(RIGHT, is_guarded=True, harness=harness) == 0


def test_a_design_that_ends_the_simulation_is_early_even_unscreened(scorer: HarnessScorer) -> None:
    text = RIGHT.replace("endmodule", "initial #1 $finish; endmodule")
    verdict = scorer.score_unguarded(given_files({ADDER: text}), ADDING)
    assert (verdict.status, verdict.is_passed_unguarded) == (Status.EARLY_FINISH, False)


def test_what_the_solution_may_a_candidate_may_too(scorer: HarnessScorer) -> None:
    stops = RIGHT.replace("endmodule", "initial if (0) $stop; endmodule")
    harness = replace(ADDING, solution=(SourceFile(name=ADDER, text=stops),))
    assert scorer.score(given_files({ADDER: stops.replace("a + b", "b + a")}), harness).status is Status.PASSED
    assert scorer.score(given_files({ADDER: FORGER}), harness).status is Status.REJECTED


def test_fewer_tests_than_with_the_solution_are_no_pass(scorer: HarnessScorer) -> None:
    text = (
        "import os\nimport cocotb\nfrom pathlib import Path\n\n"
        "@cocotb.test()\nasync def test_one(dut):\n    pass\n\n"
        f"@cocotb.test(skip='a + b' not in Path('/code/{ADDER}').read_text())\n"
        "async def test_two(dut):\n    pass\n"
    )
    harness = replace(edit(ADDING, "src/test_tiny_adder.py", text), solution=ADDING.solution)
    assert scorer.score(given_files({ADDER: RIGHT}), harness).status is Status.PASSED
    verdict = scorer.score(given_files({ADDER: WRONG}), harness)
    assert (verdict.status, verdict.is_passed_unguarded) == (Status.EARLY_FINISH, True)
    assert verdict.diagnostics[0].message == "1 cocotb tests ran; with the published solution, 2"


ROLLS = """\
import random
import cocotb
import numpy

@cocotb.test()
async def test_rolls(dut):
    raise AssertionError(f"{random.random()} {numpy.random.rand()} {hash('a')}")
"""


def test_dice_fall_the_same_in_every_run(scorer: HarnessScorer) -> None:
    harness = edit(ADDING, "src/test_tiny_adder.py", ROLLS)
    first, second = (scorer.score(given_files({ADDER: RIGHT}), harness).diagnostics[0].message for _ in range(2))
    assert first == second
    assert first.startswith("test_rolls: 0.")


@pytest.fixture
def yosys_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "yosys").write_text("#!/bin/sh\n")
    (tmp_path / "yosys").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)


@pytest.mark.usefixtures("yosys_on_path")
@pytest.mark.parametrize(
    ("name", "text", "kind", "message"),
    [
        (
            "src/test_tiny_adder.py",
            "import gone_package\n",
            ToolError,
            r"needs a Python package: test_tiny_adder\.py: No module named 'gone_package'; install it with pip",
        ),
        (
            "src/test_tiny_adder.py",
            "from cocotb.triggers import Gone\n",
            BadReferenceError,
            r"harness of rtl/tiny_adder\.sv: the harness cannot be loaded: test_tiny_adder\.py: cannot import name",
        ),
        ("src/test_runner.py", "def test_(:\n", BadReferenceError, r"the harness cannot be loaded: .*SyntaxError"),
        ("src/test_runner.py", "x = 1\n", BadReferenceError, r"the harness ran no test \(exit status 5\)"),
        ("src/test_runner.py", "run('no_such_yosys yosys')\n", BadReferenceError, "NameError"),
    ],
    ids=["package", "name", "syntax", "no-test", "fault"],
)
def test_a_broken_harness_is_no_fault_of_the_candidate(
    scorer: HarnessScorer, name: str, text: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        scorer.score(given_files({ADDER: RIGHT}), edit(ADDING, name, text))


def test_a_harness_that_runs_nothing_is_broken(scorer: HarnessScorer) -> None:
    idle = replace(WITHHELD, commands=())
    with pytest.raises(BadReferenceError, match=r"harness of rtl/tiny_adder\.sv: it names no command that runs a test"):
        scorer.score(given_files({ADDER: RIGHT}), idle)


def test_a_program_that_is_missing_is_told_before_anything_runs(
    scorer: HarnessScorer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    harness = edit(ADDING, "src/synth.py", "import subprocess\nsubprocess.run('yosys -s synth.tcl', shell=True)\n")
    with pytest.raises(ToolError, match="yosys is not on PATH; the harness calls it"):
        scorer.score(given_files({ADDER: RIGHT}), harness)


def test_a_solution_that_fails_its_own_harness_is_a_broken_reference(scorer: HarnessScorer) -> None:
    harness = replace(ADDING, solution=(SourceFile(name=ADDER, text=WRONG),))
    for _ in range(2):
        with pytest.raises(BadReferenceError, match=r"does not pass its own solution \(mismatch\): test_corners: 15"):
            scorer.score(given_files({ADDER: RIGHT}), harness)
    assert scorer.score_unguarded(given_files({ADDER: RIGHT}), harness).is_passed_unguarded


PEEK = """\
import os
import cocotb

@cocotb.test()
async def test_peek(dut):
    raise AssertionError(f"{sorted(os.environ)} {os.getcwd()} {os.listdir('/code')} {os.path.exists('/proc/self')}")
"""


def test_no_secret_reaches_the_harness(scorer: HarnessScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert os.environ["OPENAI_API_KEY"]
    verdict = scorer.score(given_files({ADDER: RIGHT}), edit(ADDING, "src/test_tiny_adder.py", PEEK))
    assert "OPENAI" not in verdict.diagnostics[0].message
    assert "/code/rundir" in verdict.diagnostics[0].message


@pytest.mark.parametrize("kind", [SandboxKind.BUBBLEWRAP, SandboxKind.LANDLOCK, SandboxKind.NONE])
def test_every_kind_of_sandbox_gives_the_same_results(kind: SandboxKind) -> None:
    offer = look_for_sandbox(kind)
    if kind is not SandboxKind.NONE and offer.sandbox is None:
        pytest.skip(offer.reason)
    mode = SandboxMode.OFF if kind is SandboxKind.NONE else SandboxMode.REQUIRED
    sandbox = choose_sandbox(mode, kinds=(kind,))
    (command,) = ADDING.commands
    files = given_files({ADDER: WRONG}).files
    with open_harness(ADDING, files, sandbox=sandbox, limits=Limits(memory_mib=4096)) as place:
        record = place.run(command, is_guarded=True, wall_s=60).record
    assert record is not None
    (simulation,) = record.simulations
    assert [test.message for test in simulation.tests or ()] == [
        *("15 + 15 gave 01111", "9 + 6 gave 01001"),  # the dice's seed is 1 everywhere
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("open('/code/rundir/x.log')", "open('{}/code/rundir/x.log')"),
        ("/src:/code", "{}/src:{}/code"),
        ("iverilog -I/code/rtl +incdir+/code/rtl", "iverilog -I{}/code/rtl +incdir+{}/code/rtl"),
        ("a/code /code2 ./src /srcs ${X}/code 4/src", "a/code /code2 ./src /srcs ${X}/code 4/src"),
    ],
)
def test_paths_of_the_container_are_rewritten_where_they_cannot_be_mounted(text: str, expected: str) -> None:
    sandbox = choose_sandbox(SandboxMode.OFF)
    with open_harness(ADDING, (), sandbox=sandbox, limits=Limits()) as place:
        assert place._place(text) == expected.replace("{}", str(place.folder))


@pytest.mark.parametrize(
    ("end", "status", "message"),
    [
        ("os._exit(0)", Status.EARLY_FINISH, "left no results"),
        ("os.kill(os.getpid(), 11)", Status.RUNTIME_ERROR, "killed by signal 11"),
    ],
)
def test_a_simulator_that_dies_leaves_no_results(scorer: HarnessScorer, end: str, status: Status, message: str) -> None:
    text = f"import os\nimport cocotb\n\n@cocotb.test()\nasync def test_end(dut):\n    {end}\n"
    verdict = scorer.score(given_files({ADDER: RIGHT}), edit(ADDING, "src/test_tiny_adder.py", text))
    assert (verdict.status, verdict.is_passed_unguarded) == (status, False)
    assert message in verdict.diagnostics[0].message


@pytest.mark.parametrize(
    ("candidate", "targets", "files"),
    [
        (given(RIGHT), (ADDER,), {ADDER: RIGHT}),
        (given(f"// rtlgen-file: rtl/b.sv\n{RIGHT}"), (ADDER,), {ADDER: f"// rtlgen-file: rtl/b.sv\n{RIGHT}"}),
        (given(RIGHT), (ADDER, "rtl/b.sv"), {}),
        (given_files({"rtl/b.sv": WRONG}), (ADDER, "rtl/b.sv"), {"rtl/b.sv": WRONG}),
        (given_files({ADDER: RIGHT, "x": ""}), (ADDER,), {ADDER: RIGHT, "x": ""}),
    ],
    ids=["one", "comment", "of-which", "some", "more"],
)
def test_what_a_candidate_writes(candidate: Candidate, targets: tuple[str, ...], files: dict[str, str]) -> None:
    found = list_files(candidate, replace(ADDING, targets=targets))
    assert {file.name: file.text for file in found} == files


def test_no_text_at_all_is_no_code_before_anything_runs(scorer: HarnessScorer) -> None:
    broken = replace(WITHHELD, commands=())
    verdict = scorer.score(given(" \n"), broken, with_unguarded=True)
    assert (verdict.status, verdict.is_passed_unguarded) == (Status.NO_CODE, None)


def test_several_threads_share_one_harness(scorer: HarnessScorer) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda source: scorer.score(given_files({ADDER: source}), ADDING).status, (RIGHT, WRONG))
    assert list(found) == [Status.PASSED, Status.MISMATCH]


@pytest.mark.parametrize("source", ["WRONG", "RIGHT"])
def test_a_string_that_looks_like_an_inclusion_hides_nothing(scorer: HarnessScorer, source: str) -> None:
    hidden = 'initial $display("`include " ); initial $finish; //tiny_adder.sv" ");\nendmodule'
    text = {"WRONG": WRONG, "RIGHT": RIGHT}[source].replace("endmodule", hidden)
    verdict = scorer.score(given_files({ADDER: text}), ADDING)
    assert (verdict.status, verdict.diagnostics[0].message) == (Status.REJECTED, "system task $finish")


@pytest.mark.parametrize(
    "case",
    [case for case in load_cases(SHARED_2) if case.folder.name.startswith("cvdp_")],
    ids=lambda case: case.folder.name,
)
def test_no_hostile_case_fools_a_harness(scorer: HarnessScorer, case: HostileCase) -> None:
    for harness in (ADDING, edit(ADDING, "src/test_runner.py", TWICE.replace("TEST_DIR", "sim_build"))):
        assert scorer.score(given_files({ADDER: case.source("", "")}), harness).status in case.acceptable


def test_messages_are_left_out_with_a_note(scorer: HarnessScorer) -> None:
    text = RIGHT.replace("endmodule", '\ninitial $display("%0d", sum);\nendmodule')
    verdict = scorer.score(given_files({ADDER: text}), ADDING)
    assert verdict.status is Status.PASSED
    (note,) = verdict.diagnostics
    assert (note.severity, "$display (line 2)" in note.message) == (Severity.NOTE, True)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not on this machine")
def test_a_real_example_accepts_its_solution_and_fails_a_wrong_one(scorer: HarnessScorer) -> None:
    suite = load_suite(f"cvdp:{REAL}")
    harness = next(problem.harness for problem in suite.problems if problem.problem_id == "cvdp_copilot_lfsr_0001")
    assert harness is not None
    (solution,) = harness.solution
    wrong = solution.text.replace("lfsr_out[5] ^", "lfsr_out[4] ^")
    assert scorer.score(given_files({solution.name: wrong}), harness).status is Status.MISMATCH
