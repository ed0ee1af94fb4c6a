"""Options: what may be given, which place wins, and what messages say."""

from pathlib import Path

import pytest
from builders import method_of

from pytest_rtlgen.config import OPTIONS, Option, Options
from pytest_rtlgen.config.parsed import DropLimit, RepairBudget, Requirement
from pytest_rtlgen.config.reference import render_option_reference
from pytest_rtlgen.config.resolve import resolve_options
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.modes import FormalMode, SandboxMode, ScoringMode
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Estimate,
    Problem,
    SampleKey,
    SampleResult,
    SamplingParams,
    SourceFile,
    Status,
    Verdict,
)

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "options.md"


def test_the_defaults_are_these() -> None:
    assert resolve_options({}, {}, {}) == Options(
        model=None,
        base_url=None,
        lora=None,
        engine=(),
        suite=(),
        n=1,
        k=(1,),
        temperature=None,
        top_p=None,
        max_tokens=None,
        seed=0,
        require=(),
        gate=(),
        gate_error=0.05,
        compare=None,
        compare_fail=(),
        unlike=False,
        save=None,
        report_only=False,
        out=Path(".rtlgen/runs"),
        resume="auto",
        sandbox=SandboxMode.AUTO,
        simulator="icarus",
        jobs=None,
        concurrency=16,
        timeout_s=600.0,
        cache=None,
        no_cache=False,
        executor="local",
        late_budget_s=None,
        max_cost_usd=None,
        max_tokens_total=None,
        prices=None,
        check_timeout_s=20.0,
        stimulus_seed=0,
        cycles=None,
        formal=FormalMode.LATE,
        formal_budget_s=2.0,
        cross_check=None,
        scoring=ScoringMode.BOTH,
        repair=None,
        reflector=None,
        show_testbench=False,
        limit=None,
        prompt="chat",
        shots=0,
        rules=False,
        prompt_only=None,
        synth=False,
        html=None,
        hide_references=False,
        preset=None,
    )


def test_every_field_has_one_row_of_the_table() -> None:
    assert [option.field for option in OPTIONS] == list(Options._fields)


def test_every_default_is_what_its_text_would_be_read_as() -> None:
    for option in OPTIONS:
        if option.default not in (None, ()):
            text = "1,5,10" if option.name == "k" else str(option.default)
            assert option.parse(text) == option.default, option.name


def test_the_spellings_of_one_option() -> None:
    option = next(option for option in OPTIONS if option.name == "check-timeout")
    assert (option.flag, option.key, option.variable, option.field) == (
        "--rtlgen-check-timeout",
        "rtlgen_check_timeout",
        "RTLGEN_CHECK_TIMEOUT",
        "check_timeout_s",
    )


def test_the_sandbox_modes_are_those_of_the_sandbox() -> None:
    (option,) = (option for option in OPTIONS if option.name == "sandbox")
    assert option.choices == tuple(SandboxMode)


@pytest.mark.parametrize(
    ("cli", "ini", "env", "n"),
    [
        ({"rtlgen_n": "2"}, {"rtlgen_n": "3"}, {"RTLGEN_N": "4"}, 2),
        ({"rtlgen_n": None}, {"rtlgen_n": "3"}, {"RTLGEN_N": "4"}, 4),
        ({}, {"rtlgen_n": "3"}, {"RTLGEN_N": ""}, 3),
        ({}, {"rtlgen_n": []}, {"RTLGEN_N": " "}, 1),
        ({}, {"rtlgen_n": 3}, {}, 3),
        ({"n": "9"}, {"n": "9"}, {"N": "9"}, 1),
    ],
)
def test_the_command_line_wins_then_the_environment_then_the_ini_file(
    cli: dict[str, object], ini: dict[str, object], env: dict[str, str], n: int
) -> None:
    assert resolve_options(cli, ini, env).n == n


