"""The OpenAI-compatible backend against a real HTTP server on loopback."""

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from support.asking import collect, request
from support.loopback_server import (
    HANG,
    MALFORMED,
    Asked,
    LoopbackServer,
    Reply,
    Script,
    as_reply,
    chat,
    choice,
    obey,
    refuse,
    serve,
    text_completion,
)

from pytest_rtlgen.backends import BackendSettings, GenerationRequest, derive_seed, make_backend
from pytest_rtlgen.backends.openai.api import Api
from pytest_rtlgen.backends.openai.compatible import OpenAiBackend, make_openai
from pytest_rtlgen.backends.openai.retry import RetryPolicy
from pytest_rtlgen.errors import BackendError, CredentialError, StorageError, UsageError
from pytest_rtlgen.records import Completion, FinishReason, SampleKey, SamplingParams, TokenUsage
from pytest_rtlgen.storage import Journal

KEY = "sk-test-4b1d77c0ffee"


@pytest.fixture(autouse=True)
def _no_proxy_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def backend(
    server: LoopbackServer, slept: list[float] | None = None, *, api: Api = Api.CHAT, **changes: object
) -> OpenAiBackend:
    settings = BackendSettings(**{"base_url": server.url, "timeout_s": 5.0, **changes})  # type: ignore[arg-type]

    async def sleep(delay_s: float) -> None:
        if slept is not None:
            slept.append(delay_s)

    retry = RetryPolicy(max_retries=settings.max_retries, base_s=settings.backoff_s, sleep=sleep, draw=lambda: 1.0)
    return OpenAiBackend("asked-model", settings, environ={"OPENAI_API_KEY": KEY}, retry=retry, api=api)


def first(*replies: Reply) -> Script:
    """Give these replies first, then obey."""
    return lambda number, asked: replies[number] if number < len(replies) else obey(asked)


def indices(completions: list[Completion]) -> list[int]:
    return [completion.key.index for completion in completions]


def test_n_samples_are_one_request_and_their_records_say_where_they_come_from() -> None:
    with serve(first()) as server:
        got = collect(backend(server), request("counter", 0, 1, 2), seed=7)
    (asked,) = server.asked
    seed = derive_seed(7, SampleKey(suite="test", problem_id="counter", index=0))
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "asked-model",
        "messages": [{"role": "system", "content": "Write Verilog."}, {"role": "user", "content": "counter"}],
        "seed": seed,
        "n": 3,
    }
    assert [completion.text for completion in got] == [f"counter {seed} {place}" for place in range(3)]
    assert {completion.model for completion in got} == {"served-model"}
    assert {completion.seed for completion in got} == {seed}
    assert {completion.prompt_digest for completion in got} == {"digest of counter"}
    assert all(0 < completion.latency_s < 5 for completion in got)


def test_sampling_is_sent_only_where_it_was_given() -> None:
    with serve(first()) as server:
        collect(backend(server), request(), temperature=0.0, top_p=0.9, max_tokens=64)
        collect(backend(server), request())
    given, bare = server.asked
    assert {name: given.body.get(name) for name in ("temperature", "top_p", "max_tokens", "n")} == {
        "temperature": 0.0,
        "top_p": 0.9,
        "max_tokens": 64,
        "n": None,
    }
    assert set(bare.body) == {"model", "messages", "seed"}


def test_many_samples_are_asked_for_in_pieces_with_seeds_of_their_own() -> None:
    with serve(first()) as server:
        got = collect(backend(server), request("counter", *range(20)))
    assert sorted(asked.n for asked in server.asked) == [4, 8, 8]
    assert len({asked.body["seed"] for asked in server.asked}) == 3
    assert indices(got) == list(range(20))
    assert len({completion.text for completion in got}) == 20


