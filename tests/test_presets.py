"""Presets, papers' tables, prompts to disk, and what is drawn from saved runs."""

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from builders import problem, summary_row

import pytest_rtlgen.config.papers
from pytest_rtlgen.cli import COMMANDS
from pytest_rtlgen.cli.arguments import make_parser
from pytest_rtlgen.config import OPTIONS
from pytest_rtlgen.config.papers import load_preset, load_tables
from pytest_rtlgen.config.resolve import resolve_options
from pytest_rtlgen.config.table import PRESETS
from pytest_rtlgen.errors import RecordError, UsageError
from pytest_rtlgen.loaders.catalogue import DIGESTS
from pytest_rtlgen.prompts import STYLES, PromptStyle, render_prompt
from pytest_rtlgen.prompts.write import write_prompts
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Environment,
    Method,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    Status,
    Suite,
    Summary,
    TokenUsage,
    Verdict,
)
from pytest_rtlgen.report.paper import compare_with_paper
from pytest_rtlgen.storage import RunStore

PASS, FAIL = Status.PASSED, Status.MISMATCH
TABLE = Path(pytest_rtlgen.config.papers.__file__).with_suffix(".toml")
ROOT = Path(__file__).parents[1]


def test_the_names_are_those_of_the_file() -> None:
    assert tuple(tomllib.loads(TABLE.read_text(encoding="utf-8"))) == PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_sets_options_that_exist_and_can_be_read(name: str) -> None:
    preset, rows = load_preset(name), {option.name: option for option in OPTIONS}
    options = resolve_options({"rtlgen_preset": name}, {}, {})
    for option, text in preset.options.items():
        assert getattr(options, rows[option].field) == rows[option].parse(text)
    assert options.prompt in STYLES
    assert preset.source


def test_everything_that_is_given_wins_over_the_preset() -> None:
    preset = {"rtlgen_preset": "codev-r1"}
    plain = resolve_options(preset, {}, {})
    assert (plain.n, plain.temperature, plain.top_p, plain.max_tokens) == (20, 1.0, 0.95, 16384)
    assert (plain.prompt, plain.k) == ("codev-r1", (1, 5, 10, 20))
    assert resolve_options({**preset, "rtlgen_temperature": "0.3"}, {}, {}).temperature == 0.3
    assert resolve_options(preset, {"rtlgen_temperature": "0.3"}, {}).temperature == 0.3
    assert resolve_options({}, {}, {"RTLGEN_PRESET": "codev-r1", "RTLGEN_TEMPERATURE": "0.3"}).temperature == 0.3
    assert resolve_options({**preset, "rtlgen_n": "5"}, {}, {}).k == (1, 5)


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"--rtlgen-preset='r2' \(command line\): must be one of codev-r1, "):
        resolve_options({"rtlgen_preset": "r2"}, {}, {})


SUMMARY = Summary(
    total=summary_row("all", 3, (1, 0.7)),
    by_category=(summary_row("cid002", 3, (1, 0.9)), summary_row("cid003", 3, (1, 0.25))),
    by_difficulty=(),
    statuses=(),
    samples=0,
    prompt_tokens=0,
    completion_tokens=0,
    generation_s=0.0,
    check_s=0.0,
    problems=(),
)
SETTINGS = RunSettings(
    model="m",
    suites=(("rtllm-v1.1", "0" * 64),),
    sampling=SamplingParams(n=20, temperature=1.0, top_p=0.95, max_tokens=16384),
    prompt="codev-r1",
    simulator="icarus",
)


def test_a_comparison_shows_both_figures_and_says_that_the_dataset_differs() -> None:
    text = compare_with_paper("codev-r1", "rtllm-v1.1", SUMMARY, SETTINGS)
    assert [line.split() for line in text.splitlines() if line.startswith("CodeV-R1-7B  ")][:1] == [
        ["CodeV-R1-7B", "all", "pass@1", "70.0", "72.9", "-2.9"]
    ]
    assert "note: the dataset is 000000000000 here, and not the pinned copy 31e9174fb25b" in text
    assert "note: n is" not in text
    assert "note: temperature" not in text