VALUES = [
    ("model", "openai:gpt", "openai:gpt"),
    ("base-url", "http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
    ("lora", "adapters/a", "adapters/a"),
    ("temperature", "0", 0.0),
    ("top-p", "0.95", 0.95),
    ("max-tokens", "2048", 2048),
    ("seed", "7", 7),
    ("out", "elsewhere/runs", Path("elsewhere/runs")),
    ("resume", "never", "never"),
    ("sandbox", "required", "required"),
    ("simulator", "yosys", "yosys"),
    ("jobs", "4", 4),
    ("concurrency", "1", 1),
    ("timeout", "1.5", 1.5),
    ("check-timeout", "5", 5.0),
    ("stimulus-seed", "3", 3),
    ("cycles", "100", 100),
    ("limit", "10", 10),
    ("prompt", "completion", "completion"),
]


def option_named(name: str) -> Option:
    return next(option for option in OPTIONS if option.name == name)


@pytest.mark.parametrize(("name", "text", "value"), VALUES, ids=[name for name, _, _ in VALUES])
def test_a_value_is_read_the_same_from_each_place(name: str, text: str, value: object) -> None:
    option = option_named(name)
    for options in (
        resolve_options({option.key: text}, {}, {}),
        resolve_options({}, {option.key: text}, {}),
        resolve_options({}, {}, {option.variable: text}),
    ):
        assert getattr(options, option.field) == value


@pytest.mark.parametrize(
    ("cli", "ini", "env", "suites"),
    [
        ({"rtlgen_suite": ["a,b", "verilog-eval-v2:c"]}, {}, {}, ("a,b", "verilog-eval-v2:c")),
        ({"rtlgen_suite": "one"}, {}, {}, ("one",)),
        ({"rtlgen_suite": []}, {"rtlgen_suite": ["x", "y"]}, {}, ("x", "y")),
        ({}, {"rtlgen_suite": "x, y\nz\n"}, {}, ("x", "y", "z")),
        ({}, {}, {"RTLGEN_SUITE": "x,y"}, ("x", "y")),
    ],
)
def test_suites_may_be_repeated(
    cli: dict[str, object], ini: dict[str, object], env: dict[str, str], suites: tuple[str, ...]
) -> None:
    assert resolve_options(cli, ini, env).suite == suites


@pytest.mark.parametrize(
    ("cli", "ini", "env", "expected"),
    [
        ({"rtlgen_report_only": True}, {}, {}, True),
        ({"rtlgen_report_only": False}, {"rtlgen_report_only": "yes"}, {}, True),
        ({}, {"rtlgen_report_only": False}, {"RTLGEN_REPORT_ONLY": "1"}, True),
        ({}, {"rtlgen_report_only": True}, {"RTLGEN_REPORT_ONLY": "no"}, False),
        ({}, {}, {"RTLGEN_REPORT_ONLY": "1"}, True),
        ({}, {}, {"RTLGEN_REPORT_ONLY": "Off"}, False),
    ],
)
def test_a_flag(cli: dict[str, object], ini: dict[str, object], env: dict[str, str], expected: bool) -> None:
    assert resolve_options(cli, ini, env).report_only is expected


@pytest.mark.parametrize(
    ("n", "k", "require", "ks"),
    [
        ("1", None, [], (1,)),
        ("7", None, [], (1, 5)),
        ("20", None, [], (1, 5, 10)),
        ("20", "20, 1,1", [], (1, 20)),
        ("4", None, ["pass@3>=0.5", "credit>0.9"], (1, 3)),
        ("4", "2", ["syntax@4>0"], (2, 4)),
    ],
)
def test_which_ks_are_estimated(n: str, k: str | None, require: list[str], ks: tuple[int, ...]) -> None:
    assert resolve_options({"rtlgen_n": n, "rtlgen_k": k, "rtlgen_require": require}, {}, {}).k == ks


@pytest.mark.parametrize(
    ("text", "compiling", "simulating"),
    [("compile:3,simulate:4", 3, 4), (" simulate : 2 , compile:0", 0, 2), ("compile:1", 1, 0), ("simulate:99", 0, 99)],
)
def test_a_repair_budget_is_read(text: str, compiling: int, simulating: int) -> None:
    assert option_named("repair").parse(text) == RepairBudget(compile=compiling, simulate=simulating)


def test_a_repair_budget_may_say_when_to_begin_anew() -> None:
    budget = option_named("repair").parse("compile:3,simulate:4,fresh:3")
    assert budget == RepairBudget(compile=3, simulate=4, fresh=3)
    assert option_named("repair").parse(str(budget)) == budget
    assert str(RepairBudget(compile=3, simulate=4)) == "compile:3,simulate:4"


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "compile",
        "compile:0",
        "compile:0,simulate:0",
        "compile:1,compile:2",
        "link:1",
        "fresh:3",
        "fresh:1,compile:0",
    ],
)
def test_a_repair_budget_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(UsageError, match=r"--rtlgen-repair='.*' \(command line\): must be compile:N,simulate:N"):
        resolve_options({"rtlgen_repair": text}, {}, {})


