"""The responses interface against a real HTTP server on loopback, and every shape that its answers have."""

import pytest
from support.asking import collect, request
from support.loopback_server import LoopbackServer, Reply, Script, as_reply, refuse, serve

from pytest_rtlgen.backends import BackendSettings
from pytest_rtlgen.backends.openai.api import Api
from pytest_rtlgen.backends.openai.compatible import OpenAiBackend, make_openai
from pytest_rtlgen.backends.openai.responses_answers import read_response
from pytest_rtlgen.backends.openai.retry import RetryPolicy, TransientError
from pytest_rtlgen.errors import BackendError, CredentialError, UsageError
from pytest_rtlgen.records import FinishReason, TokenUsage

KEY = "sk-test-4b1d77c0ffee"
USAGE = {
    "input_tokens": 50,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 90,
    "output_tokens_details": {"reasoning_tokens": 64},
    "total_tokens": 140,
}


@pytest.fixture(autouse=True)
def _no_proxy_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def backend(server: LoopbackServer, slept: list[float] | None = None) -> OpenAiBackend:
    async def sleep(delay_s: float) -> None:
        if slept is not None:
            slept.append(delay_s)

    return OpenAiBackend(
        "asked-model",
        BackendSettings(base_url=server.url, timeout_s=5.0),
        environ={"OPENAI_API_KEY": KEY},
        retry=RetryPolicy(max_retries=2, base_s=0.5, sleep=sleep, draw=lambda: 1.0),
        api=Api.RESPONSES,
    )


def message(*parts: dict[str, object]) -> dict[str, object]:
    return {"id": "m1", "type": "message", "role": "assistant", "status": "completed", "content": list(parts)}


