"""Any server that speaks OpenAI's chat completions, its completions for base models, or its responses."""

import asyncio
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_rtlgen.backends.base import BackendSettings, Deliver, GenerationRequest
from pytest_rtlgen.backends.openai.api import Api, check_for_completions, describe_prompt
from pytest_rtlgen.backends.openai.chat_answers import ChatAnswer, ChatAnswers, read_answers
from pytest_rtlgen.backends.openai.concurrency import Gate
from pytest_rtlgen.backends.openai.credentials import find_key
from pytest_rtlgen.backends.openai.endpoint import NEEDS, Endpoint, RefusedError
from pytest_rtlgen.backends.openai.responses_answers import read_response
from pytest_rtlgen.backends.openai.retry import RetryPolicy, TransientError, with_retries
from pytest_rtlgen.backends.pool import run_pool
from pytest_rtlgen.backends.seeds import derive_seed
from pytest_rtlgen.errors import BackendError, UsageError
from pytest_rtlgen.records import Completion, FinishReason, SamplingParams, TokenUsage

if TYPE_CHECKING:
    import openai

_DEFAULT_URL = "https://api.openai.com/v1"
_MOST_CHOICES = 8
"""Most samples of one problem asked for at once: a failed request costs no more than these."""
_BAD_REQUEST = frozenset({400, 422})
_OLD_LIMIT, _NEW_LIMIT = Api.CHAT.limit, "max_completion_tokens"

