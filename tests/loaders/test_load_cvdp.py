"""CVDP: small files of its form, and the real examples where they are at hand."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.loaders.cvdp_harness import make_harness, read_env, read_plan, read_settings
from pytest_rtlgen.loaders.unified_diff import apply_diff
from pytest_rtlgen.records import HARNESS_FOLDER as WORK
from pytest_rtlgen.records import BenchRule, Difficulty, HarnessCommand, SourceFile

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "benchmarks" / "cvdp"
REAL = ROOT.parent / "shared" / "benchmarks" / "cvdp-example"
AGENTIC = REAL.with_name("cvdp-v1.0.2")
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not on this machine")
ADDER = "module tiny_adder (input [3:0] a, input [3:0] b, output [4:0] sum);\n  assign sum = a + b;\nendmodule\n"


def read_rows() -> list[dict[str, Any]]:
    text = (FIXTURE / "tiny_nonagentic.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_rows(*rows: object, name: str = "some.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        return path

    return write_rows


def test_a_file_is_read_in_its_order() -> None:
    suite = load_suite(f"cvdp:{FIXTURE / 'tiny_nonagentic.jsonl'}")
    assert suite.name == "cvdp"
    assert [(problem.problem_id, problem.category, problem.difficulty, problem.top) for problem in suite.problems] == [
        ("cvdp_copilot_tiny_adder_0001", "cid003", Difficulty.EASY, "tiny_adder"),
        ("cvdp_copilot_tiny_counter_0002", "cid016", Difficulty.MEDIUM, "tiny_counter"),
        ("cvdp_copilot_tiny_pair_0003", "cid003", Difficulty.MEDIUM, "tiny_full"),
        ("cvdp_copilot_tiny_cover_0004", "cid012", Difficulty.HARD, "tiny_adder_tb"),
    ]


def test_a_problem_brings_its_harness_and_its_solution_as_reference() -> None:
    path = FIXTURE / "tiny_nonagentic.jsonl"
    problem = load_suite(f"cvdp:{path}").problems[0]
    assert problem.reference == SourceFile(name=f"{path}:1 rtl/tiny_adder.sv", text=ADDER)
    assert (problem.title, problem.tags, problem.unjudged) == ("tiny adder 0001", ("non-agentic",), "")
    assert problem.harness is not None
    assert problem.harness.targets == ("rtl/tiny_adder.sv",)
    assert problem.harness.solution == (SourceFile(name="rtl/tiny_adder.sv", text=ADDER),)
    assert [file.name for file in problem.harness.files] == [
        *("docker-compose.yml", "src/.env", "src/test_tiny_adder.py", "src/test_runner.py"),
    ]


def test_what_is_given_is_shown_to_the_model_and_laid_out_for_the_tests() -> None:
    problem = load_suite(f"cvdp:{FIXTURE / 'tiny_nonagentic.jsonl'}").problems[1]
    assert [file.name for file in problem.given] == ["rtl/tiny_counter.sv", "docs/notes.md"]
    assert problem.harness is not None
    assert problem.harness.context == problem.given
    assert "q + 2" in problem.given[0].text
    assert "q + 1" in problem.reference.text


def test_a_solution_of_several_files_is_no_reference_of_ours() -> None:
    problem = load_suite(f"cvdp:{FIXTURE / 'tiny_nonagentic.jsonl'}").problems[2]
    assert not problem.has_reference
    assert problem.harness is not None
    assert problem.harness.targets == ("rtl/tiny_half.sv", "rtl/tiny_full.sv")


def test_an_agentic_record_is_read_with_its_patch_applied() -> None:
    (problem,) = load_suite(f"cvdp:{FIXTURE / 'tiny_agentic.jsonl'}").problems
    assert problem.tags == ("agentic",)
    assert [file.name for file in problem.given] == ["docs/specification.md"]
    assert problem.reference.text == ADDER


def test_a_folder_is_all_its_files() -> None:
    suite = load_suite(f"cvdp:{FIXTURE}")
    assert [problem.problem_id for problem in suite.problems][:2] == [
        *("cvdp_agentic_tiny_adder_0005", "cvdp_copilot_tiny_adder_0001"),
    ]
    assert len(suite.problems) == 5


def test_a_withheld_solution_leaves_the_harness_alone_to_judge(write: Callable[..., Path]) -> None:
    row = read_rows()[0]
    row["output"]["context"] = {"rtl/tiny_adder.sv": ""}
    (problem,) = load_suite(f"cvdp:{write(row)}").problems
    assert not problem.has_reference
    assert problem.harness is not None
    assert (problem.harness.targets, problem.harness.solution) == (("rtl/tiny_adder.sv",), ())


def test_targets_come_from_the_settings_where_the_record_names_none(write: Callable[..., Path]) -> None:
    row = read_rows()[2]
    row["output"]["context"] = {}
    (problem,) = load_suite(f"cvdp:{write(row)}").problems
    assert problem.harness is not None
    assert problem.harness.targets == ("rtl/tiny_half.sv", "rtl/tiny_full.sv")


def test_of_a_problem_with_and_without_its_solution_the_one_that_has_it_counts(write: Callable[..., Path]) -> None:
    withheld = read_rows()[0]
    withheld["output"]["context"] = {"rtl/tiny_adder.sv": ""}
    write(withheld, name="a.jsonl")
    folder = write(read_rows()[0], name="a_with_solutions.jsonl").parent
    (problem,) = load_suite(f"cvdp:{folder}").problems
    assert problem.has_reference


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"categories": ["cid014", "easy"]}, "its tests need a commercial simulator (Cadence Xcelium)"),
        ({"categories": ["cid010", "easy"]}, "its answer is prose"),
        ({"harness": {}}, "the record has no harness"),
        ({"output": {"context": {"docs/plan.md": ""}}}, "its answer is not Verilog (docs/plan.md)"),
    ],
)
def test_what_cannot_be_judged_is_there_with_the_reason(
    write: Callable[..., Path], change: dict[str, object], reason: str
) -> None:
    (problem,) = load_suite(f"cvdp:{write({**read_rows()[0], **change})}").problems
    assert problem.unjudged.startswith(reason)
    assert problem.harness is None


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("src/.env", "icarus", "vcs", "its tests need the simulator vcs"),
        ("docker-compose.yml", "__OSS_SIM_IMAGE__", "__OSS_PNR_IMAGE__", "its harness needs CVDP's place-and-route"),
        ("docker-compose.yml", "command: pytest -s", "command: bash -c", "its command 'bash -c -o"),
        ("docker-compose.yml", "command: pytest", "command: make pytest", "its command 'make pytest -s"),
        ("docker-compose.yml", "test_runner.py -v", "test_runner.py | tee log", "its command 'pytest -s"),
        (
            "docker-compose.yml",
            "pytest -s",
            "sh -c 'pip install pytest-tiny; pytest' #",
            "its command installs the pac",
        ),
        (
            "docker-compose.yml",
            "command: pytest",
            "extends: one\n    command: pytest",
            "service 'direct' of docker-comp",
        ),
        ("docker-compose.yml", "./src/.env", "./src/.env_two", "docker-compose.yml names the file src/.env_two, which"),
        ("docker-compose.yml", "command:", "entry:", "docker-compose.yml is missing or names no command"),
    ],
)
def test_a_harness_that_cannot_be_run_is_told(
    write: Callable[..., Path], file: str, old: str, new: str, reason: str
) -> None:
    row = read_rows()[0]
    row["harness"]["files"][file] = row["harness"]["files"][file].replace(old, new)
    (problem,) = load_suite(f"cvdp:{write(row)}").problems
    assert problem.unjudged.startswith(reason)


def test_a_line_cut_in_two_is_named(write: Callable[..., Path]) -> None:
    line = json.dumps(read_rows()[0])
    path = write(read_rows()[1], line[: len(line) // 2], line[len(line) // 2 :])
    with pytest.raises(
        SuiteError, match=r"some\.jsonl:2: not JSON \(Unterminated string .* the line is cut or damaged"
    ):
        load_suite(f"cvdp:{path}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categories": ["cid099", "easy"]}, r"unknown category in \['cid099', 'easy'\]; known are cid002, cid003, "),
        ({"id": ""}, r"'id' must be text that is not empty; expected a JSON Lines file of CVDP 1\.1"),
        (
            {"input": {"prompt": "p", "context": {"../x.sv": ""}}},
            r"'context' holds the path '\.\./x\.sv', which leaves",
        ),
        ({"input": {"prompt": "p", "context": {"/etc/x": ""}}}, r"'context' holds the path '/etc/x', which leaves"),
        ({"harness": {"files": {"src/.env": 3}}}, r"'harness' must map paths to texts"),
        ({"output": []}, r"'output' must be an object"),
    ],
)
def test_a_wrong_record_is_named(write: Callable[..., Path], change: dict[str, object], message: str) -> None:
    with pytest.raises(SuiteError, match=r"some\.jsonl:1: " + message):
        load_suite(f"cvdp:{write({**read_rows()[0], **change})}")


def test_another_file_is_told_what_was_expected(write: Callable[..., Path], tmp_path: Path) -> None:
    expected = r"expected a JSON Lines file of CVDP 1\.1"
    with pytest.raises(SuiteError, match=rf"some\.jsonl:1: no CVDP record \(id, categories, harness\); {expected}"):
        load_suite(f"cvdp:{write({'prompt': 'x'})}")
    with pytest.raises(SuiteError, match=rf"gone\.jsonl: no such file; {expected}"):
        load_suite(f"cvdp:{tmp_path / 'gone.jsonl'}")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SuiteError, match=rf"empty: holds no \*\.jsonl file; {expected}"):
        load_suite(f"cvdp:{tmp_path / 'empty'}")


def test_two_problems_of_one_name_are_told(write: Callable[..., Path]) -> None:
    row = read_rows()[1]
    row["id"] = read_rows()[0]["id"]
    with pytest.raises(SuiteError, match=r"some\.jsonl:2: cvdp_copilot_tiny_adder_0001 is another problem at .*:1;"):
        load_suite(f"cvdp:{write(read_rows()[0], row)}")


def test_a_patch_that_does_not_fit_is_named(write: Callable[..., Path]) -> None:
    row = json.loads((FIXTURE / "tiny_agentic.jsonl").read_text())
    row["patch"] = {"rtl/tiny_adder.sv": "@@ -1,1 +1,1 @@\n-gone\n+here\n"}
    with pytest.raises(SuiteError, match=r":1: the patch of rtl/tiny_adder\.sv cannot be applied: the hunk for line 1"):
        load_suite(f"cvdp:{write(row)}")


def test_settings_are_read_without_a_shell() -> None:
    text = "# A=0\nA = 1 \nexport B=two words\nC='x # y'\nD = z # note\nE=$(date)\nF = \n"
    settings = read_settings((SourceFile(name="src/.env", text=text),))
    assert settings == {"A": "1", "B": "two words", "C": "x # y", "D": "z", "E": "$(date)", "F": ""}


def test_settings_may_go_over_several_lines() -> None:
    text = 'A="one\n# two" # note\n#B="\nC=\'three\nfour\'\nD = five \\\n  six # seven\nE = "a\\"b\\n"\nF=\'open\n'
    assert read_env(text) == {"A": "one\n# two", "C": "three\nfour", "D": "five    six", "E": 'a"b\n', "F": "'open"}


def compose_of(*services: str) -> SourceFile:
    named = "".join(f"  s{number}:\n    {text}\n" for number, text in enumerate(services))
    return SourceFile(name="docker-compose.yml", text=f"services:\n{named}")


def test_each_command_has_the_settings_of_its_service() -> None:
    files = (
        compose_of("command: pytest a", "env_file: [a.env, ./b.env]\n    environment: [C=4]\n    command: pytest b"),
        SourceFile(name="src/.env", text="A=0\nVERILOG_SOURCES=/code/x.v /code/y.v"),
        SourceFile(name="a.env", text="A=1\nB=1\nVERILOG_SOURCES=/code/y.v /code/z.v"),
        SourceFile(name="b.env", text="B=2\nC=3"),
    )
    first, second = (dict(command.settings) for command in read_plan(files).commands)
    assert (first["A"], second["A"], second["B"], second["C"]) == ("0", "1", "2", "4")
    assert read_settings(files) == {"A": "0", "VERILOG_SOURCES": "/code/x.v /code/y.v /code/z.v"}


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("/code/rtl/x.v /code/rtl/y.v", ("rtl/x.v", "rtl/y.v")),
        ("/code/rtl/x.v /src/y.v", ()),
        ("rtl/x.v", ()),
        ("", ()),
    ],
)
def test_a_harness_holds_what_its_settings_tell(sources: str, expected: tuple[str, ...]) -> None:
    env = SourceFile(name="src/.env", text=f"TOPLEVEL=x\nVERILOG_SOURCES={sources}\n")
    harness = make_harness((compose_of("command: pytest a"), env), targets=("rtl/x.v",))
    assert (harness.top, harness.sources, harness.notes) == ("x", expected, ())
    assert [command.arguments for command in harness.commands] == [("a",)]
    assert harness.rule is BenchRule.CVDP


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("pytest a", [("a", WORK, {}, False, True)]),
        ("cd /src && pytest a", [("a", "/src", {}, False, True)]),
        ("cd ../rtl; cd ../../src/deep && pytest a", [("a", "/src/deep", {}, False, True)]),
        (
            "pip install pytest && python3 -m pip install -q pytest; exec pytest a",
            [("a", WORK, {}, False, True)],
        ),
        ("pytest a && pytest b", [("a", WORK, {}, False, True), ("b", WORK, {}, True, True)]),
        (
            "pytest a; echo on && pytest b",
            [("a", WORK, {}, False, False), ("b", WORK, {}, False, True)],
        ),
        (
            "A=1; export B=2 C='3 4'; D=5 pytest a; pytest b",
            [
                ("a", WORK, {"A": "1", "B": "2", "C": "3 4", "D": "5"}, False, False),
                ("b", WORK, {"A": "1", "B": "2", "C": "3 4"}, False, True),
            ],
        ),
    ],
)
def test_a_script_is_read_as_its_shell_would(
    script: str, expected: list[tuple[str, str, dict[str, str], bool, bool]]
) -> None:
    files = (compose_of(f'command: bash -lc "{script}"'), SourceFile(name="src/deep/x.py", text=""))
    assert [
        (*command.arguments, command.folder, dict(command.settings), command.needs_last, command.decides)
        for command in read_plan(files).commands
    ] == expected


@pytest.mark.parametrize(
    ("command", "notes"),
    [
        ('command     : /bin/sh -c "pytest -s -o cache_dir=/rundir/harness/.cache /src/test_runner.py -s"', ()),
        (
            'command     : >\n      sh -c "pip install tiny-absent && pytest -s /src/test_runner.py -v"',
            ("the harness installs tiny-absent, which is not here and which none of its files imports",),
        ),
    ],
    ids=["five problems", "fibonacci_series"],
)
def test_the_six_harnesses_of_cid003_that_ask_for_a_shell_are_read(command: str, notes: tuple[str, ...]) -> None:
    plan = read_plan((compose_of(command), SourceFile(name="src/test_runner.py", text="import os\n")))
    assert [(item.module, "/src/test_runner.py" in item.arguments) for item in plan.commands] == [("pytest", True)]
    assert plan.notes == notes


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sh -c 'make test'", "its command 'make test' is neither pytest nor python SCRIPT"),
        ("sh -c 'set -e; pytest a'", "its command 'set -e' is neither"),
        ("sh -ec 'pytest a'", "its command 'sh -ec pytest a' is neither"),
        ("sh -c pytest a", "its command 'sh -c pytest a' is neither"),
        ("python3 -c 'pass'", "its command 'python3 -c pass' is neither"),
        ("sh -c 'pytest a || true'", r"has '\|\|', which is not read here"),
        ("sh -c 'pytest a | tee b'", r"has '\|', which is not read here"),
        ("sh -c 'pytest a; echo b'", "ends in 'echo b', which tests nothing"),
        ("sh -c 'cd /etc && pytest a'", "goes to '/etc', a folder that is not known"),
        ("sh -c 'pytest $$A'", "has a variable, which only Docker and a shell can fill in"),
        ("pytest ${A}", "has a variable"),
        ("sh -c 'pip install tiny-absent && pytest-tiny'", "its command 'pytest-tiny' is neither"),
        ("sh -c 'pip install pytest-tiny && pytest a'", "installs the package 'pytest-tiny', which is not here"),
        ("sh -c 'pip install -e /src && pytest a'", "gives pip the option -e"),
        ("sh -c 'echo a'", "ends in 'echo a', which tests nothing"),
        ("sh -c ''", "names no command that runs a test"),
    ],
)
def test_a_command_that_cannot_be_run_is_named(command: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_plan((compose_of(f"command: {command}"),))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("pytest -s /src/t.py", HarnessCommand(module="pytest", arguments=("-s", "/src/t.py"))),
        ('["pytest", "/src/t.py"]', HarnessCommand(module="pytest", arguments=("/src/t.py",))),
        ("python3 -m pytest /src/t.py", HarnessCommand(module="pytest", arguments=("/src/t.py",))),
        ('"pytest -s /src/t.py"', HarnessCommand(module="pytest", arguments=("-s", "/src/t.py"))),
        (">\n      pytest -s\n      /src/t.py", HarnessCommand(module="pytest", arguments=("-s", "/src/t.py"))),
        ("\n      - pytest\n      - '/src/t.py'", HarnessCommand(module="pytest", arguments=("/src/t.py",))),
        ("\n    - pytest\n    - /src/t.py", HarnessCommand(module="pytest", arguments=("/src/t.py",))),
        ("python3 /src/t.py -v", HarnessCommand(script="/src/t.py", arguments=("-v",))),
    ],
)
def test_a_command_is_read(command: str, expected: HarnessCommand) -> None:
    compose = f"services:\n  one:\n    # command: other\n    command    : {command}\n    image: x # command: y\n"
    assert read_plan((SourceFile(name="docker-compose.yml", text=compose),)).commands == (expected,)


def test_a_diff_changes_adds_and_removes() -> None:
    before = "a\nb\nc\nd\ne"
    diff = (
        "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n@@ -5 +5,2 @@\n-e\n\\ No newline at end of file\n+e\n+f\n"
    )
    assert apply_diff(before, diff) == "a\nB\nc\nd\ne\nf\n"
    with pytest.raises(ValueError, match="no unified diff"):
        apply_diff(before, "just text")


@needs_real
def test_the_real_examples_are_read() -> None:
    start = time.process_time()
    suite = load_suite(f"cvdp:{REAL}")
    assert time.process_time() - start < 0.3
    judged = {problem.problem_id: problem for problem in suite.problems if not problem.unjudged}
    assert len(suite.problems) == 5
    assert list(judged) == ["cvdp_agentic_fixed_arbiter_0001", "cvdp_copilot_lfsr_0001"]
    assert all(problem.has_reference for problem in judged.values())


@needs_real
def test_without_solutions_the_real_examples_keep_their_targets() -> None:
    suite = load_suite(f"cvdp:{REAL / 'cvdp_v1.1.0_example_agentic_code_generation_no_commercial.jsonl'}")
    assert suite.problems[0].harness is not None
    assert suite.problems[0].harness.targets == ("rtl/fixed_priority_arbiter.sv",)
    assert not suite.problems[0].has_reference


@needs_real
def test_no_agentic_problem_of_the_older_release_is_skipped() -> None:
    suite = load_suite(f"cvdp:{AGENTIC}")
    assert [problem.unjudged for problem in suite.problems] == [""] * 92
    assert all(problem.harness and problem.harness.targets for problem in suite.problems)