def test_a_server_that_ignores_n_is_topped_up_and_not_asked_for_several_again() -> None:
    with serve(lambda _, asked: chat(choice(f"{asked.body['seed']}"))) as server:
        model = backend(server, concurrency=1)
        got = collect(model, request("a", 0, 1, 2, 3))
        got += collect(model, request("b", 0, 1))
    assert [asked.n for asked in server.asked] == [4, 1, 1, 1, 1, 1]
    assert len({asked.body["seed"] for asked in server.asked}) == 6
    assert [(completion.key.problem_id, completion.key.index) for completion in got] == [
        *(("a", index) for index in range(4)),
        *(("b", index) for index in range(2)),
    ]
    assert all(completion.text == str(completion.seed) == str(derive_seed(0, completion.key)) for completion in got)


def test_a_server_that_sends_too_many_choices_is_cut_to_what_was_asked() -> None:
    with serve(lambda *_: chat(*(choice(str(place)) for place in range(3)))) as server:
        got = collect(backend(server), request("counter", 0, 1))
    assert [completion.text for completion in got] == ["0", "1"]


def test_a_server_that_refuses_n_is_asked_for_one_at_a_time_from_then_on() -> None:
    def script(_: int, asked: Asked) -> Reply:
        return refuse(400, "n must be 1") if asked.n > 1 else obey(asked)

    with serve(script) as server:
        model = backend(server, concurrency=1)
        got = collect(model, request("a", 0, 1, 2), request("b", 0, 1))
        collect(model, request("c", 0, 1))
    assert [asked.n for asked in server.asked] == [3, 1, 1, 1, 1, 1, 1, 1]
    assert indices(got) == [0, 1, 2, 0, 1]


