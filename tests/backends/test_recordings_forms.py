"""Each form of recorded answers, read from ``fixtures/samples`` through the backend to a candidate."""

import json
import shutil
from pathlib import Path

import pytest
from builders import problem as build
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings, make_backend
from pytest_rtlgen.backends.replay.recordings import KNOWN_FORMS
from pytest_rtlgen.errors import BackendError, RecordError
from pytest_rtlgen.evaluation.generate import list_missing
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.extract.files import extract_files
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Completion, Problem, SamplingParams

ROOT = Path(__file__).parent.parent.parent
SAMPLES, BENCHMARKS = ROOT / "fixtures" / "samples", ROOT / "fixtures" / "benchmarks"
GATES = [build(problem_id=name, top=name) for name in ("and2", "xor2")]


def play(path: Path, problems: list[Problem], n: int = 2) -> list[Completion]:
    """Return what the backend delivers for samples 0 … n-1 of each problem, sorted."""
    backend = make_backend(f"replay:{path}", BackendSettings())
    arrived: list[Completion] = []
    backend.generate(
        list_missing(problems, n=n, have=(), style="chat"), SamplingParams(n=n), lambda *found: arrived.extend(found)
    )
    return sorted(arrived, key=lambda completion: completion.key)


def texts(path: Path, *names: str, n: int = 1) -> list[tuple[str, int, str]]:
    asked = [request(name, *range(n)) for name in names]
    got = collect(make_backend(f"replay:{path}", BackendSettings()), *asked)
    return [(one.key.problem_id, one.key.index, one.text) for one in got]


