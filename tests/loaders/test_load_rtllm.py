"""RTLLM: small copies of both layouts, and what is said of broken ones."""

import shutil
from pathlib import Path

import pytest

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import BenchRule, Problem

FIXTURE = Path(__file__).parents[2] / "fixtures" / "benchmarks" / "rtllm"
V1, V2 = FIXTURE / "v1.1", FIXTURE / "v2"
INVERTER = Path("word_inverter")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(V1, tmp_path / "copy"))


def find(spec: str, problem_id: str) -> Problem:
    return next(problem for problem in load_suite(spec).problems if problem.problem_id == problem_id)


@pytest.mark.parametrize(
    ("spec", "title", "designs"),
    [
        (f"rtllm-v1.1:{V1}", "RTLLM v1.1", [("word_inverter", "rtllm"), ("wrap_counter", "rtllm")]),
        (
            f"rtllm-v2:{V2}",
            "RTLLM v2.0",
            [
                ("word_inverter", "Arithmetic/Bit wise"),
                ("wrap_counter", "Control/Counter"),
                ("buffer", "Miscellaneous/Others"),
            ],
        ),
    ],
)
def test_designs_stand_in_the_order_of_their_folders(spec: str, title: str, designs: list[tuple[str, str]]) -> None:
    suite = load_suite(spec)
    assert (suite.name, suite.title, suite.path) == (spec.partition(":")[0], title, spec)
    assert [(problem.problem_id, problem.category) for problem in suite.problems] == designs


def test_v2_1_stands_where_v2_0_does() -> None:
    new, old = load_suite(f"rtllm-v2.1:{V2}"), load_suite(f"rtllm-v2:{V2}")
    assert (new.name, new.title) == ("rtllm-v2.1", "RTLLM v2.1")
    assert {problem.suite for problem in new.problems} == {"rtllm-v2.1"}
    assert [(one.problem_id, one.category, one.description, one.testbench) for one in new.problems] == [
        (one.problem_id, one.category, one.description, one.testbench) for one in old.problems
    ]
    with pytest.raises(SuiteError, match=r"v1\.1: this is laid out as RTLLM v1\.1; name it rtllm-v1\.1:PATH"):
        load_suite(f"rtllm-v2.1:{V1}")


def test_names_come_from_the_texts() -> None:
    folder = V2 / "Arithmetic" / "Bit wise" / "word_inverter"
    problem = find(f"rtllm-v2:{V2}", "word_inverter")
    assert problem.description == (folder / "design_description.txt").read_text()
    assert problem.reference.name == str(folder / "verified_inverter.v")
    assert (problem.top, problem.reference_top) == ("word_inverter", "verified_inverter")
    bench = problem.testbench
    assert bench is not None
    assert (bench.rule, bench.bench_top, bench.top) == (BenchRule.RTLLM, "inverter_tb", "word_inverter")
    assert bench.bench.text == (folder / "testbench.v").read_text()
    assert [(file.name, file.text) for file in bench.data] == [("wanted.txt", (folder / "wanted.txt").read_text())]
    assert (bench.reference, bench.reference_top) == (problem.reference, "verified_inverter")
    assert bench.timeout_s == 8.0


def test_a_reference_may_have_the_expected_name_already() -> None:
    problem = find(f"rtllm-v1.1:{V1}", "wrap_counter")
    assert (problem.top, problem.reference_top) == ("wrap_counter", "wrap_counter")


def test_a_changed_data_file_changes_the_digest(copy: Path) -> None:
    before = load_suite(f"rtllm-v1.1:{copy}").digest
    (copy / INVERTER / "wanted.txt").write_text("0\n")
    assert load_suite(f"rtllm-v1.1:{copy}").digest != before


def test_a_reference_that_no_compiler_takes_is_loaded(copy: Path) -> None:
    path = copy / INVERTER / "verified_inverter.v"
    path.write_text(path.read_text().replace("endmodule", "reg [7:0] data [0:9] = {8'd1};\nendmodule", 1))
    problem = find(f"rtllm-v1.1:{copy}", "word_inverter")
    assert problem.reference_top == "verified_inverter"