def test_a_server_that_wants_the_new_name_of_the_limit_gets_it() -> None:
    def script(_: int, asked: Asked) -> Reply:
        if "max_tokens" in asked.body:
            return refuse(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return obey(asked)

    with serve(script) as server:
        model = backend(server)
        collect(model, request("a", 0, 1), max_tokens=64)
        collect(model, request("b"), max_tokens=64)
    sent = [(asked.body.get("max_tokens"), asked.body.get("max_completion_tokens"), asked.n) for asked in server.asked]
    assert sent == [(64, None, 2), (None, 64, 2), (None, 64, 1)]


def test_what_the_endpoint_lacks_is_found_in_any_length_of_its_words() -> None:
    words = f"{'upstream said ' * 40}use max_completion_tokens"
    with serve(lambda _, asked: refuse(400, words) if "max_tokens" in asked.body else obey(asked)) as server:
        collect(backend(server), request(), max_tokens=64)
    assert ["max_completion_tokens" in asked.body for asked in server.asked] == [False, True]


def test_an_endpoint_that_takes_no_seed_is_asked_without_from_then_on() -> None:
    def script(_: int, asked: Asked) -> Reply:
        return refuse(422, 'Unknown name "Seed"') if "seed" in asked.body else chat(choice("x"), choice("y", 1))

    with serve(script) as server:
        model = backend(server)
        got = collect(model, request("a", 0, 1)) + collect(model, request("b", 0, 1))
    assert [(asked.n, "seed" in asked.body) for asked in server.asked] == [(2, True), (2, False), (2, False)]
    assert [completion.seed for completion in got] == [None] * 4


def test_everything_that_an_endpoint_lacks_is_found_out_one_by_one() -> None:
    def script(_: int, asked: Asked) -> Reply:
        if "max_tokens" in asked.body:
            return refuse(400, "use max_completion_tokens")
        if "seed" in asked.body:
            return refuse(400, "seed is not supported")
        return refuse(400, "n must be 1") if asked.n > 1 else chat(choice("x"))

    with serve(script) as server:
        got = collect(backend(server, concurrency=1), request("a", 0, 1, 2), max_tokens=64)
    assert indices(got) == [0, 1, 2]
    assert len(server.asked) == 6


def test_reasoning_length_and_usage_reach_the_record() -> None:
    usage = {"prompt_tokens": 50, "completion_tokens": 9}
    reply = chat(
        choice("co", finish_reason="length", reasoning="a"), choice("code", 1, reasoning_content="b"), usage=usage
    )
    with serve(lambda *_: reply) as server:
        got = collect(backend(server), request("counter", 0, 1))
    assert [(one.text, one.reasoning, one.finish_reason, one.usage) for one in got] == [
        ("co", "a", FinishReason.LENGTH, TokenUsage(prompt=50, completion=5)),
        ("code", "b", FinishReason.STOP, TokenUsage(prompt=0, completion=4)),
    ]


PASSING = (
    (refuse(408), 0.5),
    (refuse(409), 0.5),
    (refuse(429), 0.5),
    (refuse(500), 0.5),
    (refuse(503), 0.5),
    (refuse(429, retry_after="7"), 7.0),
    (refuse(503, retry_after="9999"), 120.0),
    (refuse(429, retry_after="0"), 0.5),
    (refuse(429, retry_after="soon"), 0.5),
    (MALFORMED, 0.5),
    (as_reply(["not", "an", "object"]), 0.5),
    (as_reply({"error": {"message": "overloaded"}}), 0.5),
    (as_reply({"choices": []}), 0.5),
    (chat({"index": 0, "finish_reason": "stop"}), 0.5),
    (Reply(body=b'{"choices": [{"message": {"content": "half"}}]}', is_cut=True), 0.5),
)


def test_what_may_pass_is_tried_again_once_after_a_wait() -> None:
    slept: list[float] = []
    seen: set[str] = set()

    def script(_: int, asked: Asked) -> Reply:
        if asked.problem in seen:
            return obey(asked)
        seen.add(asked.problem)
        return PASSING[int(asked.problem)][0]

    with serve(script) as server:
        got = collect(backend(server, slept, concurrency=1), *(request(f"{place:02}") for place in range(len(PASSING))))
    assert list(zip(range(len(PASSING)), slept, strict=True)) == [
        (place, delay_s) for place, (_, delay_s) in enumerate(PASSING)
    ]
    assert [server.asked[place].body for place in range(0, 30, 2)] == [asked.body for asked in server.asked[1::2]]
    assert [completion.text.split()[0] for completion in got] == [f"{place:02}" for place in range(len(PASSING))]


def test_a_request_that_hangs_is_given_up_and_sent_again() -> None:
    with serve(first(HANG)) as server:
        started = time.monotonic()
        (got,) = collect(backend(server, timeout_s=0.3), request())
        assert 0.3 <= time.monotonic() - started < 3
    assert len(server.asked) == 2
    assert got.text.startswith("counter")


def test_other_samples_are_not_asked_for_again_when_one_request_is() -> None:
    failed: set[str] = set()

    def script(_: int, asked: Asked) -> Reply:
        if asked.problem in {"p3", "p7"} and asked.problem not in failed:
            failed.add(asked.problem)
            return refuse(500)
        return obey(asked)

    with serve(script) as server:
        got = collect(backend(server), *(request(f"p{place}", 0, 1) for place in range(10)))
    assert Counter(asked.problem for asked in server.asked) == {
        f"p{place}": 2 if place in {3, 7} else 1 for place in range(10)
    }
    assert [(completion.key.problem_id, completion.key.index) for completion in got] == [
        (f"p{place}", index) for place in range(10) for index in range(2)
    ]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (refuse(503, "over\nloaded"), "HTTP 503 over loaded, 4 tries for counter\\[0,1\\]"),
        (Reply(status=502, body=b"<html>bad gateway</html>"), "HTTP 502 <html>bad gateway</html>, 4 tries"),
        (MALFORMED, "malformed JSON .*, 4 tries"),
        (as_reply({"error": {"message": "out of memory"}}), "without choices: .*out of memory.*, 4 tries"),
    ],
)
def test_when_the_retries_are_used_up_one_line_says_what_and_what_to_do(reply: Reply, expected: str) -> None:
    slept: list[float] = []
    with serve(lambda *_: reply) as server, pytest.raises(BackendError, match=expected) as caught:
        collect(backend(server, slept, max_retries=3), request("counter", 0, 1))
    assert len(server.asked) == 4
    assert slept == [0.5, 1.0, 2.0]
    message = str(caught.value)
    assert message.startswith(f"{server.url}: ")
    assert "--rtlgen-concurrency" in message
    assert "\n" not in message