_FILTERED = ChatAnswer(text="", reasoning="", finish_reason=FinishReason.CONTENT_FILTER, usage=TokenUsage())
"""Each sample of a prompt that the endpoint's content filter stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One request to send."""

    request: GenerationRequest
    indices: tuple[int, ...]

    @property
    def label(self) -> str:
        return f"{self.request.problem.problem_id}[{','.join(map(str, self.indices))}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """What one call of ``generate`` works with."""

    client: "openai.AsyncOpenAI"
    sampling: SamplingParams
    deliver: Deliver


@dataclass(frozen=True, slots=True, kw_only=True)
class _Response:
    """What one request brought."""

    model: str
    answers: tuple[ChatAnswer, ...]
    """At least one, at most as many as the job has indices."""
    seed: int | None
    latency_s: float


class OpenAiBackend:
    """Asks one endpoint for one model, and remembers between calls what that endpoint cannot do."""

    needs = NEEDS

    def __init__(
        self,
        model: str,
        settings: BackendSettings,
        *,
        environ: Mapping[str, str] | None = None,
        retry: RetryPolicy | None = None,
        api: Api = Api.CHAT,
    ) -> None:
        """Take the key and, without one in ``settings``, the address from ``environ``; by default the process's own.

        Raises:
            UsageError: the address is none.
            CredentialError: the key is missing where one is needed, or no key.
        """
        environ = os.environ if environ is None else environ
        self.name = f"{api.value}:{model}"
        self._model = model
        self._api = api
        self._settings = settings
        url = settings.base_url or environ.get("OPENAI_BASE_URL")
        self._endpoint = Endpoint(url or _DEFAULT_URL, find_key(environ, is_needed=not url), settings.timeout_s)
        self._retry = retry or RetryPolicy(max_retries=settings.max_retries, base_s=settings.backoff_s)
        self._gate = Gate(settings.concurrency, sleep=self._retry.sleep)
        self._choices = _MOST_CHOICES if api.has_samples else 1
        self._limit = api.limit
        self._has_seeds = api.has_samples

    @property
    def base_url(self) -> str:
        """Where the model is asked."""
        return self._endpoint.url

    @property
    def identity(self) -> str:
        """What answers depend on: the interface, the address and the model."""
        return json.dumps([self._api.value, self._endpoint.url, self._model])

    def describe_waits(self) -> str:
        """Return what is tried again and waited for, for whoever watches."""
        return self._gate.describe_waits()

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        """Deliver every completion that ``requests`` ask for.

        The latency of a completion is that of the response it came in, without the tries before it; its seed is the
        one sent with that response's request, ``None`` from an endpoint that takes none.

        Raises:
            ToolError: the extra is missing.
            UsageError: the completions endpoint cannot be asked so; nothing was sent.
            CredentialError: the endpoint wants another key.
            BackendError: it cannot be reached, goes on failing, or will not have a request.
        """
        if self._api is Api.COMPLETIONS:
            check_for_completions(requests, sampling)
        asyncio.run(self._generate(requests, sampling, deliver))

    async def _generate(
        self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver
    ) -> None:
        async with self._endpoint.make_client() as client:
            session = _Session(client=client, sampling=sampling, deliver=deliver)
            jobs = (job for request in requests for job in self._split(request, request.indices))
            await run_pool(
                jobs,
                lambda job: self._answer(job, session),
                concurrency=self._settings.concurrency,
                may_start=self._settings.may_ask,
            )

    def _split(self, request: GenerationRequest, indices: tuple[int, ...]) -> Iterator[_Job]:
        """Yield jobs as large as the endpoint can take at that moment."""
        while indices:
            size = self._choices
            yield _Job(request=request, indices=indices[:size])
            indices = indices[size:]

    async def _answer(self, job: _Job, session: _Session) -> Iterable[_Job]:
        """Send one job, deliver what comes, and return jobs for what is still missing of it."""
        body = self._make_body(job, session.sampling)
        try:
            response = await with_retries(
                lambda: self._post(session.client, job, body), self._retry, wait=self._gate.wait
            )
        except TransientError as error:
            raise self._give_up(job, error) from error
        except RefusedError as error:
            return self._adapt(job, error, body)
        session.deliver(*_make_completions(job, response))
        missing = job.indices[len(response.answers) :]
        if missing:  # the endpoint ignores n, or allows fewer
            self._choices = min(self._choices, len(response.answers))
        return self._split(job.request, missing)

    async def _post(self, client: "openai.AsyncOpenAI", job: _Job, body: dict[str, Any]) -> _Response:
        """Return what one try brings."""
        count = len(job.indices)
        async with self._gate.place():
            started = time.monotonic()
            try:
                answer = await self._endpoint.post(client, body, self._api)
            except RefusedError as error:
                if not error.is_filtered:
                    raise
                model, answers = "", (_FILTERED,) * count
            else:
                found = self._read(answer, count)
                model, answers = found.model, found.answers
        latency_s = time.monotonic() - started
        return _Response(model=model or self._model, answers=answers, seed=body.get("seed"), latency_s=latency_s)

    def _read(self, answer: object, count: int) -> ChatAnswers:
        if self._api is Api.RESPONSES:
            return read_response(answer)
        return read_answers(answer, most=count, is_chat=self._api is Api.CHAT)

    def _make_body(self, job: _Job, sampling: SamplingParams) -> dict[str, Any]:
        """Return the request; what the user left open is left to the server."""
        count = len(job.indices)
        seed = derive_seed(sampling.seed, job.request.key(job.indices[0]))
        options = {
            "seed": seed if self._has_seeds else None,
            "n": count if count > 1 else None,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._limit: sampling.max_tokens,
        }
        return {
            "model": self._model,
            **describe_prompt(job.request.prompt, self._api),
            **{name: value for name, value in options.items() if value is not None},
        }

    def _adapt(self, job: _Job, error: RefusedError, sent: Mapping[str, Any]) -> Iterable[_Job]:
        """Return jobs that ask for the same in another way; raise ``error`` where there is none."""
        if error.status not in _BAD_REQUEST:
            raise error
        if _OLD_LIMIT in sent and _NEW_LIMIT in error.text:
            self._limit = _NEW_LIMIT
            return (job,)
        if "seed" in sent and "seed" in error.text.lower():
            self._has_seeds = False
            return (job,)
        if len(job.indices) > 1:
            self._choices = 1
            return self._split(job.request, job.indices)
        raise error

    def _give_up(self, job: _Job, error: TransientError) -> BackendError:
        return BackendError(
            f"{self._endpoint.url}: {error.what}, {error.tries} tries for {job.label}; check the endpoint, "
            "or lower --rtlgen-concurrency, then run the same again: it goes on where it stopped"
        )


def _make_completions(job: _Job, response: _Response) -> Iterator[Completion]:
    for index, answer in zip(job.indices, response.answers, strict=False):
        yield Completion(
            key=job.request.key(index),
            text=answer.text,
            reasoning=answer.reasoning,
            finish_reason=answer.finish_reason,
            usage=answer.usage,
            model=response.model,
            prompt_digest=job.request.prompt.digest,
            seed=response.seed,
            latency_s=response.latency_s,
        )


def make_openai(argument: str, settings: BackendSettings, *, api: Api = Api.CHAT) -> OpenAiBackend:
    """Return the backend for ``openai:MODEL``, or for a prefix of another ``api``.

    Raises:
        UsageError: no model is named, or the endpoint's address is none.
        CredentialError: the key is missing where one is needed.
    """
    if not argument:
        raise UsageError(f"{api.value}: names no model; write {api.value}:MODEL, as the endpoint names it")
    return OpenAiBackend(argument, settings, api=api)
