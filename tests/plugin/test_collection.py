"""What is collected, when, and under which names."""

from pathlib import Path

import pytest
from plugin.conftest import Runner, find_runs

pytestmark = pytest.mark.slow  # each test starts pytest anew


def test_without_an_option_nothing_is_collected_and_nothing_is_written(pytester: pytest.Pytester, suite: Path) -> None:
    result = pytester.runpytest_inprocess(str(suite))
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "rtlgen" not in result.stdout.str().replace("plugins: rtlgen", "")
    assert not (pytester.path / ".rtlgen").exists()


def test_problems_become_items_in_order_and_collection_asks_no_model(pytester: pytest.Pytester, run: Runner) -> None:
    result = run("--collect-only", "-q", model="command:touch asked")
    assert result.outlines[:3] == [
        "mini/suite.toml::and2",
        "mini/suite.toml::counter",
        "mini/suite.toml::xor2",
    ]
    assert not (pytester.path / "asked").exists()
    assert not (pytester.path / "runs").exists()


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        (("-k", "counter"), ["counter"]),
        (("-k", "gates"), ["and2", "xor2"]),
        (("-k", "medium"), ["counter"]),
        (("-m", "rtlgen"), ["and2", "counter", "xor2"]),
        (("-m", "rtlgen_difficulty and not rtlgen"), []),
        (("-m", "rtlgen_difficulty(name='easy')"), ["and2", "xor2"]),
        (("-m", "rtlgen_category(name='registers')"), ["counter"]),
        (("--rtlgen-limit=2",), ["and2", "counter"]),
    ],
)
def test_selection(run: Runner, expression: tuple[str, ...], names: list[str]) -> None:
    result = run("--collect-only", "-q", *expression)
    assert [line.rpartition("::")[2] for line in result.outlines if "suite.toml::" in line] == names


@pytest.mark.simulator
def test_one_problem_can_be_named_by_its_node_id(suite: Path, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(
        f"{suite / 'suite.toml'}::and2", "--rtlgen-model=replay:answers", "--rtlgen-n=1", "--rtlgen-out=runs"
    )
    result.assert_outcomes(passed=1)


@pytest.mark.usefixtures("suite")
def test_a_suite_can_be_named_by_option_alone(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(
        "--rtlgen-suite=mini", "--rtlgen-model=replay:answers", "--collect-only", "-q"
    )
    assert "mini/suite.toml::and2" in result.outlines


@pytest.mark.simulator
def test_other_tests_run_beside_a_suite(run: Runner, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine="def test_mine(): pass")
    result = run("test_mine.py", "-k", "and2 or mine")
    result.assert_outcomes(passed=2)
    assert len(find_runs(pytester.path)) == 1


@pytest.mark.simulator
def test_a_verilog_eval_folder_collects(pytester: pytest.Pytester) -> None:
    folder = Path(__file__).parents[2] / "fixtures" / "benchmarks" / "verilog-eval-v2"
    result = pytester.runpytest_inprocess(
        f"--rtlgen-suite=verilog-eval-v2:{folder}", "--rtlgen-model=reference:", "--rtlgen-out=runs", "-v"
    )
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["verilog-eval-v2::Prob001_*PASSED*"])


@pytest.mark.usefixtures("suite")
def test_a_problem_can_be_named_by_its_folder(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("mini/xor2", "--rtlgen-model=replay:answers", "--collect-only", "-q")
    assert [line for line in result.outlines if "::" in line] == ["mini/suite.toml::xor2"]


def test_a_model_without_a_suite_says_what_is_missing(pytester: pytest.Pytester) -> None:
    (pytester.path / "empty").mkdir()
    result = pytester.runpytest_inprocess("empty", "--rtlgen-model=reference:")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["rtlgen: there is a model but no suite: name one (--rtlgen-suite=core:)*"])


def test_other_tests_hear_nothing_of_a_missing_suite(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest_inprocess("--rtlgen-model=reference:")
    result.assert_outcomes(passed=1)
    assert "there is a model" not in result.stdout.str()


def test_a_misspelt_variable_is_refused(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTLGEN_MODLE", "reference:")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*RTLGEN_MODLE (environment): there is no such option; did you mean RTLGEN_MODEL?"])
