"""Our own suite format: what is read, and what each mistake is told."""

from pathlib import Path

import pytest

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import (
    BoxOutputs,
    Clock,
    ClockEdge,
    Difficulty,
    Polarity,
    Problem,
    Reset,
    ResetKind,
    SourceFile,
)

CORE = Path(__file__).parents[2] / "suites" / "core"
SUITE = 'format = 1\nname = "mini"\ntitle = "A small suite"\n'
PROBLEM = 'title = "Counter"\ncategory = "sequential"\ndifficulty = "easy"\n'
REFERENCE = "module counter(input clk, output reg q);\n  always @(posedge clk) q <= ~q;\nendmodule\n"


def write_suite(folder: Path, suite: str = SUITE, **problems: str) -> Path:
    """Write a suite whose problems have these ``problem.toml``; prompt and reference are the same in each."""
    folder.mkdir(exist_ok=True)
    (folder / "suite.toml").write_text(suite)
    for name, text in (problems or {"counter": PROBLEM}).items():
        (folder / name).mkdir()
        (folder / name / "problem.toml").write_text(text)
        (folder / name / "prompt.md").write_text("Design it.\n")
        (folder / name / "reference.sv").write_text(REFERENCE)
    return folder


def test_a_small_suite_is_read_with_its_defaults(tmp_path: Path) -> None:
    suite = load_suite(str(write_suite(tmp_path)))
    assert (suite.name, suite.title, suite.path) == ("mini", "A small suite", str(tmp_path))
    assert suite.problems == (
        Problem(
            suite="mini",
            problem_id="counter",
            title="Counter",
            category="sequential",
            difficulty=Difficulty.EASY,
            description="Design it.\n",
            top="counter",
            reference=SourceFile(name=f"{tmp_path}/counter/reference.sv", text=REFERENCE),
            reference_top="counter",
        ),
    )


def test_every_key_of_a_problem_is_read(tmp_path: Path) -> None:
    text = """
title = "Counter"
category = "sequential"
difficulty = "hard"
top = "cnt"
tags = ["counter", "gray"]
prompt = "ask.md"
reference = "cnt.v"
[[clock]]
port = "clk_a"
[[clock]]
port = "clk_b"
edge = "falling"
[[reset]]
port = "rst_n"
active = "low"
kind = "asynchronous"
[stimulus]
cycles = 300
"""
    folder = write_suite(tmp_path, counter=text)
    (folder / "counter" / "ask.md").write_text("Ask.")
    (folder / "counter" / "cnt.v").write_text("module cnt; endmodule")
    (problem,) = load_suite(str(folder)).problems
    assert (problem.problem_id, problem.top, problem.reference_top) == ("counter", "cnt", "cnt")
    assert (problem.description, problem.reference.text) == ("Ask.", "module cnt; endmodule")
    assert problem.tags == ("counter", "gray")
    assert problem.clocks == (Clock(port="clk_a"), Clock(port="clk_b", edge=ClockEdge.FALLING))
    assert problem.resets == (Reset(port="rst_n", active=Polarity.LOW, kind=ResetKind.ASYNCHRONOUS),)
    assert (problem.cycles, problem.difficulty) == (300, Difficulty.HARD)


def test_given_files_and_black_boxes(tmp_path: Path) -> None:
    text = PROBLEM + 'given = ["rom.hex"]\n[[blackbox]]\nmodule = "IBUF"\noutputs = ["O"]\n'
    folder = write_suite(tmp_path, counter=text)
    with pytest.raises(SuiteError, match=r"rom\.hex: .*; put the file there, or remove it from given"):
        load_suite(str(folder))
    (folder / "counter" / "rom.hex").write_text("1f")
    (problem,) = load_suite(str(folder)).problems
    assert problem.given == (SourceFile(name="rom.hex", text="1f"),)
    assert problem.box_outputs == (BoxOutputs(module="IBUF", outputs=("O",)),)
    (folder / "counter" / "problem.toml").write_text(text.replace("rom.hex", "../rom.hex"))
    with pytest.raises(SuiteError, match=r"problem\.toml:4: given file '\.\./rom\.hex' must be the name of a file"):
        load_suite(str(folder))