@pytest.mark.parametrize(
    ("given", "spelling"),
    [({"rtlgen_reflector": "openai:m"}, "--rtlgen-reflector"), ({"rtlgen_show_testbench": True}, "--rtlgen-show-test")],
)
def test_how_to_repair_needs_a_budget(given: dict[str, object], spelling: str) -> None:
    with pytest.raises(UsageError, match=rf"{spelling}.*; add --rtlgen-repair=compile:3,simulate:4"):
        resolve_options(given, {}, {})
    assert resolve_options({**given, "rtlgen_repair": "compile:1"}, {}, {}).repair is not None


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("pass@1>=0.6", Requirement(metric="pass", k=1, operator=">=", threshold=0.6)),
        (" syntax@10 > .95 ", Requirement(metric="syntax", k=10, operator=">", threshold=0.95)),
        ("credit>=1", Requirement(metric="credit", k=None, operator=">=", threshold=1.0)),
        ("pass@1.low>=.6", Requirement(metric="pass", k=1, operator=">=", threshold=0.6, is_low=True)),
        ("credit.low > 0", Requirement(metric="credit", k=None, operator=">", threshold=0.0, is_low=True)),
    ],
)
def test_a_gate_is_read(text: str, requirement: Requirement) -> None:
    assert option_named("require").parse(text) == requirement


@pytest.mark.parametrize(
    ("text", "value", "is_met"),
    [
        ("pass@1>=0.6", 0.6, True),
        ("pass@1>=0.6", 0.5999999999999999, True),
        ("pass@1>=0.6", 0.5999, False),
        ("pass@1>0.6", 0.6, False),
        ("pass@1>0.6", 0.6000000000000001, False),
        ("pass@1>0.6", 0.601, True),
        ("credit>=1", 1.0, True),
        ("pass@1.low>=0.5", 0.6, True),
        ("pass@1.low>0.5", 0.6, False),
        ("credit.low>=0.5", 0.59, False),
    ],
)
def test_a_gate_holds_or_not(text: str, value: float, is_met: bool) -> None:
    requirement = option_named("require").parse(text)
    assert isinstance(requirement, Requirement)
    assert requirement.is_met(Estimate(value=value, low=value - 0.1, high=1.0)) is is_met
    assert str(requirement) == text


@pytest.mark.parametrize(
    ("text", "change", "low", "is_met"),
    [
        ("pass@1:-2%", -0.02, -0.5, True),
        ("pass@1:-2%", -0.0201, -0.5, False),
        ("pass@10:-0%", 0.0, -0.5, True),
        ("pass@5.low:-5%", 0.1, -0.04, True),
        ("pass@5.low:-5%", 0.1, -0.06, False),
    ],
)
def test_a_limit_of_a_drop_holds_or_not(text: str, change: float, low: float, is_met: bool) -> None:
    limit = option_named("compare-fail").parse(text)
    assert isinstance(limit, DropLimit)
    assert limit.is_met(Estimate(value=change, low=low, high=1.0)) is is_met
    assert str(limit) == text