def test_a_server_that_always_hangs_is_tried_three_times_only() -> None:
    with serve(lambda *_: HANG) as server, pytest.raises(BackendError, match=r"no answer within 0\.5 s, 3 tries"):
        collect(backend(server, timeout_s=0.5, max_retries=9), request())
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (refuse(400, "context too long"), "HTTP 400 context too long; change the request"),
        (refuse(404, "no model asked-model"), "HTTP 404 no model asked-model; check the model's name and --rtlgen"),
    ],
)
def test_what_cannot_pass_is_an_error_at_once(reply: Reply, expected: str) -> None:
    with serve(lambda *_: reply) as server, pytest.raises(BackendError, match=expected):
        collect(backend(server), request())
    assert len(server.asked) == 1


def test_an_endpoint_that_is_not_there_is_named() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        model = OpenAiBackend("m", BackendSettings(base_url=url, backoff_s=0.01), environ={})
        with pytest.raises(BackendError, match=rf"^{url}: cannot be reached \(.+\), 3 tries"):
            collect(model, request())


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_everything_at_once(status: int) -> None:
    def script(number: int, asked: Asked) -> Reply:
        return refuse(status, f"bad key {KEY}") if number == 2 else obey(asked)

    arrived: list[Completion] = []
    with serve(script) as server, pytest.raises(CredentialError, match="OPENAI_API_KEY") as caught:
        backend(server, concurrency=1).generate(
            [request(f"p{place}") for place in range(9)], SamplingParams(), lambda *found: arrived.extend(found)
        )
    assert len(server.asked) == 3
    assert len(arrived) == 2
    assert f"refuses the key (HTTP {status})" in str(caught.value)


def test_an_endpoint_that_wants_a_key_where_none_is_set_says_so() -> None:
    with serve(lambda *_: refuse(401)) as server:
        model = OpenAiBackend("m", BackendSettings(base_url=server.url), environ={})
        with pytest.raises(CredentialError, match=r"wants a key \(HTTP 401\); set OPENAI_API_KEY"):
            collect(model, request())


def test_no_key_is_needed_where_an_address_is_given() -> None:
    with serve(first()) as server:
        collect(OpenAiBackend("m", BackendSettings(base_url=server.url), environ={}), request())
        collect(OpenAiBackend("m", BackendSettings(), environ={"OPENAI_BASE_URL": server.url}), request())
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, "OPENAI_API_KEY is not set; .*--rtlgen-base-url"), ({"OPENAI_API_KEY": " "}, "is not set")],
)
def test_openai_itself_needs_a_key(environ: dict[str, str], expected: str) -> None:
    with pytest.raises(CredentialError, match=expected):
        OpenAiBackend("m", BackendSettings(), environ=environ)


def test_a_broken_key_is_refused_without_being_shown() -> None:
    with pytest.raises(CredentialError, match="a character that no key has") as caught:
        OpenAiBackend("m", BackendSettings(), environ={"OPENAI_API_KEY": f"{KEY}\nx"})
    assert KEY not in str(caught.value)


