"""One sample as text, literally; what was extracted is marked; nothing in it moves a cursor."""

from dataclasses import replace

import pytest
from builders import given, given_files, problem
from hypothesis import given as given_values
from hypothesis import strategies as st

from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Diagnostic,
    Method,
    SampleKey,
    SampleResult,
    Severity,
    Status,
    TokenUsage,
    Tool,
    Verdict,
)
from pytest_rtlgen.report.answer_marks import list_extracted
from pytest_rtlgen.report.sample_text import ShownSample, render_sample

TASK = problem("module inv(input a, output y);\n  assign y = ~a;\nendmodule\n", "inv")
ANSWER = "It is:\n```verilog\nmodule inv(input a, output y);\n\tassign y = ;\nendmodule\n```\nGood luck!\n"
KEY = SampleKey(suite="test", problem_id="inv", index=1)


def error(message: str, line: int | None, file: str = "") -> Diagnostic:
    return Diagnostic(tool=Tool.PYSLANG, severity=Severity.ERROR, message=message, line=line, file=file)


def make_sample(answer: str, candidate: Candidate, *diagnostics: Diagnostic) -> ShownSample:
    prompt = render_prompt(TASK)
    completion = Completion(
        key=KEY, text=answer, model="m", prompt_digest=prompt.digest, usage=TokenUsage(completion=42)
    )
    verdict = Verdict(status=Status.SYNTAX_ERROR, method=Method.SCREEN, diagnostics=diagnostics)
    result = SampleResult(completion=completion, candidate=candidate, verdict=verdict)
    return ShownSample(problem=TASK, prompt=prompt, completion=completion, result=result)


def test_a_sample_reads_like_this() -> None:
    sample = make_sample(ANSWER, extract_candidate(ANSWER, top="inv"), error("expected an expression", 3))
    prompt = replace(render_prompt(TASK), messages=render_prompt(TASK).messages[-1:])
    shown = "\n".join(f"  {line}".rstrip() for line in prompt.messages[0].content.splitlines())
    assert render_sample(replace(sample, prompt=prompt)) == (
        f"""\
--- test/inv sample 1: syntax-error ---

--- prompt ---
[user]
{shown}

--- answer: 42 tokens, finished by stop ---
(| marks what was extracted)
  It is:
  ```verilog
| module inv(input a, output y);
|     assign y = ;
| endmodule
  ```
  Good luck!

--- candidate: rule fence ---
  1
  2  module inv(input a, output y);
> 3      assign y = ;
     ^ pyslang error: expected an expression
  4  endmodule

--- verdict ---
syntax-error: the Verilog does not parse

pyslang error: line 3: expected an expression"""
    )


def test_a_sample_that_was_not_checked_has_prompt_and_answer() -> None:
    sample = replace(make_sample(ANSWER, given("")), result=None)
    text = render_sample(sample)
    assert text.startswith("--- test/inv sample 1: not checked yet ---\n")
    assert text.endswith("\n  ```\n  Good luck!")
    assert "| " not in text


def test_a_prompt_that_the_run_does_not_hold_is_the_description() -> None:
    text = render_sample(replace(make_sample(ANSWER, given("")), prompt=None))
    assert (
        "does not hold the texts of its prompt style; this is the problem's description)\n  Write module inv.\n" in text
    )


def test_each_file_has_the_messages_that_name_it() -> None:
    files = given_files({"rtl/a.sv": "module a;\nendmodule\n", "rtl/b.sv": "module b;\nendmodule\n"})
    text = render_sample(make_sample("", files, error("wrong here", 2, "b.sv"), error("of no file", 1)))
    assert "// rtl/a.sv\n  1  module a;\n  2  endmodule\n" in text
    assert "// rtl/b.sv\n  1  module b;\n> 2  endmodule\n     ^ pyslang error: wrong here\n" in text


def test_of_a_repaired_sample_the_turn_is_named() -> None:
    text = render_sample(replace(make_sample(ANSWER, given("")), turn=1, last_turn=3))
    assert text.startswith("--- test/inv sample 1, turn 1 of 3: syntax-error ---\n")


@given_values(st.text(), st.text(), st.text())
def test_no_character_moves_a_cursor(answer: str, source: str, message: str) -> None:
    key = replace(KEY, problem_id=message)
    sample = make_sample(answer, given(source), error(message, 1), error(message, None))
    completion = replace(sample.completion, key=key)
    task = replace(TASK, description=source)
    for shown in (sample, replace(sample, completion=completion, problem=task, prompt=None)):
        text = render_sample(shown)
        assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize(
    ("answer", "source", "lines"),
    [
        ("a\nb\nc", "b\n", {1}),
        ("b\nx\nb\nc", "b\n", {2}),  # the last one is taken
        ("p\n  m\n q\ne\ntext\nh1\nh2\nend", "h1\nh2\nm\nq\ne\n", {1, 2, 3, 5, 6}),  # from two places
        ("a\r\nb\r\nc", "a\nb\n", {0, 1}),
        ("> m\n> e\n", "m\ne\n", set()),
        ("a\nb\n", " \n", set()),
        ("x\n" * 9000, "y\n" * 9000, set()),
    ],
)
def test_the_lines_that_were_extracted(answer: str, source: str, lines: set[int]) -> None:
    assert list_extracted(answer, given(source)) == lines


def test_an_answer_that_repeats_one_line_is_no_work() -> None:
    marked = list_extracted("x\n" * 20_000, given("x\n" * 10_000 + "y"))
    assert marked
    assert marked <= {*range(20_000)}