def test_the_versions_are_told_apart() -> None:
    with pytest.raises(
        SuiteError, match=r"v1\.1: this is laid out as RTLLM v1\.1; name it rtllm-v1\.1:PATH; expected Cat"
    ):
        load_suite(f"rtllm-v2:{V1}")
    with pytest.raises(
        SuiteError, match=r"v2: this is laid out as RTLLM v2\.0; name it rtllm-v2:PATH; expected design"
    ):
        load_suite(f"rtllm-v1.1:{V2}")
    with pytest.raises(SuiteError, match=r"Control: designs stand 2 folders below it instead of 3; expected Category"):
        load_suite(f"rtllm-v2:{V2 / 'Control'}")


def test_another_folder_is_told_what_was_expected(tmp_path: Path) -> None:
    expected = r"expected design folders side by side of github\.com/hkust-zhiyao/RTLLM, each with design_description"
    with pytest.raises(SuiteError, match=rf"holds no design; {expected}"):
        load_suite(f"rtllm-v1.1:{tmp_path}")
    with pytest.raises(SuiteError, match=rf"gone: cannot be read: No such file or directory; {expected}"):
        load_suite(f"rtllm-v1.1:{tmp_path}/gone")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "design_description.txt",
            r"description\.txt: no such file; design word_inverter needs design_description\.txt, ",
        ),
        (
            "testbench.v",
            r"testbench\.v: no such file; design word_inverter needs design_description\.txt, testbench\.v",
        ),
        ("verified_inverter.v", r"word_inverter: 0 files verified_\*\.v instead of one; design word_inverter needs"),
        ("wanted.txt", r"wanted\.txt: no such file; testbench\.v:13 reads it; take it from github\.com/hkust-zhiyao"),
    ],
)
def test_a_missing_file_is_named(copy: Path, name: str, message: str) -> None:
    (copy / INVERTER / name).unlink()
    with pytest.raises(SuiteError, match=message):
        load_suite(f"rtllm-v1.1:{copy}")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("testbench.v", "", r"testbench\.v: empty; design word_inverter needs"),
        ("wanted.txt", "\n", r"wanted\.txt: empty; testbench\.v:13 reads it"),
        ("testbench.v", "module a; endmodule", r"testbench\.v: cannot tell the module under test \(found none\); take"),
        ("testbench.v", "module a; x i(); y j(); endmodule", r"cannot tell the module under test \(found x, y\)"),
        ("testbench.v", "module a; x i(); endmodule module b; endmodule", r"cannot tell the top module \(found a, b\)"),
        (
            "verified_inverter.v",
            "// gone",
            r"verified_inverter\.v: cannot tell the top module \(found none\); take the",
        ),
    ],
)
def test_a_wrong_text_is_named(copy: Path, name: str, text: str, message: str) -> None:
    (copy / INVERTER / name).write_text(text)
    with pytest.raises(SuiteError, match=message):
        load_suite(f"rtllm-v1.1:{copy}")


def test_two_designs_of_one_name_are_an_error(tmp_path: Path) -> None:
    root = Path(shutil.copytree(V2, tmp_path / "copy"))
    shutil.copytree(root / "Control" / "Counter" / "wrap_counter", root / "Miscellaneous" / "Others" / "wrap_counter")
    with pytest.raises(SuiteError, match=r"a design of that name stands under 'Control/Counter' too; remove one"):
        load_suite(f"rtllm-v2:{root}")


def test_a_file_that_the_bench_only_writes_need_not_be_there(copy: Path) -> None:
    path = copy / INVERTER / "testbench.v"
    path.write_text(
        path.read_text().replace(
            "  initial begin", '  integer f; initial f = $fopen("log.txt", "w");\n  initial begin', 1
        )
    )
    bench = find(f"rtllm-v1.1:{copy}", "word_inverter").testbench
    assert bench is not None
    assert [file.name for file in bench.data] == ["wanted.txt"]
