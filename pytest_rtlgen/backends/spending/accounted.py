"""A backend that asks for nothing twice and for no more than it may: its completions are kept and counted."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Protocol

from pytest_rtlgen.backends.base import Backend, Deliver, GenerationRequest, Traits
from pytest_rtlgen.backends.extras import Needs
from pytest_rtlgen.backends.spending.ledger import Ledger
from pytest_rtlgen.backends.spending.prices import Price
from pytest_rtlgen.records import Completion, SampleKey, SamplingParams, TokenUsage

_CHARACTERS = 4
"""Of English and code, in a token."""
_FORM = 1
"""Rises when the digest of a question changes its meaning."""


class CompletionStore(Protocol):
    """Where completions are kept between runs."""

    def read(self, question: str) -> Mapping[int, Completion]:
        """Return what is kept of the answers to ``question``, by index of the sample."""
        ...

    def write(self, question: str, completions: Sequence[Completion]) -> None:
        """Keep the completions of one response, all or none."""
        ...


class AccountedBackend:
    """Another backend, before which a cache is asked, if there is one, and after which a ledger counts."""

    def __init__(
        self,
        inner: Backend,
        *,
        ledger: Ledger,
        price: Price | None,
        cache: CompletionStore | None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the backend; only one that has an ``identity`` has its completions kept.

        ``tell`` is given one line for people, before the first request: what is asked, and what it may cost.
        """
        self.name = inner.name
        self.traits: Traits | None = getattr(inner, "traits", None)
        self.needs: Needs | None = getattr(inner, "needs", None)
        self.base_url: str = getattr(inner, "base_url", "")
        self._inner = inner
        self._ledger = ledger
        self._price = price
        self._cache = cache
        self._tell = tell
        self._is_told = False
        self._identity: str | None = getattr(inner, "identity", None)

    def describe_waits(self) -> str:
        """Return what the backend tries again and waits for; empty where it does not tell."""
        describe: Callable[[], str] | None = getattr(self._inner, "describe_waits", None)
        return "" if describe is None else describe()

    def note(self, completions: Iterable[Completion]) -> None:
        """Count completions that the run has already."""
        for completion in completions:
            self._ledger.note(completion, self._price)

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        """Deliver every requested sample: those that are kept, then the others as they arrive, each kept before.

        Raises:
            LimitReachedError: the run may cost no more; what had arrived was delivered.
            BackendError: the model failed for good; what had arrived was delivered.
        """
        questions = self._digest_all(requests, sampling)
        missing = tuple(self._deliver_kept(requests, questions, deliver))
        waiting = {request.key(index) for request in missing for index in request.indices}
        if waiting and not self._ledger.may_ask():
            raise self._ledger.stop()

        def keep(*completions: Completion) -> None:
            self._keep(questions, completions)
            self.note(completions)
            waiting.difference_update(completion.key for completion in completions)
            deliver(*completions)

        if missing and not self._is_told:
            self._is_told = True
            self._tell(f"{describe_estimate(missing, sampling, self._price)}{self._ledger.describe_limits()}")
        if missing:
            self._inner.generate(missing, sampling, keep)
        if waiting and not self._ledger.may_ask():
            raise self._ledger.stop()

    def _digest_all(self, requests: Sequence[GenerationRequest], sampling: SamplingParams) -> dict[SampleKey, str]:
        if self._cache is None or self._identity is None:
            return {}
        digests = [(request, digest_question(self._identity, request, sampling)) for request in requests]
        return {request.key(index): digest for request, digest in digests for index in request.indices}

    def _deliver_kept(
        self, requests: Sequence[GenerationRequest], questions: Mapping[SampleKey, str], deliver: Deliver
    ) -> Iterable[GenerationRequest]:
        """Deliver what is kept, and yield what is not."""
        for request in requests:
            question = questions.get(request.key(request.indices[0])) if request.indices else None
            kept = self._cache.read(question) if self._cache is not None and question else {}
            found = tuple(kept[index] for index in request.indices if index in kept)
            if found:
                self.note(found)
                deliver(*found)
            rest = tuple(index for index in request.indices if index not in kept)
            if rest:
                yield GenerationRequest(problem=request.problem, prompt=request.prompt, indices=rest)

    def _keep(self, questions: Mapping[SampleKey, str], completions: Sequence[Completion]) -> None:
        """Keep the completions of one response, or of several."""
        for question, answers in groupby(completions, lambda completion: questions.get(completion.key)):
            if self._cache is not None and question:
                self._cache.write(question, tuple(answers))


def digest_question(identity: str, request: GenerationRequest, sampling: SamplingParams) -> str:
    """Return the SHA-256 of all that the answers to ``request`` depend on, besides the index of the sample.

    ``identity`` is the backend's. The problem's name counts, as it is in the samples' seeds.
    """
    asked = [
        _FORM,
        identity,
        request.problem.suite,
        request.problem.problem_id,
        [[message.role.value, message.content] for message in request.prompt.messages],
        [sampling.temperature, sampling.top_p, sampling.max_tokens, sampling.seed],
    ]
    return hashlib.sha256(json.dumps(asked).encode("ascii")).hexdigest()


def describe_estimate(requests: Sequence[GenerationRequest], sampling: SamplingParams, price: Price | None) -> str:
    """Return how many answers are asked for, in how many tokens, and the most that they cost where that is known.

    The tokens of prompts are estimated from their characters, each answer with a prompt of its own; those of the
    answers are at most ``sampling.max_tokens`` each.
    """
    answers = sum(len(request.indices) for request in requests)
    characters = sum(
        len(message.content) * len(request.indices) for request in requests for message in request.prompt.messages
    )
    prompts = characters // _CHARACTERS
    asked = f"asking for {answers:,} answers, about {prompts:,} tokens of prompts"
    if sampling.max_tokens is None:
        return f"{asked} and answers of any length"
    most = answers * sampling.max_tokens
    cost = price.measure_usd(TokenUsage(prompt=prompts, completion=most)) if price is not None else None
    return f"{asked} and at most {most:,} of answers" + (f": at most ${cost:.2f}" if cost is not None else "")
