"""What servers send as an answer, and what is made of it."""

import pytest

from pytest_rtlgen.backends.openai.chat_answers import read_answers, shorten
from pytest_rtlgen.backends.openai.retry import TransientError
from pytest_rtlgen.records import FinishReason, TokenUsage


def body(*messages: object, finish: object = "stop", **fields: object) -> dict[str, object]:
    return {"choices": [{"message": message, "finish_reason": finish} for message in messages], **fields}


@pytest.mark.parametrize(
    ("message", "finish", "text", "reasoning", "read_as"),
    [
        ({"content": "code"}, "stop", "code", "", FinishReason.STOP),
        ({"content": "co"}, "length", "co", "", FinishReason.LENGTH),
        ({"content": ""}, "content_filter", "", "", FinishReason.CONTENT_FILTER),
        ({"content": "x"}, "tool_calls", "x", "", FinishReason.OTHER),
        ({"content": "x"}, None, "x", "", FinishReason.OTHER),
        ({"content": "code", "reasoning": "hm"}, "stop", "code", "hm", FinishReason.STOP),
        ({"content": "code", "reasoning_content": "hm"}, "stop", "code", "hm", FinishReason.STOP),
        ({"content": "code", "reasoning": None, "reasoning_content": "hm"}, "stop", "code", "hm", FinishReason.STOP),
        (
            {"content": "code", "reasoning": {"x": 1}, "reasoning_content": "hm"},
            "stop",
            "code",
            "hm",
            FinishReason.STOP,
        ),
        ({"content": "code", "reasoning": "hm", "reasoning_content": "hm"}, "stop", "code", "hm", FinishReason.STOP),
        ({"content": None, "reasoning": "long"}, "length", "", "long", FinishReason.LENGTH),
        ({"content": None, "refusal": "I won't."}, "stop", "I won't.", "", FinishReason.REFUSAL),
        ({"content": None, "refusal": "I won't."}, "content_filter", "I won't.", "", FinishReason.CONTENT_FILTER),
        ({"content": "code", "refusal": None}, "stop", "code", "", FinishReason.STOP),
        ({"content": [{"type": "text", "text": "co"}, {"text": "de"}]}, "stop", "code", "", FinishReason.STOP),
        ({}, "stop", "", "", FinishReason.STOP),
    ],
)
def test_a_choice_is_read(message: object, finish: object, text: str, reasoning: str, read_as: FinishReason) -> None:
    (answer,) = read_answers(body(message, finish=finish), most=1).answers
    assert (answer.text, answer.reasoning, answer.finish_reason) == (text, reasoning, read_as)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the response is no JSON object"),
        ([], "the response is no JSON object"),
        ({}, "a response without choices$"),
        ({"choices": []}, "a response without choices$"),
        ({"error": {"message": "out of memory"}}, "without choices: .*out of memory"),
        ({"choices": ["code"]}, "a choice is no JSON object"),
        ({"choices": [{"text": "code"}]}, "a message is no JSON object"),
        (body({"content": 7}), "content is no text"),
        (body({"content": ["code"]}), "a part of a message is no JSON object"),
    ],
)
def test_what_is_no_chat_completion_is_worth_another_try(value: object, message: str) -> None:
    with pytest.raises(TransientError, match=message):
        read_answers(value, most=1)


def test_choices_beyond_those_asked_for_are_left() -> None:
    found = read_answers(body({"content": "a"}, {"content": "b"}, {"content": "c"}), most=2)
    assert [answer.text for answer in found.answers] == ["a", "b"]


def test_the_tokens_of_a_response_are_shared_so_that_the_sums_agree() -> None:
    usage = {"prompt_tokens": 50, "completion_tokens": 200, "completion_tokens_details": {"reasoning_tokens": 91}}
    found = read_answers(body({"content": "a"}, {"content": "b"}, {"content": "c"}, usage=usage), most=3)
    assert [answer.usage for answer in found.answers] == [
        TokenUsage(prompt=50, completion=67, reasoning=31),
        TokenUsage(prompt=0, completion=67, reasoning=30),
        TokenUsage(prompt=0, completion=66, reasoning=30),
    ]


@pytest.mark.parametrize(
    "usage",
    [None, 3, {}, {"prompt_tokens": -1, "completion_tokens": True, "completion_tokens_details": []}],
)
def test_tokens_that_nobody_counted_are_unknown(usage: object) -> None:
    (answer,) = read_answers(body({"content": "a"}, usage=usage), most=1).answers
    assert answer.usage == TokenUsage()


@pytest.mark.parametrize(("model", "name"), [("m-2", "m-2"), (None, ""), (7, "")])
def test_the_model_is_named_as_the_server_does(model: object, name: str) -> None:
    assert read_answers(body({"content": "a"}, model=model), most=1).model == name


def test_a_servers_words_are_made_one_short_printable_line() -> None:
    assert shorten(" a\nb\t\x1b[31mc ") == "a b [31mc"
    assert shorten("x" * 500) == "x" * 199 + "…"


@pytest.mark.parametrize(
    ("finish", "read_as"),
    [
        ("stop", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        (None, FinishReason.OTHER),
    ],
)
def test_a_choice_of_the_completions_endpoint_is_its_text(finish: object, read_as: FinishReason) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 3}
    found = read_answers(
        {"model": "base", "choices": [{"text": " assign", "finish_reason": finish}, {"text": ""}], "usage": usage},
        most=2,
        is_chat=False,
    )
    assert [(answer.text, answer.reasoning) for answer in found.answers] == [(" assign", ""), ("", "")]
    assert found.answers[0].finish_reason is read_as
    assert [answer.usage for answer in found.answers] == [
        TokenUsage(prompt=5, completion=2),
        TokenUsage(prompt=0, completion=1),
    ]


@pytest.mark.parametrize("choice", [{}, {"text": None}, {"text": 7}, {"message": {"content": "code"}}])
def test_a_choice_without_text_is_worth_another_try(choice: object) -> None:
    with pytest.raises(TransientError, match="a choice without text"):
        read_answers({"choices": [choice]}, most=1, is_chat=False)