def output(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": []}


def refused(text: str) -> dict[str, object]:
    return {"type": "refusal", "refusal": text}


def thought(*summary: str, content: str | None = None) -> dict[str, object]:
    parts = [{"type": "summary_text", "text": text} for text in summary]
    whole = {"content": [{"type": "reasoning_text", "text": content}]} if content else {}
    return {"id": "r1", "type": "reasoning", "summary": parts, "encrypted_content": "gAAA", **whole}


def response(*output: object, status: str = "completed", **fields: object) -> dict[str, object]:
    return {
        "id": "resp_1",
        "object": "response",
        "model": "served-model",
        "status": status,
        "error": None,
        "incomplete_details": None,
        "output": list(output),
        "usage": USAGE,
        **fields,
    }


def always(body: object) -> Script:
    return lambda *_: as_reply(body)


def test_each_sample_is_a_request_that_the_service_does_not_keep() -> None:
    def script(number: int, _: object) -> Reply:
        return as_reply(response(thought("I count.", "It wraps."), message(output(f"text {number}"))))

    with serve(script) as server:
        got = collect(backend(server), request("counter", 0, 1, 2), temperature=0.2, top_p=0.9, max_tokens=64)
    assert [asked.path for asked in server.asked] == ["/v1/responses"] * 3
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.asked[0].body == {
        "model": "asked-model",
        "input": [{"role": "system", "content": "Write Verilog."}, {"role": "user", "content": "counter"}],
        "store": False,
        "temperature": 0.2,
        "top_p": 0.9,
        "max_output_tokens": 64,
    }
    assert [completion.key.index for completion in got] == [0, 1, 2]
    assert sorted(completion.text for completion in got) == ["text 0", "text 1", "text 2"]
    assert {completion.reasoning for completion in got} == {"I count.\n\nIt wraps."}
    assert {completion.usage for completion in got} == {TokenUsage(prompt=50, completion=90, reasoning=64)}
    assert {(completion.model, completion.seed) for completion in got} == {("served-model", None)}


@pytest.mark.parametrize(
    ("body", "text", "finish"),
    [
        (response(message(output("a"), output("b"))), "ab", FinishReason.STOP),
        (response(message(output("a")), {"type": "web_search_call", "id": "w"}, message(output("b"))), "ab", "stop"),
        (response(message(refused("I will not."))), "I will not.", FinishReason.REFUSAL),
        (response(message(output("half"), refused("no more"))), "half", FinishReason.STOP),
        (
            response(message(output("half")), status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "half",
            FinishReason.LENGTH,
        ),
        (
            response(thought(), status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "",
            FinishReason.LENGTH,
        ),
        (
            response(message(output("a")), status="incomplete", incomplete_details={"reason": "content_filter"}),
            "a",
            FinishReason.CONTENT_FILTER,
        ),
        (response(status="incomplete", incomplete_details={"reason": "steered"}), "", FinishReason.OTHER),
        (response(status="incomplete"), "", FinishReason.OTHER),
        (response(), "", FinishReason.STOP),
    ],
)
def test_how_an_answer_ends_is_its_own_outcome(body: object, text: str, finish: FinishReason) -> None:
    (answer,) = read_response(body).answers
    assert (answer.text, answer.finish_reason) == (text, finish)


def test_the_text_of_the_reasoning_wins_over_its_summary() -> None:
    (answer,) = read_response(response(thought("short", content="all of it"), message(output("a")))).answers
    assert answer.reasoning == "all of it"


def test_tokens_that_the_server_does_not_count_are_not_known() -> None:
    assert read_response(response(usage=None)).answers[0].usage == TokenUsage()
    assert read_response(response(usage={"input_tokens": True})).answers[0].usage == TokenUsage()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (["no", "object"], "the response is no JSON object"),
        ({"choices": []}, r"a response without output \(status None\)"),
        (response(status="in_progress"), r"status in_progress"),
        (response(status="failed", error={"code": "server_error", "message": "out\nof memory"}), "out of memory"),
        (response("no item"), "an item of the output is no JSON object"),
        (response(message("no part")), "a part of an item is no JSON object"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_answer_may_pass(body: object, why: str) -> None:
    with pytest.raises(TransientError, match=why) as caught:
        read_response(body)
    assert not caught.value.is_overload


def test_a_rate_limit_inside_a_response_is_one() -> None:
    body = response(status="failed", error={"code": "rate_limit_exceeded", "message": "slow down"})
    with pytest.raises(TransientError, match="slow down") as caught:
        read_response(body)
    assert caught.value.is_overload


def test_failures_that_pass_are_tried_again_as_with_a_chat() -> None:
    replies = [refuse(429, retry_after="7"), as_reply(response(status="failed", error={"message": "x"}))]
    slept: list[float] = []
    with serve(lambda number, _: [*replies, as_reply(response(message(output("a"))))][number]) as server:
        (got,) = collect(backend(server, slept), request())
    assert got.text == "a"
    assert slept == [7.0, 1.0]


def test_a_key_is_kept_out_of_what_the_endpoint_repeats() -> None:
    with serve(always(response(message(output(f"the key is {KEY}"))))) as server:
        (got,) = collect(backend(server), request())
    assert got.text == "the key is [OPENAI_API_KEY]"
    with serve(lambda *_: refuse(401, KEY)) as server, pytest.raises(CredentialError, match="refuses the key"):
        collect(backend(server), request())


def test_a_filtered_prompt_is_an_outcome() -> None:
    reply = as_reply({"error": {"message": "filtered", "code": "content_filter"}}, 400)
    with serve(lambda *_: reply) as server:
        (got,) = collect(backend(server), request())
    assert (got.text, got.finish_reason) == ("", FinishReason.CONTENT_FILTER)


def test_a_chat_with_a_model_that_has_only_responses_names_the_way() -> None:
    words = "This model is only supported in v1/responses and not in v1/chat/completions."
    with (
        serve(lambda *_: refuse(404, words)) as server,
        pytest.raises(BackendError, match="name the model as openai-responses:MODEL"),
    ):
        collect(OpenAiBackend("m", BackendSettings(base_url=server.url), environ={}), request())


def test_a_model_must_be_named() -> None:
    with pytest.raises(UsageError, match="openai-responses: names no model; write openai-responses:MODEL"):
        make_openai("", BackendSettings(), api=Api.RESPONSES)
