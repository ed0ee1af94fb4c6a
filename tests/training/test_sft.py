"""Rows for supervised training: the form, whatever a model answered."""

import re

import pytest
from builders import COUNTER, problem

from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.records import Completion, SampleKey
from pytest_rtlgen.training.roundtrip.sft import DATASET_INFO, make_sft_row, render_answer

KEY = SampleKey(suite="test", problem_id="counter", index=0)
FENCE = f"```verilog\n{COUNTER}```"


def answer(text: str, reasoning: str = "") -> str:
    return render_answer(problem(), Completion(key=KEY, text=text, reasoning=reasoning, model="m"))


@pytest.mark.parametrize(
    ("text", "reasoning", "thought"),
    [
        (FENCE, "count to eleven", "count to eleven"),
        (f"<think>\ncount\n</think>\n<answer>\n{FENCE}\n</answer>", "", "count"),
        (f"count\n</think>\n{FENCE}", "", "count"),
        (f"Here it is:\n{FENCE}\nDone.", "", ""),
        (f"<think>the <answer> tag comes last</think>{FENCE}", "", "the  tag comes last"),
        (FENCE, "first </think> then <think> again", "first  then  again"),
    ],
)
def test_each_tag_stands_once_around_thought_and_code(text: str, reasoning: str, thought: str) -> None:
    found = answer(text, reasoning)
    assert re.findall(r"</?(?:think|answer)>", found) == ["<think>", "</think>", "<answer>", "</answer>"]
    assert found == f"<think>\n{thought}\n</think>\n<answer>\n```verilog\n{COUNTER.strip()}\n```\n</answer>"


def test_the_answer_is_extracted_as_it_went_in() -> None:
    assert extract_candidate(answer(FENCE), top="counter").source.strip() == COUNTER.strip()


def test_a_row_is_the_chat_that_asks_and_the_answer() -> None:
    row = make_sft_row(problem(), Completion(key=KEY, text=FENCE, model="m"))
    assert list(row) == ["messages"]
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    assert row["messages"][1]["content"] == "Write module counter.\n"
    assert "<think>" in row["messages"][0]["content"]


def test_llama_factory_finds_the_file_and_the_names_in_it() -> None:
    (entry,) = DATASET_INFO.values()
    assert entry["file_name"] == "sft.jsonl"
    assert entry["tags"]["assistant_tag"] == "assistant"
    assert entry["columns"] == {"messages": "messages"}
