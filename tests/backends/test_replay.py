"""Recorded answers: folders, JSON Lines, our own journals, and what is wrong with them."""

import json
from pathlib import Path

import pytest
from support.asking import collect, request

from pytest_rtlgen.backends import Backend, BackendSettings, GenerationRequest, make_backend
from pytest_rtlgen.errors import BackendError, RecordError
from pytest_rtlgen.records import Completion, FinishReason, SampleKey, SamplingParams, TokenUsage
from pytest_rtlgen.storage import Journal


def replay(path: Path) -> Backend:
    return make_backend(f"replay:{path}", BackendSettings())


def lines(folder: Path, *values: object) -> Path:
    path = folder / "answers.jsonl"
    path.write_text("".join(f"{value if isinstance(value, str) else json.dumps(value)}\n" for value in values))
    return path


def texts(path: Path, *requests: GenerationRequest) -> list[tuple[str, int, str]]:
    return [(got.key.problem_id, got.key.index, got.text) for got in collect(replay(path), *requests)]


def test_a_folder_is_played_back_byte_for_byte(tmp_path: Path) -> None:
    folder = tmp_path / "counter"
    folder.mkdir()
    (folder / "0-good.md").write_bytes("é\r\nmodule".encode())
    (folder / "10-cut.md").write_bytes(b"half \xff")
    (folder / "README.md").write_text("not an answer")
    (folder / "expected.toml").write_text(
        '[[completion]]\nfile = "0-good.md"\nstatus = "passed"\n'
        '[[completion]]\nfile = "10-cut.md"\nfinish_reason = "length"\n'
    )
    good, cut = collect(replay(tmp_path), request("counter", 0, 10))
    assert (good.text, good.finish_reason, good.model) == ("é\r\nmodule", FinishReason.STOP, "replay")
    assert (cut.text, cut.finish_reason, cut.key.index) == ("half �", FinishReason.LENGTH, 10)
    assert good.prompt_digest == ""


@pytest.mark.parametrize("problem_key", ["problem_id", "task_id"])
@pytest.mark.parametrize("text_key", ["text", "completion", "response"])
def test_lines_may_name_things_as_others_do(tmp_path: Path, problem_key: str, text_key: str) -> None:
    path = lines(tmp_path, {problem_key: "a", text_key: "one", "score": 3}, "", {problem_key: "a", text_key: "two"})
    assert texts(path, request("a", 0, 1)) == [("a", 0, "one"), ("a", 1, "two")]


def test_lines_without_index_are_counted_problem_by_problem(tmp_path: Path) -> None:
    path = lines(tmp_path, *({"task_id": name, "text": name * 2 + str(i)} for i in range(2) for name in "ab"))
    assert texts(path, request("a", 0, 1), request("b", 1)) == [("a", 0, "aa0"), ("a", 1, "aa1"), ("b", 1, "bb1")]


def test_a_line_may_say_more(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        {
            "task_id": "a",
            "index": 4,
            "text": "x",
            "finish_reason": "content_filter",
            "reasoning": "hm",
            "model": "m",
        },
    )
    (got,) = collect(replay(path), request("a", 4))
    assert got == Completion(
        key=SampleKey(suite="test", problem_id="a", index=4),
        text="x",
        finish_reason=FinishReason.CONTENT_FILTER,
        reasoning="hm",
        model="m",
    )


def test_lines_of_another_suite_do_not_serve_this_one(tmp_path: Path) -> None:
    rows = [{"suite": name, "problem_id": "a", "text": name} for name in ("other", "test")]
    assert texts(lines(tmp_path, *rows), request("a")) == [("a", 0, "test")]
    with pytest.raises(BackendError, match="problem 'a' has no recording"):
        texts(lines(tmp_path, rows[0]), request("a"))