@pytest.mark.parametrize("name", PRESETS)
def test_every_row_of_a_table_has_a_figure_a_column(name: str) -> None:
    for table in load_tables(name):
        assert all(len(row.percents) == len(table.columns) for row in table.rows)
        assert all(0 <= value <= 100 for row in table.rows for value in row.percents if value is not None)
        assert {column.suite for column in table.columns} <= {*DIGESTS, "cvdp"}


@pytest.mark.parametrize("name", ["salv", "codev-r1", "codev-r1-distill", "spec2rtl"])
def test_the_figures_of_a_preset_are_those_of_its_tables(name: str) -> None:
    preset = load_preset(name)
    printed = {
        (row.model, column.suite, column.category, column.k, column.temperature): value
        for table in load_tables(name)
        for row in table.rows
        for column, value in zip(table.columns, row.percents, strict=True)
        if not column.share
    }
    figures = {(one.model, one.suite, one.category, one.k, one.temperature): one.percent for one in preset.figures}
    shared = figures.keys() & printed.keys()
    assert {key: figures[key] for key in shared} == {key: printed[key] for key in shared}
    assert {key[1] for key in figures.keys() - shared} <= {"rtllm-v2"}  # which the cards of CodeV-R1 do not have


def test_the_tables_of_the_papers_are_there_whole() -> None:
    sizes = {table.name: (len(table.rows), len(table.columns)) for table in load_tables("salv")}
    assert sizes == {"Table 1": (14, 10), "Table 2": (13, 6), "Table 3": (5, 6), "Table 4": (3, 6)}
    assert [(len(table.rows), len(table.columns)) for table in load_tables("codev-r1")] == [(16, 2), (15, 1)]
    assert [row.percents[0] for row in load_tables("spec2rtl")[0].rows][-2:] == [58.97, 55.13]
    stages, models = load_tables("salv")[3], load_tables("salv")[1]
    assert stages.rows[0].percents == next(row.percents for row in models.rows if row.model == stages.rows[0].model)
    assert stages.rows[-1].percents == models.rows[-1].percents == load_tables("salv")[2].rows[-1].percents


def test_a_comparison_shows_the_papers_tables_with_our_figures_first() -> None:
    lines = [line.split() for line in compare_with_paper("salv", "rtllm-v1.1", SUMMARY, SETTINGS).splitlines()]
    assert lines.count(["ours", "70.0", "-", "-"]) == 3
    assert ["VeriPrefer", "7B", "53.2", "67.7", "-"] in lines
    assert ["both,", "signal-aware", "7B", "62.6", "75.1", "81.1"] in lines
    easy = compare_with_paper("spec2rtl", "cvdp", SUMMARY, SETTINGS)
    assert ["ours", "25.0", "-", "-"] in [line.split() for line in easy.splitlines()]


def test_a_comparison_says_what_was_sampled_otherwise_and_what_the_run_has_not() -> None:
    other = replace(SETTINGS, sampling=SamplingParams(n=1), prompt="chat")
    text = compare_with_paper("salv", "rtllm-v1.1", SUMMARY, other)
    assert "note: n is 1 here, 20 in the paper" in text
    assert "note: temperature is not set here, 0.2 or 0.5 or 0.8 in the paper" in text
    assert "note: the prompt is chat here, salv in the paper" in text
    assert [line.split()[-3:] for line in text.splitlines() if " all  " in line and "pass@5" in line] == [
        ["-", "75.1", "-"]
    ]