def test_a_limit_needs_a_run_and_has_its_k_estimated() -> None:
    given: dict[str, object] = {"rtlgen_compare_fail": ["pass@3:-2%"], "rtlgen_n": "4"}
    assert resolve_options({**given, "rtlgen_compare": "old"}, {}, {}).k == (1, 3)
    with pytest.raises(UsageError, match=r"--rtlgen-compare-fail \(command line\): .*; add --rtlgen-compare=RUN"):
        resolve_options(given, {}, {})
    with pytest.raises(UsageError, match=r"--rtlgen-compare-fail \(command line\): k = 3 needs 3 completions"):
        resolve_options({**given, "rtlgen_n": "2", "rtlgen_compare": "old"}, {}, {})


def test_a_gate_measures_its_figure() -> None:
    problem = Problem(
        suite="core",
        problem_id="a",
        title="a",
        category="c",
        description="d",
        top="a",
        reference=SourceFile(name="a.sv", text=""),
        reference_top="a",
    )
    results = [
        SampleResult(
            completion=Completion(key=SampleKey(suite="core", problem_id="a", index=index), text="", model="m"),
            candidate=Candidate(source="", rule="fence"),
            verdict=Verdict(status=status, method=method_of(status)),
        )
        for index, status in enumerate([Status.PASSED, Status.TIMEOUT, Status.SYNTAX_ERROR, Status.SYNTAX_ERROR])
    ]
    summary = summarize([problem], results, (1,))
    gates = resolve_options({"rtlgen_require": ["pass@1>0", "syntax@1>0", "credit>0"]}, {}, {}).require
    assert [round(found.value, 6) for gate in gates if (found := gate.measure(summary))] == [0.25, 0.5, 0.25]
    with pytest.raises(UsageError, match=r"pass@2>0 needs k = 2, which was not estimated; add it to --rtlgen-k"):
        Requirement(metric="pass", k=2, operator=">", threshold=0.0).measure(summary)