def test_a_surrounding_line_break_does_not_belong_to_the_key() -> None:
    with serve(first()) as server:
        settings = BackendSettings(base_url=server.url)
        collect(OpenAiBackend("m", settings, environ={"OPENAI_API_KEY": f"{KEY}\n"}), request())
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "reply",
    [
        chat(choice(f"the key is {KEY}", reasoning=f"{KEY}!"), model=KEY),
        refuse(401, f"bad key {KEY}"),
        refuse(400, f"bad key {KEY}"),
        refuse(503, f"bad key {KEY}"),
        Reply(status=500, body=f"<html>{KEY}</html>".encode()),
        Reply(body=f"{{ {KEY}".encode()),
        as_reply({"error": KEY}),
        Reply(body=f'{{"choices": "{KEY}"}}'.encode(), is_cut=True),
    ],
)
def test_the_key_is_nowhere_but_in_the_header(
    reply: Reply, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    journal, error_text = Journal(tmp_path / "completions.jsonl"), ""
    with serve(lambda *_: reply) as server:
        model = backend(server, max_retries=1)
        try:
            model.generate([request()], SamplingParams(), journal.append)
        except BackendError as error:
            error_text = show_all(error)
    written = journal.path.read_text() if journal.path.exists() else ""
    assert written or error_text
    texts = (error_text, written, caplog.text, *capfd.readouterr(), repr(model), repr(vars(model)))
    assert not any(KEY in text for text in texts)
    assert not any(KEY in repr(record.__dict__) for record in caplog.records)
    assert all(asked.headers["authorization"] == f"Bearer {KEY}" for asked in server.asked)


def show_all(error: BaseException | None) -> str:
    """Return everything that an error and those behind it say, and the local variables of their frames."""
    text = ""
    while error is not None:
        text += f"{error!r} {error} {vars(error)!r}"
        trace = error.__traceback__
        while trace is not None:
            if "rtlgen" in trace.tb_frame.f_code.co_filename and "tests" not in trace.tb_frame.f_code.co_filename:
                text += repr(trace.tb_frame.f_locals)
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
    return text


def test_a_fatal_error_calls_off_what_is_in_flight_and_keeps_what_arrived() -> None:
    def script(_: int, asked: Asked) -> Reply:
        if asked.problem == "bad":
            both_arrived.wait(5)
            return refuse(400, "no")
        return HANG if asked.problem == "slow" else obey(asked)

    arrived: list[Completion] = []
    both_arrived = threading.Event()

    def deliver(*completions: Completion) -> None:
        arrived.extend(completions)
        if {one.key.problem_id for one in arrived} >= {"a", "b"}:
            both_arrived.set()

    requests = [request("slow"), request("bad"), request("a"), request("b"), *(request(f"p{i}") for i in range(50))]
    with serve(script) as server:
        started = time.monotonic()
        with pytest.raises(BackendError, match="HTTP 400"):
            backend(server, timeout_s=30.0, concurrency=4).generate(requests, SamplingParams(), deliver)
        assert time.monotonic() - started < 5
    assert {completion.key.problem_id for completion in arrived} >= {"a", "b"}
    assert not any(completion.key.problem_id in {"slow", "bad"} for completion in arrived)


@pytest.mark.parametrize("error", [StorageError("disk full"), KeyboardInterrupt()])
def test_what_deliver_raises_comes_out_as_it_is_and_ends_everything(error: BaseException) -> None:
    arrived: list[Completion] = []

    def deliver(*completions: Completion) -> None:
        if len(arrived) == 3:
            raise error
        arrived.extend(completions)

    with serve(first()) as server, pytest.raises(type(error)) as caught:
        backend(server, concurrency=1).generate([request(f"p{i}") for i in range(20)], SamplingParams(), deliver)
    assert caught.value is error
    assert len(server.asked) == 4


@pytest.mark.parametrize(("concurrency", "expected"), [(1, 1), (4, 4)])
def test_no_more_requests_are_open_than_allowed(concurrency: int, expected: int) -> None:
    full = threading.Barrier(expected)

    def script(_: int, asked: Asked) -> Reply:
        full.wait(5)
        return obey(asked)

    with serve(script) as server:
        got = collect(backend(server, concurrency=concurrency), *(request(f"p{place}") for place in range(12)))
    assert server.most_at_once == expected
    assert len(got) == 12


def test_every_completion_is_delivered_in_the_calling_thread() -> None:
    threads: set[str] = set()
    with serve(first()) as server:
        backend(server).generate(
            [request(f"p{place}") for place in range(8)],
            SamplingParams(),
            lambda *_: threads.add(threading.current_thread().name),
        )
    assert threads == {threading.current_thread().name}


def test_nothing_is_asked_when_nothing_is_missing() -> None:
    with serve(first()) as server:
        assert collect(backend(server)) == []
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://user:secret-word@127.0.0.1:8000/v1",
        "http://127.0.0.1:8000/v1?key=secret-word",
        "http://127.0.0.1:8000/v1#secret-word",
        "http://secret-word:x/v1",
        "http://[secret-word/v1",
        "http://secret word/v1",
        "localhost:8000/v1",
        "127.0.0.1:8000/v1",
        "ftp://127.0.0.1/v1",
        "http://",
        "http://127.0.0.1:0/v1",
    ],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused_without_being_shown(url: str) -> None:
    for settings, environ in ((BackendSettings(base_url=url), {}), (BackendSettings(), {"OPENAI_BASE_URL": url})):
        with pytest.raises(UsageError, match=r"^the endpoint's address .* must be http://") as caught:
            OpenAiBackend("m", settings, environ=environ)
        assert "secret" not in str(caught.value)


