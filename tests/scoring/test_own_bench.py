"""A cocotb bench that a user wrote judges the candidates of its problem: every way to start one."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from builders import given

from pytest_rtlgen.errors import BadReferenceError, SuiteError, ToolError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import BenchVerdict, Problem, Status
from pytest_rtlgen.scoring.scorer import BenchScorer

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "fixtures" / "own_benches"
PROBLEMS = {problem.problem_id: problem for problem in load_suite(str(SUITE)).problems}
TOGGLE = "module toggle (input clk, input rst, output reg q);\n  always @(posedge clk) q <= rst ? 0 : ~q;\nendmodule\n"
RIGHT = {
    "dff": (SUITE / "dff" / "reference.sv").read_text(),
    "adder": (SUITE / "adder" / "reference.sv").read_text(),
    "toggle": TOGGLE,
}
WRONG = {
    "dff": (RIGHT["dff"].replace("<= d", "<= ~d"), "test_q_follows_d: q is d after a rising edge; assert "),
    "adder": (RIGHT["adder"].replace("+ carry", ""), "sums_are_right: assert "),
    "toggle": (TOGGLE.replace("~q", "q"), "q_toggles: assert "),
}


@pytest.fixture(scope="module")
def scorer() -> Iterator[BenchScorer]:
    with closing(BenchScorer()) as made:
        yield made


def score(scorer: BenchScorer, problem: Problem, text: str) -> BenchVerdict:
    verdict = scorer.score(given(text), problem)
    assert verdict is not None
    return verdict


@pytest.mark.simulator
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_right_design_passes_and_a_wrong_one_is_told_what_the_bench_asserts(scorer: BenchScorer, name: str) -> None:
    assert score(scorer, PROBLEMS[name], RIGHT[name]).status is Status.PASSED
    text, message = WRONG[name]
    verdict = score(scorer, PROBLEMS[name], text)
    assert verdict.status is Status.MISMATCH
    assert verdict.diagnostics[0].message.startswith(message)


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("<= d;", "<= ;"), Status.SYNTAX_ERROR),
        (("dff", "latch"), Status.INTERFACE_MISMATCH),
        (("q <= d;", "begin q <= d; $finish; end"), Status.REJECTED),
        (("endmodule", 'initial $fopen("/code/verif/results.xml", "w"); endmodule'), Status.REJECTED),
        (("endmodule", "absent u(); endmodule"), Status.ELABORATION_ERROR),
        (("input d, ", ""), Status.ELABORATION_ERROR),
        (("endmodule", "reg r = 0; always @(posedge clk) while (1) r = ~r; endmodule"), Status.TIMEOUT),
        (
            ("endmodule", "wire w; assign w = ~w; reg r = 0; always @(r) r <= #0 ~r; initial r = 1; endmodule"),
            Status.TIMEOUT,
        ),
    ],
)
def test_what_a_candidate_can_do_is_a_verdict(scorer: BenchScorer, change: tuple[str, str], status: Status) -> None:
    harness = PROBLEMS["dff"].harness
    assert harness is not None
    problem = replace(PROBLEMS["dff"], harness=replace(harness, timeout_s=15.0))
    assert score(scorer, problem, RIGHT["dff"].replace(*change)).status is status


def copy_problem(folder: Path, name: str, **files: str) -> Problem:
    """Return a problem with other texts in some of its files: ``test_dff`` is ``test_dff.py``."""
    shutil.copytree(SUITE, folder / "suite")
    for stem, text in files.items():
        (
            folder / "suite" / name / {"problem": "problem.toml", "reference": "reference.sv"}.get(stem, f"{stem}.py")
        ).write_text(text)
    return next(item for item in load_suite(str(folder / "suite")).problems if item.problem_id == name)


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"reference": WRONG["dff"][0]},
            "^the bench of dff does not pass its own reference [(]mismatch[)]: test_q_follows_d: ",
        ),
        (
            {"test_dff": "def test_nothing():\n    pass\n"},
            "^the bench of dff passes without a cocotb test; let it start one by ",
        ),
        (
            {"test_dff": "import cocotb\n"},
            "no results [(]RuntimeError: No tests were discovered in any module: 'test_dff'",
        ),
        ({"test_dff": "import not_here\ndef test_it(): not_here.run()\n"}, "needs a Python package: .*'not_here'"),
        (
            {"test_dff": "import not_here\n"},
            "needs a Python package: test_dff.py: No module named 'not_here'; install it",
        ),
    ],
)
def test_a_bench_that_judges_nothing_is_the_harness_fault(
    tmp_path: Path, scorer: BenchScorer, files: dict[str, str], message: str
) -> None:
    problem = copy_problem(tmp_path, "dff", **files)
    with pytest.raises((BadReferenceError, ToolError), match=message):
        scorer.score(given(RIGHT["dff"]), problem)


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    text = 'title = "D"\ncategory = "c"\ndifficulty = "easy"\n[bench]\ntest = "test_dff.py"\nfiles = ["__init__.py"]\n'
    problem = copy_problem(tmp_path, "dff", problem=text, __init__="")
    assert problem.harness is not None
    assert [file.name for file in problem.harness.context if not file.text] == ["verif/__init__.py"]


@pytest.mark.simulator
def test_without_a_known_design_a_bench_must_still_simulate(tmp_path: Path, scorer: BenchScorer) -> None:
    problem = copy_problem(tmp_path, "toggle", test_toggle="def test_nothing():\n    pass\n")
    with pytest.raises(BadReferenceError, match="passes without a cocotb test"):
        scorer.score(given(TOGGLE), problem)


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ('bench = "../test.py"', ":4", "bench = '../test.py' must be a path inside the problem's folder"),
        ('bench = "absent.py"', "absent.py", "no such file"),
        ("bench = 3", ":4", "bench must be text"),
        ('[bench]\ntest = "test_dff.py"\nsource = "x.sv"', ":6", "unknown key 'source'"),
        ("[bench]\nfiles = []", "", "test is missing"),
        ('[bench]\ntest = "test_dff.py"\ndesign = "dff.vhd"', ":6", "must end in .v or .sv"),
        ('[bench]\ntest = "test_dff.py"\ndesign = "/dff.v"', ":6", "inside the problem's folder"),
        ('[bench]\ntest = "test_dff.py"\nfiles = ["../x.py"]', ":6", "inside the problem's folder"),
        ('[bench]\ntest = "test_dff.py"\ntimeout_s = 0', ":6", "timeout_s must be a number of seconds above 0"),
        ('[bench]\ntest = "test_dff.py"\ntimeout_s = inf', ":6", "timeout_s must be a number of seconds above 0"),
        ('[bench]\ntest = "test_dff.py"\ntimeout_s = nan', ":6", "timeout_s must be a number of seconds above 0"),
        (
            '[bench]\ntest = "test_dff.py"\nfiles = ["dff.sv"]',
            ":6",
            "'dff.sv' is where each answer is put; leave it out",
        ),
        ('bench = "test_dff.py"\n[openings]\npower_up = true', ":5", "bench judges here; remove one"),
        ('bench = "prompt.md"', "prompt.md:1", "not Python"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, where: str, message: str) -> None:
    head = 'title = "D"\ncategory = "c"\ndifficulty = "easy"\n'
    with pytest.raises(SuiteError, match=message) as caught:
        copy_problem(tmp_path, "dff", problem=head + text + "\n")
    assert where in str(caught.value).partition(" ")[0]