def put(root: Path, **files: str) -> Path:
    """Write ``files``, whose names have ``__`` for a slash, ``_dot_`` for a dot, below ``root``."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("form", "suite", "right", "wrong"),
    [
        (
            "verilog-eval-v1.jsonl",
            f"verilog-eval-v1-human:{BENCHMARKS / 'verilog-eval-v1'}",
            {"half_adder": "carry = x & y", "hold": "q <= d;"},
            {"half_adder": "{carry, sum} = x | y", "hold": "q <= ~d;"},
        ),
        (
            "verilog-eval-v2",
            f"verilog-eval-v2:{BENCHMARKS / 'verilog-eval-v2'}",
            {"Prob001_const_one": "one = 1;", "Prob002_half_adder": "x & y"},
            {"Prob001_const_one": "one = 0;", "Prob002_half_adder": "x | y"},
        ),
        (
            "rtllm",
            f"rtllm-v1.1:{BENCHMARKS / 'rtllm' / 'v1.1'}",
            {"wrap_counter": "count == 2", "word_inverter": "y = ~a"},
            {"wrap_counter": "count == 3", "word_inverter": "y = a;"},
        ),
    ],
)
def test_samples_of_a_benchmark_become_candidates(
    form: str, suite: str, right: dict[str, str], wrong: dict[str, str]
) -> None:
    problems = {problem.problem_id: problem for problem in load_suite(suite).problems}
    got = play(SAMPLES / form, list(problems.values()))
    assert [(one.key.problem_id, one.key.index) for one in got] == [(name, i) for name in sorted(right) for i in (0, 1)]
    for one in got:
        problem = problems[one.key.problem_id]
        candidate = extract_candidate(one.text, top=problem.top, header=problem.header or None)
        assert f"module {problem.top}" in candidate.source, "a body without a header gets it back"
        assert (right, wrong)[one.key.index][problem.problem_id] in candidate.source


@pytest.mark.parametrize("form", ["cvdp-import.jsonl", "cvdp-run"])
def test_answers_of_cvdp_become_files(form: str) -> None:
    names = ("cvdp_copilot_tiny_adder_0001", "cvdp_copilot_tiny_pair_0003")
    suite = load_suite(f"cvdp:{BENCHMARKS / 'cvdp' / 'tiny_nonagentic.jsonl'}")
    adder, pair = (next(one for one in suite.problems if one.problem_id == name) for name in names)
    first, second, both, _ = play(SAMPLES / form, [adder, pair])
    assert "sum = a + b" in extract_candidate(first.text, top=adder.top).source
    assert "sum = a - b" in extract_candidate(second.text, top=adder.top).source
    assert pair.harness is not None
    files = extract_files(both.text, pair.harness.targets, pair.top)
    assert {file.name for file in files} == {"rtl/tiny_half.sv", "rtl/tiny_full.sv"}
    for file in files:
        assert file.text.count("module ") == 1
        assert f"module {Path(file.name).stem}" in file.text


@pytest.mark.parametrize(("form", "n"), [("one-file-each", 1), ("numbered-names", 2), ("numbered-folders", 2)])
def test_plain_folders_are_read(form: str, n: int) -> None:
    got = play(SAMPLES / form, GATES, n)
    found = [line for one in got for line in one.text.splitlines() if "assign" in line]
    assert found == [
        *["  assign y = a & b;", "  assign y = a | b;"][:n],
        *["  assign y = a ^ b;", "  assign y = a | b;"][:n],
    ]


def test_a_saved_run_may_be_named_by_its_folder(tmp_path: Path) -> None:
    key = {"suite": "test", "problem_id": "a", "index": 0}
    put(tmp_path, completions_dot_jsonl=json.dumps({"key": key, "text": "x", "model": "m"}), run_dot_json="{}")
    assert texts(tmp_path, "a") == [("a", 0, "x")]


def test_designs_of_rtllm_may_stand_in_categories(tmp_path: Path) -> None:
    put(tmp_path, t1__Arithmetic__Adder__a_dot_v="one", t2__Arithmetic__Adder__a_dot_v="two", notes_dot_txt="-")
    assert texts(tmp_path, "a", n=2) == [("a", 0, "one"), ("a", 1, "two")]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("form", ["t{}/a.v", "a/a_sample0{}.sv", "a/{}.v", "a_{}.v", "sample_{}/prompt_response.jsonl"])
def test_numbers_begin_at_0_or_at_1(tmp_path: Path, form: str, first: int) -> None:
    for sample in (0, 1):
        path = tmp_path / form.format(first + sample)
        path.parent.mkdir(exist_ok=True)
        is_run = path.suffix == ".jsonl"
        text = f"sample {sample}"
        path.write_text(json.dumps({"a": {"input": {}, "output": {"a.v": text}, "obj": True}}) if is_run else text)
    assert texts(tmp_path, "a", n=2) == [("a", 0, "sample 0"), ("a", 1, "sample 1")]


def test_a_number_counts_from_the_first_of_the_whole_folder(tmp_path: Path) -> None:
    put(tmp_path, a__0_dot_v="a0", a__1_dot_v="a1", b__1_dot_v="b1")
    with pytest.raises(BackendError, match=r"problem 'b' has 1 recordings \(samples 1\), but sample 0 is requested"):
        texts(tmp_path, "a", "b")


def test_ten_comes_after_two(tmp_path: Path) -> None:
    for number in range(1, 11):
        (tmp_path / f"a_{number}.v").write_text(str(number))
    assert [text for _, _, text in texts(tmp_path, "a", n=10)] == [str(number) for number in range(1, 11)]


def test_a_name_that_ends_in_a_number_is_a_problem_where_one_has_it(tmp_path: Path) -> None:
    put(tmp_path, counter_dot_v="plain", counter_12_dot_v="twelve")
    assert texts(tmp_path, "counter", "counter_12") == [("counter", 0, "plain"), ("counter_12", 0, "twelve")]
    message = rf"^{tmp_path}/counter_12\.v: a sample of 'counter' or another problem\? counter\.v is there too; put"
    with pytest.raises(RecordError, match=message):
        texts(tmp_path, "counter")


def test_a_number_far_off_may_be_the_name_of_another_problem(tmp_path: Path) -> None:
    put(tmp_path, counter_1_dot_v="one", counter_12_dot_v="twelve")
    message = (
        rf"^{tmp_path}/counter_12\.v: a sample of 'counter' or another problem\? not all samples before it are there;"
    )
    with pytest.raises(RecordError, match=message):
        texts(tmp_path, "counter")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a_dot_v": "x", "a_dot_sv": "y"}, r"/a\.v: sample 0 of 'a' is .*/a\.sv too; remove one"),
        ({"a_1_dot_v": "x", "a_01_dot_v": "y"}, r"/a_1\.v: sample 0 of 'a' is .*/a_01\.v too; remove one"),
        ({"t1__x__a_dot_v": "x", "t1__y__a_dot_v": "y"}, r"/t1/y/a\.v: sample 0 of 'a' is .*/t1/x/a\.v too"),
        ({"a_dot_v": "x", "t1__a_dot_v": "y"}, r": holds t<n>/<design>\.v and <problem>\.v at once; move one"),
        ({"a__0-x_dot_md": "x", "a__0_dot_v": "y"}, r": holds <problem>/<index>-<label>\.md and <problem>/<n>\.v at"),
        ({"notes_dot_txt": "x"}, r": no recorded answers of a known form; known are JSON Lines such as"),
        ({"deep__er__a_dot_v": "x"}, r": no recorded answers of a known form"),
    ],
)
def test_what_a_folder_cannot_mean_is_reported(tmp_path: Path, files: dict[str, str], message: str) -> None:
    put(tmp_path, **files)
    with pytest.raises(RecordError, match=rf"^{tmp_path}{message}"):
        texts(tmp_path, "a")


@pytest.mark.parametrize("text", ["module a; endmodule\n", "[\n{}]\n", "\x1f\x8b\x08"])
def test_a_file_of_no_known_form_names_the_known_forms(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answers.v"
    path.write_text(text)
    with pytest.raises(RecordError) as caught:
        texts(path, "a")
    assert str(caught.value) == f"{path}:1: no recorded answers of a known form; known are {KNOWN_FORMS}"
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"a": {"input": {}, "output": {}, "obj": False}}, r"CVDP's own run failed for 'a'; run it again, or remove"),
        ({"a": {"input": {}, "output": ["x"]}}, r"output must map paths to texts; fix or remove that line"),
        (
            {"a": {"input": {"a.v": "old"}, "output": {"a.v": "old", "b.v": "new"}, "obj": True}},
            r"a\.v of 'a' is the text that was asked about, not the answer, which CVDP lost; record with",
        ),
        ({"id": "a", "text": "the prompt", "completion": "y"}, r"text and completion differ, and only one can be the"),
        ({"id": "a", "prompt": "Write a."}, r"holds no answer; expected one of text, completion, response"),
        ('{"task_id": "a", "compl', r"not JSON: .*; fix or remove that line"),
    ],
)
def test_a_line_that_holds_no_answer_is_named(tmp_path: Path, line: object, message: str) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "a", "completion": "x"}\n' + (line if isinstance(line, str) else json.dumps(line)))
    with pytest.raises(RecordError, match=rf"^{path}:2: {message}"):
        texts(path, "a")


def test_files_of_a_run_keep_their_paths_whatever_their_modules_are_called(tmp_path: Path) -> None:
    files = {"rtl/x.sv": "module one; // ```\nendmodule\n", "rtl/y.sv": "module two;\nendmodule\n"}
    path = tmp_path / "prompt_response.jsonl"
    path.write_text(json.dumps({"a": {"input": {}, "output": files, "obj": True}}))
    ((_, _, text),) = texts(path, "a")
    assert {file.name: file.text for file in extract_files(text, tuple(files), "one")} == files


def test_an_answer_that_changed_nothing_is_an_empty_answer(tmp_path: Path) -> None:
    path = tmp_path / "prompt_response.jsonl"
    path.write_text(json.dumps({"a": {"input": {"a.v": "x"}, "output": {}, "obj": True}}))
    assert texts(path, "a") == [("a", 0, "")]


def test_a_problem_that_is_twice_in_one_run_of_cvdp_is_an_error(tmp_path: Path) -> None:
    line = json.dumps({"a": {"input": {}, "output": {"a.v": "x"}, "obj": True}}) + "\n"
    put(tmp_path, sample_1__prompt_response_dot_jsonl=line * 2)
    with pytest.raises(RecordError, match=r"sample_1/prompt_response\.jsonl: 'a' is there 2 times; a run answers"):
        texts(tmp_path, "a")


def test_recordings_of_quite_other_problems_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('\n{"task_id": "zebra", "completion": "x"}\n')
    message = (
        r"'zebra' is not requested, nor is any other problem recorded there; requested are a, b, c, …; choose the suite"
    )
    with pytest.raises(RecordError, match=rf"^{path}:2: {message}"):
        texts(path, "a", "b", "c", "d")


def test_a_misspelt_problem_is_pointed_at(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "rtllm", tmp_path, dirs_exist_ok=True)
    (tmp_path / "t1" / "calender.v").write_text("x")
    message = (
        rf"'calendar' has no recording; expected {tmp_path}/t<n>/calendar\.v, .*; {tmp_path}/t1/calender\.v: 'calender'"
    )
    with pytest.raises(BackendError, match=message):
        texts(tmp_path, "wrap_counter", "calendar")


@pytest.mark.parametrize("form", ["rtllm", "verilog-eval-v1.jsonl"])
def test_too_few_samples_say_how_many_there_are(form: str) -> None:
    name = "wrap_counter" if form == "rtllm" else "hold"
    message = rf"problem '{name}' has 2 recordings \(samples 0, 1\), but sample 2 is requested; lower --rtlgen-n to 2"
    with pytest.raises(BackendError, match=message):
        texts(SAMPLES / form, name, n=3)