def test_what_a_run_saved_is_played_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "completions.jsonl")
    saved = [
        Completion(
            key=SampleKey(suite="test", problem_id="a", index=index),
            text=text,
            reasoning="hm",
            finish_reason=FinishReason.LENGTH,
            usage=TokenUsage(prompt=3),
            model="m",
            seed=7,
            latency_s=1.5,
        )
        for index, text in ((1, "one \ud800"), (0, "zero"), (1, "written twice"))
    ]
    for completion in saved:
        journal.append(completion)
    got = collect(replay(journal.path), request("a", 0, 1))
    assert [(one.text, one.reasoning, one.finish_reason, one.model) for one in got] == [
        ("zero", "hm", FinishReason.LENGTH, "m"),
        ("one \ud800", "hm", FinishReason.LENGTH, "m"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"not JSON: .*; fix or remove that line"),
        ("[" * 100_000, r"not JSON: .*recursion"),
        ("[1]", r"a line must hold a JSON object, such as \{"),
        ({"text": "x"}, r"names no problem; add problem_id or task_id"),
        ({"problem_id": 3, "text": "x"}, r"problem_id must be text, got a int"),
        ({"problem_id": "a"}, r"holds no answer; expected one of text, completion, response"),
        ({"problem_id": "a", "text": ["x"]}, r"text must be text, got a list"),
        ({"problem_id": "a", "text": "x", "index": -1}, r"index must be a whole number from 0, got -1"),
        ({"problem_id": "a", "text": "x", "index": True}, r"index must be a whole number from 0, got True"),
        ({"problem_id": "a", "text": "x", "finish_reason": "eos"}, r"finish_reason 'eos' is unknown; use stop, length"),
        ({"problem_id": "first", "text": "x", "index": 0}, r"sample 0 of 'first' is there twice; remove one"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: object, message: str) -> None:
    path = lines(tmp_path, {"problem_id": "first", "text": "x"}, line)
    with pytest.raises(RecordError, match=rf"^{path}:2: {message}"):
        texts(path, request("first"))


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'{"problem_id": "a", "text": "\xff"}\n')
    with pytest.raises(RecordError, match=rf"^{path}:1: not JSON: "):
        texts(path, request("a"))


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[[completion]", r"expected\.toml: not TOML: .*; see: rtlgen help suite-format"),
        ("completion = 3", r"expected\.toml: each \[\[completion\]\] must name a file that is there, got None"),
        ('[[completion]]\nfile = "1-x.md"', r"must name a file that is there, got '1-x\.md'"),
        ('[[completion]]\nfile = "0-x.md"\nfinish_reason = "eos"', r"expected\.toml: 0-x\.md: finish_reason 'eos'"),
    ],
)
def test_a_wrong_expected_toml_is_named(tmp_path: Path, toml: str, message: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0-x.md").write_text("x")
    (tmp_path / "a" / "expected.toml").write_text(toml)
    with pytest.raises(RecordError, match=message):
        texts(tmp_path, request("a"))


def test_two_files_of_one_index_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("0-x.md", "00-y.md"):
        (tmp_path / "a" / name).write_text("x")
    with pytest.raises(RecordError, match=r"another file there has index 0 too; renumber one"):
        texts(tmp_path, request("a"))


def test_what_is_recorded_is_delivered_before_what_lacks_is_an_error(tmp_path: Path) -> None:
    path = lines(tmp_path, *({"problem_id": name, "text": "x"} for name in "aaab"))
    arrived: list[Completion] = []
    requests = [request("a", 0, 1, 2, 3), request("b", 0), request("c", 0)]
    with pytest.raises(BackendError) as caught:
        replay(path).generate(requests, SamplingParams(), lambda *found: arrived.extend(found))
    assert len(arrived) == 4
    assert str(caught.value) == (
        f"replay:{path}: problem 'a' has 3 recordings (samples 0, 1, 2), but sample 3 is requested; "
        "lower --rtlgen-n to 3, or record more (1 more problems have no recordings)"
    )


def test_a_problem_without_a_folder_says_where_it_was_looked_for(tmp_path: Path) -> None:
    message = rf"problem 'a' has no recording; expected {tmp_path}/a/<index>-<label>\.md, or leave the problem out"
    with pytest.raises(BackendError, match=message):
        texts(tmp_path, request("a"))


def test_what_deliver_raises_comes_out(tmp_path: Path) -> None:
    def deliver(*_: Completion) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(lines(tmp_path, {"problem_id": "a", "text": "x"})).generate([request("a")], SamplingParams(), deliver)
