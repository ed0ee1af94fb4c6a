"""Nothing is asked twice, and nothing beyond a limit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings, Deliver, GenerationRequest, make_backend
from pytest_rtlgen.backends.openai.api import Api
from pytest_rtlgen.backends.openai.compatible import OpenAiBackend
from pytest_rtlgen.backends.spending.accounted import AccountedBackend, digest_question
from pytest_rtlgen.backends.spending.ledger import Ledger, LimitReachedError, SpendingLimits
from pytest_rtlgen.backends.spending.prices import Price
from pytest_rtlgen.errors import BackendError
from pytest_rtlgen.records import (
    Completion,
    FinishReason,
    Message,
    Role,
    SampleKey,
    SamplingParams,
    TokenUsage,
)

PRICE = Price(prompt=1.0, completion=10.0)
DOLLAR = TokenUsage(prompt=0, completion=100_000)


class Model:
    """A model of four samples a response, each of 100,000 tokens and thus of 1 USD."""

    name = "own:m"
    identity = "own m revision 1"

    def __init__(self, ledger: Ledger | None = None, usage: TokenUsage = DOLLAR) -> None:
        self.asked: list[tuple[str, tuple[int, ...]]] = []
        self._may_ask = ledger.may_ask if ledger is not None else lambda: True
        self._usage = usage

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        for one in requests:
            for start in range(0, len(one.indices), 4):
                if not self._may_ask():
                    return
                indices = one.indices[start : start + 4]
                self.asked.append((one.problem.problem_id, indices))
                deliver(*(self._answer(one, index, sampling.seed) for index in indices))

    def _answer(self, one: GenerationRequest, index: int, seed: int) -> Completion:
        text = f"{one.problem.problem_id} {index} {seed}"
        return Completion(key=one.key(index), text=text, model="m", prompt_digest=one.prompt.digest, usage=self._usage)


class Kept(dict[str, dict[int, Completion]]):
    """A cache in memory."""

    def read(self, question: str) -> Mapping[int, Completion]:
        return self.get(question, {})

    def write(self, question: str, completions: Sequence[Completion]) -> None:
        self.setdefault(question, {}).update({completion.key.index: completion for completion in completions})


def account(model: Model, kept: Kept | None = None, ledger: Ledger | None = None) -> AccountedBackend:
    return AccountedBackend(model, ledger=ledger or Ledger(SpendingLimits()), price=PRICE, cache=kept)


def test_the_second_time_nothing_is_asked() -> None:
    kept, first, second = Kept(), Model(), Model()
    requests = (request("a", *range(6)), request("b", 0, 1))
    got = collect(account(first, kept), *requests, seed=3)
    assert collect(account(second, kept), *requests, seed=3) == got
    assert first.asked == [("a", (0, 1, 2, 3)), ("a", (4, 5)), ("b", (0, 1))]
    assert second.asked == []


def test_only_what_is_not_there_is_asked() -> None:
    kept, model = Kept(), Model()
    collect(account(Model(), kept), request("a", 1, 3))
    got = collect(account(model, kept), request("a", 0, 1, 2, 3), request("b"))
    assert model.asked == [("a", (0, 2)), ("b", (0,))]
    assert [completion.text for completion in got] == ["a 0 0", "a 1 0", "a 2 0", "a 3 0", "b 0 0"]


def test_without_a_cache_or_an_identity_everything_is_asked() -> None:
    kept, model, nameless = Kept(), Model(), Model()
    nameless.identity = None  # type: ignore[assignment]
    for _ in range(2):
        collect(account(model), request("a"))
        collect(account(nameless, kept), request("a"))
    assert len(model.asked) == len(nameless.asked) == 2
    assert kept == {}


def test_what_is_asked_is_told_once_before_it_is() -> None:
    kept, model, told = Kept(), Model(), list[str]()
    collect(account(Model(), kept), request("a", 0, 1), max_tokens=500)
    ledger = Ledger(SpendingLimits(max_cost_usd=250.0))
    backend = AccountedBackend(model, ledger=ledger, price=PRICE, cache=kept, tell=told.append)
    collect(backend, request("a", 0, 1), max_tokens=500)
    assert told == []  # both are kept
    for indices in ((0, 1, 2, 3), (4, 5)):
        collect(backend, request("a", *indices), max_tokens=500)
    characters = sum(len(message.content) for message in request("a").prompt.messages)
    most_usd = (2 * characters // 4 * PRICE.prompt + 1000 * PRICE.completion) / 1e6
    (line,) = told
    assert line == (
        f"asking for 2 answers, about {2 * characters // 4} tokens of prompts and at most 1,000 of answers: "
        f"at most ${most_usd:.2f}; no more is asked from --rtlgen-max-cost=250 on"
    )


def test_an_answer_without_a_limit_has_no_highest_cost() -> None:
    told = list[str]()
    backend = AccountedBackend(Model(), ledger=Ledger(SpendingLimits()), price=PRICE, cache=None, tell=told.append)
    collect(backend, request("a", 0))
    assert told[0].endswith(" tokens of prompts and answers of any length")


def test_a_completion_is_kept_before_it_is_delivered() -> None:
    kept = Kept()

    def die(*_: Completion) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        account(Model(), kept).generate([request("a", 0, 1)], SamplingParams(), die)
    assert [sorted(answers) for answers in kept.values()] == [[0, 1]]


def test_whatever_an_answer_depends_on_makes_another_question() -> None:
    base, sampling = request("a"), SamplingParams()
    prompt = replace(base.prompt, messages=(Message(role=Role.USER, content="other"),))
    system = replace(base.prompt, messages=(Message(role=Role.SYSTEM, content="other"),))
    questions = [
        digest_question("m", base, sampling),
        digest_question("m2", base, sampling),
        digest_question("m", request("b"), sampling),
        digest_question("m", request("a", suite="other"), sampling),
        digest_question("m", replace(base, prompt=prompt), sampling),
        digest_question("m", replace(base, prompt=system), sampling),
        *(
            digest_question("m", base, SamplingParams(**change))
            for change in ({"temperature": 0.0}, {"top_p": 0.5}, {"max_tokens": 9}, {"seed": 1})
        ),
    ]
    assert len(set(questions)) == len(questions)
    same = [replace(base, indices=(0, 7)), replace(base, prompt=replace(base.prompt, digest="x"))]
    assert {digest_question("m", one, SamplingParams(n=5)) for one in same} == {questions[0]}


def test_what_built_in_backends_depend_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-test-4b1d77c0ffee"

    def identity(model: str, url: str, api: Api = Api.CHAT) -> str:
        return OpenAiBackend(model, BackendSettings(base_url=url), environ={"OPENAI_API_KEY": key}, api=api).identity

    here, there = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"
    found = [identity("m", here), identity("n", here), identity("m", there), identity("m", here, Api.RESPONSES)]
    assert len(set(found)) == 4
    assert not any(key in text for text in found)
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "model.py"
    program.write_text("print(1)")
    command = make_backend("command:python3 model.py", BackendSettings())
    before = command.identity  # type: ignore[attr-defined]
    program.write_text("print(2)")
    assert command.identity != before  # type: ignore[attr-defined]
    assert not hasattr(make_backend("reference:", BackendSettings()), "identity")


def test_nothing_is_asked_beyond_the_cost_and_what_arrived_is_kept() -> None:
    ledger = Ledger(SpendingLimits(max_cost_usd=5.0))
    model, arrived, kept = Model(ledger), list[Completion](), Kept()
    with pytest.raises(LimitReachedError) as caught:
        account(model, kept, ledger).generate(
            [request("a", *range(12))], SamplingParams(), lambda *some: arrived.extend(some)
        )
    assert [indices for _, indices in model.asked] == [(0, 1, 2, 3), (4, 5, 6, 7)]
    assert len(arrived) == 8
    assert str(caught.value) == (
        "--rtlgen-max-cost=5 is reached: the completions cost $8.0000; what arrived is kept: raise the limit and run "
        "the same again, it goes on there"
    )


def test_nothing_is_asked_beyond_the_tokens() -> None:
    ledger = Ledger(SpendingLimits(max_tokens_total=400_000))
    model = Model(ledger)
    with pytest.raises(LimitReachedError, match=r"--rtlgen-max-tokens-total=400000 is reached: .* took 400,000 tokens"):
        collect(account(model, ledger=ledger), request("a", *range(5)))
    assert len(model.asked) == 1


def test_a_limit_that_the_last_answer_reaches_is_no_error() -> None:
    ledger = Ledger(SpendingLimits(max_cost_usd=4.0))
    assert len(collect(account(Model(ledger), ledger=ledger), request("a", 0, 1, 2, 3))) == 4


def test_what_a_resumed_run_has_counts_and_counts_once() -> None:
    ledger = Ledger(SpendingLimits(max_cost_usd=4.0))
    model = Model(ledger)
    backend = account(model, ledger=ledger)
    before = collect(account(Model()), request("a", 0, 1, 2))
    backend.note(before)
    backend.note(before)
    assert ledger.cost_usd == pytest.approx(3.0)
    collect(backend, request("a", 3))
    with pytest.raises(LimitReachedError):
        collect(backend, request("a", 4))
    assert model.asked == [("a", (3,))]


def test_what_is_kept_is_delivered_whatever_it_cost_and_counts() -> None:
    kept, ledger = Kept(), Ledger(SpendingLimits(max_cost_usd=2.0))
    collect(account(Model(), kept), request("a", *range(4)))
    model = Model(ledger)
    arrived: list[Completion] = []
    with pytest.raises(LimitReachedError, match=r"cost \$4\.0000"):
        account(model, kept, ledger).generate(
            [request("a", *range(5))], SamplingParams(), lambda *some: arrived.extend(some)
        )
    assert len(arrived) == 4
    assert model.asked == []


def test_another_prompt_for_the_same_sample_counts_too() -> None:
    ledger = Ledger(SpendingLimits())
    key = SampleKey(suite="s", problem_id="p", index=0)
    turn = Completion(key=key, text="x", model="m", prompt_digest="1", usage=TokenUsage(prompt=1, completion=1))
    for one in (turn, turn, replace(turn, prompt_digest="2")):
        ledger.note(one, PRICE)
    assert ledger.tokens == 4
    assert ledger.cost_usd == pytest.approx(22e-6)


def test_a_limit_that_cannot_be_kept_is_reported() -> None:
    ledger = Ledger(SpendingLimits(max_tokens_total=9))
    model = Model(ledger, usage=TokenUsage())
    with pytest.raises(BackendError, match="does not say how many tokens an answer took, so no limit"):
        collect(account(model, ledger=ledger), request("a", *range(9)))
    assert len(model.asked) == 1
    assert len(collect(account(Model(usage=TokenUsage())), request("a", *range(9)))) == 9


def test_a_filtered_prompt_took_no_tokens() -> None:
    ledger = Ledger(SpendingLimits(max_tokens_total=9))
    key = SampleKey(suite="s", problem_id="p", index=0)
    ledger.note(Completion(key=key, text="", model="m", finish_reason=FinishReason.CONTENT_FILTER), None)
    assert ledger.may_ask()