def test_ctrl_c_ends_requests_that_wait() -> None:
    def script(*_: object) -> Reply:
        os.kill(os.getpid(), signal.SIGINT)
        return HANG

    with serve(script) as server:
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            collect(backend(server, timeout_s=60.0, concurrency=1), request("a"), request("b"))
        assert time.monotonic() - started < 5
    assert len(server.asked) == 1


def test_the_specification_makes_this_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert make_backend("openai:org/model:tag", BackendSettings()).name == "openai:org/model:tag"
    with pytest.raises(UsageError, match="openai: names no model; write openai:MODEL"):
        make_backend("openai:", BackendSettings())


def test_after_a_refusal_for_overload_half_as_many_requests_are_open() -> None:
    all_open, half_open = threading.Barrier(16), threading.Barrier(8)
    lock, now, most = threading.Lock(), 0, 0

    def script(number: int, asked: Asked) -> Reply:
        nonlocal now, most
        if number < 16:
            all_open.wait(5)
            return refuse(429, retry_after="7")
        with lock:
            now += 1
            most = max(most, now)
        half_open.wait(5)
        time.sleep(0.05)  # time enough for more to come, if more were sent
        with lock:
            now -= 1
        return obey(asked)

    slept: list[float] = []
    with serve(script) as server:
        got = collect(backend(server, slept, concurrency=16), *(request(f"p{place:02}") for place in range(16)))
    assert [completion.key.problem_id for completion in got] == [f"p{place:02}" for place in range(16)]
    assert slept == [7.0] * 16
    assert most == 8


def test_from_a_server_that_takes_few_at_once_every_sample_arrives_once() -> None:
    lock, now, refused = threading.Lock(), 0, 0

    def script(_: int, asked: Asked) -> Reply:
        nonlocal now, refused
        with lock:
            now += 1
            is_full = now > 4
            refused += is_full
        if not is_full:
            time.sleep(0.005)
        with lock:
            now -= 1
        return refuse(429) if is_full else obey(asked)

    with serve(script) as server:
        got = collect(backend(server, concurrency=32), *(request(f"p{place:03}") for place in range(200)))
    assert [completion.key.problem_id for completion in got] == [f"p{place:03}" for place in range(200)]
    assert len(server.asked) == 200 + refused


def test_nothing_is_sent_while_a_wait_lasts_that_the_server_asked_for() -> None:
    both_asked, waiting = threading.Event(), threading.Event()
    asked_meanwhile: list[int] = []

    def script(number: int, asked: Asked) -> Reply:
        if number == 0:
            both_asked.wait(5)
            return refuse(429, retry_after="7")
        both_asked.set()
        waiting.wait(5)  # answered in the wait, so that a place is free for one that must not be sent yet
        return obey(asked)

    async def sleep(_: float) -> None:
        waiting.set()
        await asyncio.sleep(0.1)  # time enough for others to be sent
        asked_meanwhile.append(len(server.asked))

    with serve(script) as server:
        retry = RetryPolicy(max_retries=3, base_s=0.5, sleep=sleep)
        settings = BackendSettings(base_url=server.url, concurrency=2)
        model = OpenAiBackend("m", settings, environ={}, retry=retry)
        assert len(collect(model, *(request(f"p{place}") for place in range(8)))) == 8
    assert asked_meanwhile == [2]