def test_figures_of_a_category_are_compared_with_that_category() -> None:
    text = compare_with_paper("spec2rtl", "cvdp", SUMMARY, SETTINGS)
    assert ["GRPO", "cid003", "pass@1", "25.0", "29.5", "-4.5"] in [line.split() for line in text.splitlines()]
    assert compare_with_paper("spec2rtl", "rtllm-v2", SUMMARY, SETTINGS) == ""


def a_suite(**changes: str) -> Suite:
    asked = (problem(suite="mini"), problem(suite="mini", problem_id="other", **changes))
    return Suite(name="mini", title="t", path="mini", digest="0", problems=asked)


def test_prompts_are_written_a_line_each_and_what_cannot_be_judged_is_left_out(tmp_path: Path) -> None:
    written = write_prompts([a_suite(unjudged="needs Xcelium")], PromptStyle(name="chat"), tmp_path / "out")
    (line,) = (tmp_path / "out" / "mini.jsonl").read_text().splitlines()
    prompt = render_prompt(problem(suite="mini"))
    assert json.loads(line) == {
        "suite": "mini",
        "problem_id": "counter",
        "messages": [{"role": str(item.role), "content": item.content} for item in prompt.messages],
        "digest": prompt.digest,
    }
    assert str(written) == (
        f"1 prompts in 1 file in {tmp_path / 'out'}; 1 problems that cannot be judged were left out"
    )


def test_prompts_are_not_written_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "suite.toml").write_text("")
    with pytest.raises(UsageError, match=r"--rtlgen-prompt-only=.*holds something else than prompts"):
        write_prompts([a_suite()], PromptStyle(name="chat"), tmp_path)


def test_prompt_only_asks_no_model_and_ends_well(pytester: pytest.Pytester) -> None:
    spec = ROOT / "suites" / "core"
    result = pytester.runpytest_subprocess(f"--rtlgen-suite={spec}", "--rtlgen-limit=2", "--rtlgen-prompt-only=out")
    assert result.ret == 0
    result.stderr.fnmatch_lines(["*2 prompts in 1 file in out"])
    assert len((pytester.path / "out" / "core.jsonl").read_text().splitlines()) == 2
    assert not (pytester.path / ".rtlgen").exists()


def save_run(
    out: Path,
    rows: dict[str, list[tuple[Status, int | None]]],
    temperature: float = 0.2,
    suite: str = "test",
    prompt: str = "codev-r1",
) -> Path:
    sampling = SamplingParams(n=2, temperature=temperature, max_tokens=512)
    settings = replace(SETTINGS, sampling=sampling, suites=((suite, "0"),), prompt=prompt)
    environment = Environment(harness="0", python="3", platform="p", tools=())
    store = RunStore.create(out, settings, environment, [problem(suite=suite, problem_id=name) for name in rows])
    for name, found in rows.items():
        for index, (status, tokens) in enumerate(found):
            key = SampleKey(suite=suite, problem_id=name, index=index)
            completion = Completion(key=key, text="x", model="m", usage=TokenUsage(completion=tokens))
            verdict = Verdict(status=status, method=Method.SIMULATE)
            candidate = Candidate(source="x", rule="fence")
            store.append_completion(completion)
            store.append_result(SampleResult(completion=completion, candidate=candidate, verdict=verdict))
    return store.path


def start(*argv: str) -> int:
    args = make_parser(COMMANDS, argv).parse_args(argv)
    status: int = args.run(args)
    return status


def test_a_saved_run_stands_beside_a_paper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save_run(tmp_path, {"a": [(PASS, 100), (FAIL, 300)]}, suite="verilog-eval-v2")
    assert start("report", str(run), "--preset=codev-r1") == 0
    out = capsys.readouterr().out
    assert "verilog-eval-v2 beside" in out
    assert re.search(r"CodeV-R1-7B +all +pass@1 +50\.0 +68\.8 +-18\.8", out)
    assert start("report", str(run)) == 0
    assert "verilog-eval-v2 beside" not in capsys.readouterr().out