@pytest.mark.parametrize(
    ("cli", "ini", "env", "message"),
    [
        ({"rtlgen_n": "abc"}, {}, {}, r"--rtlgen-n='abc' \(command line\): must be a whole number, 1 or more"),
        ({"rtlgen_n": "0"}, {}, {}, r"--rtlgen-n='0' .* 1 or more"),
        ({"rtlgen_n": "\u0663"}, {}, {}, r"--rtlgen-n="),
        ({}, {"rtlgen_seed": "-1"}, {}, r"rtlgen_seed='-1' \(ini file\): must be a whole number, 0 or more"),
        ({}, {}, {"RTLGEN_TOP_P": "1.5"}, r"RTLGEN_TOP_P='1.5' \(environment\): must be a number above 0, at most 1"),
        ({"rtlgen_temperature": "nan"}, {}, {}, r"--rtlgen-temperature='nan' .*: must be a number, 0 or more"),
        ({"rtlgen_timeout": "inf"}, {}, {}, r"must be a number of seconds above 0"),
        ({"rtlgen_model": " "}, {}, {}, r"--rtlgen-model=' ' \(command line\): must be text that is not empty"),
        ({"rtlgen_k": "1,,5"}, {}, {}, r"--rtlgen-k='1,,5' .*: must be whole numbers from 1 with commas between"),
        ({"rtlgen_k": "1,5"}, {}, {}, r"--rtlgen-k \(command line\): k = 5 needs 5 completions .* --rtlgen-n is 1;"),
        (
            {"rtlgen_require": ["pass@5>0"]},
            {},
            {},
            r"--rtlgen-require \(command line\): k = 5 needs 5 completions a problem",
        ),
        (
            {"rtlgen_require": ["pass>0.5"]},
            {},
            {},
            r"--rtlgen-require='pass>0.5' .*: must be pass@K, syntax@K, credit or proved",
        ),
        ({"rtlgen_require": ["pass@1>=60"]}, {}, {}, r"a number from 0 to 1"),
        ({"rtlgen_require": ["pass@1.high>=0.6"]}, {}, {}, r"\.low for the low end of its interval"),
        ({"rtlgen_compare_fail": ["pass@1:2%"]}, {}, {}, r"percentage points, such as pass@1:-2%"),
        ({"rtlgen_compare_fail": ["pass@1:-200%"]}, {}, {}, r"percentage points, such as pass@1:-2%"),
        ({"rtlgen_save": "../x"}, {}, {}, r"--rtlgen-save='../x' .*: must be letters, digits, dots, _ and -"),
        ({"rtlgen_require": ["pass@1<0.5"]}, {}, {}, r"then >= or >"),
        ({"rtlgen_sandbox": "on"}, {}, {}, r"--rtlgen-sandbox='on' .*: must be one of required, auto, off"),
        ({}, {"rtlgen_simulator": "vcs"}, {}, r"rtlgen_simulator='vcs' .*: must be one of icarus, icarus-cold, yosys"),
        ({}, {}, {"RTLGEN_REPORT_ONLY": "maybe"}, r"RTLGEN_REPORT_ONLY='maybe' .*: must be true or false"),
        (
            {"rtlgen_base_url": "localhost:80"},
            {},
            {},
            r"--rtlgen-base-url \(command line\): must be http:// or https://",
        ),
    ],
)
def test_a_value_that_cannot_be_meant(
    cli: dict[str, object], ini: dict[str, object], env: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        resolve_options(cli, ini, env)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@host/v1",
        "https://hunter2@host/v1",
        "https://host/v1?key=hunter2",
        "https://host/v1#hunter2",
        "https://host:hunter2/v1",
    ],
)
def test_an_address_with_a_secret_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError, match="keys belong in OPENAI_API_KEY") as caught:
        resolve_options({}, {}, {"RTLGEN_BASE_URL": url})
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in str(error)
        error = error.__cause__


def test_sampling_is_taken_from_the_options() -> None:
    options = resolve_options({"rtlgen_n": "3", "rtlgen_temperature": "0.2", "rtlgen_max_tokens": "9"}, {}, {})
    assert options.sampling == SamplingParams(n=3, temperature=0.2, max_tokens=9)


def test_a_row_of_the_reference_page() -> None:
    rows = render_option_reference().splitlines()
    assert (
        "| `--rtlgen-sandbox=MODE` | `rtlgen_sandbox` | `RTLGEN_SANDBOX` | `auto` | isolate candidates: refuse to run "
        "without isolation, isolate where possible, or never (`required`, `auto`, `off`) |"
    ) in rows
    assert len(rows) == len(OPTIONS) + 9


def test_engine_settings_are_pairs_and_name_the_run() -> None:
    given = {"rtlgen_model": "vllm:m", "rtlgen_engine": ["dtype=float32", " max_model_len = 8192 "], "rtlgen_lora": "a"}
    options = resolve_options(given, {}, {})
    assert options.engine == (("dtype", "float32"), ("max_model_len", "8192"))
    assert options.model_label == "vllm:m lora=a dtype=float32 max_model_len=8192"
    with pytest.raises(UsageError, match=r"--rtlgen-engine='dtype' \(command line\): must be KEY=VALUE"):
        resolve_options({"rtlgen_engine": ["dtype"]}, {}, {})


def test_a_model_without_engine_settings_names_the_run_as_it_is_spelt() -> None:
    assert resolve_options({"rtlgen_model": "openai:m"}, {}, {}).model_label == "openai:m"