def test_the_order_is_the_names_or_the_list(tmp_path: Path) -> None:
    folder = write_suite(tmp_path, b=PROBLEM, c=PROBLEM, a=PROBLEM)
    assert [problem.problem_id for problem in load_suite(str(folder)).problems] == ["a", "b", "c"]
    (folder / "suite.toml").write_text(SUITE + 'problems = ["c", "a"]\n')
    assert [problem.problem_id for problem in load_suite(str(folder)).problems] == ["c", "a"]


def test_the_file_and_its_folder_name_the_same_suite(tmp_path: Path) -> None:
    folder = write_suite(tmp_path)
    by_file = load_suite(str(folder / "suite.toml"))
    assert by_file.path == str(folder / "suite.toml")
    assert by_file.problems == load_suite(str(folder)).problems


def test_the_digest_follows_names_and_bytes_alone(tmp_path: Path) -> None:
    first = load_suite(str(write_suite(tmp_path / "one", a=PROBLEM, b=PROBLEM))).digest
    other = write_suite(tmp_path / "two", SUITE + 'problems = ["b", "a"]\n', a=PROBLEM, b=PROBLEM)
    assert load_suite(str(other)).digest == first
    assert len(first) == 64
    for file in ("problem.toml", "prompt.md", "reference.sv"):
        path = other / "b" / file
        before = path.read_text()
        path.write_text(before + "\n")
        assert load_suite(str(other)).digest != first, file
        path.write_text(before)
    (other / "b").rename(other / "z")
    (other / "suite.toml").write_text(SUITE)
    assert load_suite(str(other)).digest != first


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ('name = "mini"\ntitle = "T"\n', r"suite\.toml: format must be 1; write format = 1; see: rtlgen help"),
        ('format = 2\nname = "mini"\ntitle = "T"\n', r"suite\.toml:1: format must be 1"),
        ('format = true\nname = "mini"\ntitle = "T"\n', r"suite\.toml:1: format must be 1"),
        ('format = 1\ntitle = "T"\n', r'suite\.toml: name is missing; add name = "\.\.\."'),
        ('format = 1\nname = "../x"\ntitle = "T"\n', r"suite\.toml:2: name = '../x' must look like"),
        ('format = 1\nname = "mini"\n', r"suite\.toml: title is missing"),
        (SUITE + "license = 3\n", r"suite\.toml:4: license must be text"),
        (SUITE + 'licence = "MIT"\n', r"suite\.toml:4: unknown key 'licence'; known are format, name, title, license"),
        (SUITE + 'problems = "counter"\n', r'suite\.toml:4: problems must be a list of words, such as \["a", "b"\]'),
        (SUITE + "problems = []\n", r"suite\.toml:4: problems is empty; list folder names, or remove the key"),
        (
            SUITE + 'problems = ["counter", "counter"]\n',
            r"suite\.toml:4: problem 'counter' is listed twice; remove one",
        ),
        (SUITE + 'problems = ["../counter"]\n', r"suite\.toml:4: problem '../counter' must be the name of a folder"),
        (SUITE + 'problems = ["other"]\n', r"other/problem\.toml: no such file; every problem needs one"),
        (SUITE + "problems = [\n", r"suite\.toml(:\d+)?: not TOML: "),
        ('format = 1\nname = "mini\n', r"suite\.toml:2: not TOML: Illegal character"),
        ("", r"suite\.toml: empty; a suite is a folder with a suite\.toml"),
    ],
)
def test_a_wrong_suite_is_told_where_and_what_to_do(tmp_path: Path, suite: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message) as caught:
        load_suite(str(write_suite(tmp_path, suite)))
    assert str(caught.value).startswith(str(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ('category = "x"\ndifficulty = "easy"\n', r"problem\.toml: title is missing"),
        ('title = "T"\ndifficulty = "easy"\n', r"problem\.toml: category is missing"),
        ('title = "T"\ncategory = "FSM"\ndifficulty = "easy"\n', r"problem\.toml:2: category = 'FSM' must look like"),
        ('title = "T"\ncategory = "x"\n', r"problem\.toml: difficulty is missing"),
        (
            'title = "T"\ncategory = "x"\ndifficulty = "brutal"\n',
            r"problem\.toml:3: difficulty = 'brutal' is unknown; use easy, medium, hard; see",
        ),
        ('title = "T"\ncategory = "x"\ndifficulty = "unrated"\n', r"difficulty = 'unrated' is unknown"),
        (PROBLEM + 'tag = ["x"]\n', r"problem\.toml:4: unknown key 'tag'; known are title, category"),
        (PROBLEM + "tags = [1]\n", r"problem\.toml:4: tags must be a list of words"),
        (PROBLEM + 'top = "1st"\n', r"problem\.toml:4: top = '1st' must look like"),
        (PROBLEM + 'reference = "../x.sv"\n', r"problem\.toml:4: reference = '../x.sv' must look like"),
        (PROBLEM + 'reference = "gone.sv"\n', r"gone\.sv: no such file; put the trusted design there"),
        (PROBLEM + 'prompt = "gone.md"\n', r"gone\.md: no such file; write the description there"),
        (PROBLEM + 'clock = "clk"\n', r"problem\.toml:4: clock must be written as \[\[clock\]\]"),
        (PROBLEM + '[[clock]]\nedge = "rising"\n', r"problem\.toml: port is missing"),
        (PROBLEM + '[[clock]]\nport = "c"\nedge = "up"\n', r":6: edge = 'up' is unknown; use rising, falling, both"),
        (PROBLEM + '[[clock]]\nport = "c"\nperiod = 5\n', r":6: unknown key 'period'; known are port, edge"),
        (PROBLEM + '[[reset]]\nport = "r"\nactive = "low"\n', r"problem\.toml: kind is missing"),
        (PROBLEM + "stimulus = 3\n", r"problem\.toml:4: stimulus must be written as \[stimulus\]"),
        (PROBLEM + "[stimulus]\ncycles = 0\n", r"problem\.toml:5: cycles must be a whole number, 1 or more"),
        (PROBLEM + "[stimulus]\ncycles = true\n", r"problem\.toml:5: cycles must be a whole number"),
        (PROBLEM + "[stimulus]\ncycle = 4\n", r"problem\.toml:5: unknown key 'cycle'; known are cycles"),
        (PROBLEM + "title = 'again'\n", r"problem\.toml:4: not TOML: Cannot overwrite a value"),
    ],
)
def test_a_wrong_problem_is_told_where_and_what_to_do(tmp_path: Path, problem: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message) as caught:
        load_suite(str(write_suite(tmp_path, counter=problem)))
    assert str(caught.value).startswith(f"{tmp_path}/counter/")