def test_a_curve_counts_longer_answers_as_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save_run(tmp_path, {"a": [(PASS, 100), (PASS, 300)], "b": [(PASS, 200), (FAIL, 100)]})
    assert start("curve", str(run), "--budgets=100,200,400", "--json") == 0
    curve = json.loads(capsys.readouterr().out)["curve"]
    assert [(point["budget"], point["truncated"], point["pass_at_1"]["value"]) for point in curve] == [
        (100, 2, 0.25),
        (200, 1, 0.5),
        (400, 0, 0.75),
    ]
    assert start("curve", str(run), "--budgets=100,200,400") == 0
    assert "0.250 [0.0" in capsys.readouterr().out


def test_a_curve_without_token_counts_is_refused(tmp_path: Path) -> None:
    run = save_run(tmp_path, {"a": [(PASS, 100), (PASS, None)]})
    with pytest.raises(RecordError, match="tokens of 1 answers are not known, such as a sample 1; a curve needs"):
        start("curve", str(run), "--budgets=100")
    with pytest.raises(UsageError, match="was sampled with at most 512 tokens an answer; name no budget above"):
        start("curve", str(run))
    with pytest.raises(UsageError, match="--budgets=many: must be whole numbers"):
        start("curve", str(run), "--budgets=many")


def test_best_of_shows_each_run_the_best_and_the_best_by_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cold = save_run(tmp_path / "1", {"a": [(PASS, 1), (PASS, 1)], "b": [(FAIL, 1), (FAIL, 1)]}, 0.2)
    hot = save_run(tmp_path / "2", {"a": [(FAIL, 1), (FAIL, 1)], "b": [(PASS, 1), (FAIL, 1)]}, 0.8)
    assert start("best-of", str(cold), str(hot), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    rows = [(row["temperature"], row["pass_at_1"]["value"]) for row in found["runs"]]
    assert rows == [(0.2, 0.5), (0.8, 0.25)]
    assert (found["best_of_runs"]["value"], found["best_by_problem"]["value"]) == (0.5, 0.75)
    assert start("best-of", str(cold), str(hot)) == 0
    out = capsys.readouterr().out
    assert "optimistic" in out
    assert "0.250 [0.0" in out


def test_best_of_takes_runs_that_asked_otherwise_and_names_their_prompts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = save_run(tmp_path / "1", {"a": [(PASS, 1)], "b": [(FAIL, 1)]})
    other = save_run(tmp_path / "2", {"a": [(FAIL, 1)], "b": [(PASS, 1)]}, prompt="spec2rtl")
    assert start("best-of", str(one), str(other), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["prompt"] for row in found["runs"]] == ["codev-r1", "spec2rtl"]
    assert (found["best_of_runs"]["value"], found["best_by_problem"]["value"]) == (0.5, 1.0)
    assert "the prompts differ" in found["note"]
    assert start("best-of", str(one), str(other)) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["run", "prompt", "temperature", "pass@1"]
    assert "the prompts differ" in " ".join(out.split())


def test_best_of_refuses_one_run_and_other_problems(tmp_path: Path) -> None:
    one = save_run(tmp_path / "1", {"a": [(PASS, 1)]})
    other = save_run(tmp_path / "2", {"b": [(PASS, 1)]})
    with pytest.raises(UsageError, match="best-of needs two runs or more"):
        start("best-of", str(one))
    with pytest.raises(UsageError, match=rf"^{one}/: the same run as {one}; give runs that were made apart"):
        start("best-of", str(one), f"{one}/")
    with pytest.raises(RecordError, match="judges other problems than"):
        start("best-of", str(one), str(other))


def test_the_prompts_command_writes_what_the_option_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start("prompts", str(ROOT / "suites" / "core"), "--limit=1", f"--to={tmp_path / 'out'}") == 0
    assert capsys.readouterr().out == f"1 prompts in 1 file in {tmp_path / 'out'}\n"