def test_through_every_kind_of_failure_each_sample_arrives_exactly_once() -> None:
    failures = (
        refuse(429, retry_after="1"),
        refuse(500),
        Reply(body=b'{"choices": []}', is_cut=True),
        MALFORMED,
        as_reply({"choices": []}),
    )

    def script(number: int, asked: Asked) -> Reply:
        if number in {1, 40}:
            return HANG
        if number % 3 == 0 and number // 3 < 6 * len(failures):
            return failures[number // 3 % len(failures)]
        return chat(choice(f"{asked.problem} {asked.body['seed']}")) if asked.n > 1 else obey(asked)

    with serve(script) as server:
        model = backend(server, timeout_s=1.0, max_retries=30)
        got = collect(model, *(request(f"p{place:02}", *range(5)) for place in range(20)))
    assert [(completion.key.problem_id, completion.key.index) for completion in got] == [
        (f"p{place:02}", index) for place in range(20) for index in range(5)
    ]
    assert len({completion.text for completion in got}) == 100
    assert all(completion.text.startswith(completion.key.problem_id) for completion in got)


def test_a_prompt_that_a_content_filter_stops_is_an_outcome_and_the_others_go_on() -> None:
    filtered = {"error": {"message": "The response was filtered", "type": None, "code": "content_filter"}}

    def script(_: int, asked: Asked) -> Reply:
        return as_reply(filtered, 400) if asked.problem == "b" else obey(asked)

    with serve(script) as server:
        got = collect(backend(server, concurrency=1), request("a", 0), request("b", 0, 1), request("c", 0))
    assert [(one.key.problem_id, one.key.index, one.finish_reason) for one in got] == [
        ("a", 0, FinishReason.STOP),
        ("b", 0, FinishReason.CONTENT_FILTER),
        ("b", 1, FinishReason.CONTENT_FILTER),
        ("c", 0, FinishReason.STOP),
    ]
    assert [(one.text, one.model, one.usage) for one in got[1:3]] == [("", "asked-model", TokenUsage())] * 2
    assert [asked.n for asked in server.asked] == [1, 2, 1]


def continue_text(problem_id: str, *indices: int) -> GenerationRequest:
    """Return a request with one text to go on with."""
    asked = request(problem_id, *indices)
    return replace(asked, prompt=replace(asked.prompt, messages=asked.prompt.messages[1:]))


def test_the_completions_endpoint_is_sent_the_text_and_its_choices_are_counted() -> None:
    def script(_: int, asked: Asked) -> Reply:
        return text_completion(f" {asked.body['seed']}", finish_reason="length")

    with serve(script) as server:
        got = collect(
            backend(server, api=Api.COMPLETIONS), continue_text("module a;", 0, 1, 2), max_tokens=64, top_p=0.9
        )
    sent = server.asked[0]
    assert sent.path == "/v1/completions"
    assert sent.body == {
        "model": "asked-model",
        "prompt": "module a;",
        "n": 3,
        "seed": got[0].seed,
        "max_tokens": 64,
        "top_p": 0.9,
    }
    assert [asked.n for asked in server.asked] == [3, 1, 1]
    assert [completion.text for completion in got] == [f" {derive_seed(0, completion.key)}" for completion in got]
    assert {(completion.model, completion.finish_reason) for completion in got} == {
        ("served-model", FinishReason.LENGTH)
    }


@pytest.mark.parametrize(
    ("asked", "max_tokens", "expected"),
    [
        (continue_text("a"), None, "ends every answer after 16 tokens .* add --rtlgen-max-tokens"),
        (request("a"), 64, "prompt of test/a is a chat of 2 messages; .* add --rtlgen-prompt=completion"),
    ],
)
def test_what_the_completions_endpoint_would_misread_is_refused_before_anything_is_sent(
    asked: GenerationRequest, max_tokens: int | None, expected: str
) -> None:
    with serve(lambda *_: text_completion("x")) as server, pytest.raises(UsageError, match=expected):
        collect(backend(server, api=Api.COMPLETIONS), continue_text("first"), asked, max_tokens=max_tokens)
    assert server.asked == []


def test_base_models_have_another_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(lambda *_: text_completion("x")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        model = make_openai("org/base:tag", BackendSettings(), api=Api.COMPLETIONS)
        collect(model, continue_text("a"), max_tokens=8)
    assert model.name == "openai-completions:org/base:tag"
    assert [(asked.path, asked.body["model"]) for asked in server.asked] == [("/v1/completions", "org/base:tag")]
    with pytest.raises(UsageError, match="openai-completions: names no model; write openai-completions:MODEL"):
        make_openai("", BackendSettings(), api=Api.COMPLETIONS)