def test_a_folder_name_that_is_no_module_name_needs_top(tmp_path: Path) -> None:
    folder = write_suite(tmp_path, **{"2-counter": PROBLEM})
    with pytest.raises(SuiteError, match=r"problem\.toml: top = '2-counter' must look like"):
        load_suite(str(folder))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("prompt.md", None, r"prompt\.md: no such file; write the description there"),
        ("prompt.md", b" \n", r"prompt\.md: empty; write the description there"),
        ("reference.sv", None, r"reference\.sv: no such file; put the trusted design there"),
        ("reference.sv", b"module a;\n// \xe9\n", r"reference\.sv:2: not UTF-8; save the file in that encoding"),
    ],
)
def test_a_missing_or_unreadable_file(tmp_path: Path, file: str, content: bytes | None, message: str) -> None:
    path = write_suite(tmp_path) / "counter" / file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SuiteError, match=message):
        load_suite(str(tmp_path))


def test_a_suite_without_problems(tmp_path: Path) -> None:
    (tmp_path / "suite.toml").write_text(SUITE)
    with pytest.raises(SuiteError, match=r"suite\.toml: the suite holds no problem; add a folder with a problem\.toml"):
        load_suite(str(tmp_path))


def test_the_core_suite_is_read() -> None:
    suite = load_suite(str(CORE))
    assert suite.name == "core"
    assert len({problem.problem_id for problem in suite.problems}) == len(suite.problems) > 10
    assert all(problem.difficulty is not Difficulty.UNRATED for problem in suite.problems)
