"""A checkpoint, with or without a LoRA adapter, written out by transformers: slower than vLLM, and at home anywhere."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pytest_rtlgen.backends.base import BackendSettings, Deliver, GenerationRequest
from pytest_rtlgen.backends.engines.checkpoint import Checkpoint, open_engine
from pytest_rtlgen.backends.engines.settings import Reader, read_count, read_flag, read_object
from pytest_rtlgen.backends.engines.transformers_load import Model, ModelOrder, load_model
from pytest_rtlgen.backends.extras import Needs
from pytest_rtlgen.backends.openai.chat_answers import shorten
from pytest_rtlgen.backends.seeds import derive_seed
from pytest_rtlgen.errors import BackendError, UsageError
from pytest_rtlgen.records import Completion, FinishReason, SamplingParams, TokenUsage

_READERS: dict[str, Reader] = {
    **dict.fromkeys(("dtype", "device", "attn_implementation", "revision"), str),
    "trust_remote_code": read_flag,
    "batch_size": read_count,
    "chat_template_kwargs": read_object,
}
"""What ``--rtlgen-engine`` may set."""
_BATCH_SIZE = 8
"""Samples of one problem that are written together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Samples of one problem."""

    request: GenerationRequest
    tokens: tuple[int, ...]
    """The prompt."""
    indices: tuple[int, ...]


class TransformersBackend:
    """Loads one checkpoint, an adapter merged into it, for as long as it generates."""

    def __init__(
        self,
        model: str,
        settings: BackendSettings,
        *,
        is_chat: bool = True,
        load: Callable[[ModelOrder], Model] = load_model,
    ) -> None:
        """Check what was asked, without importing transformers.

        Raises:
            UsageError: a folder, an adapter or an engine setting that cannot be meant.
        """
        prefix = "transformers" if is_chat else "transformers-completions"
        self._checkpoint = Checkpoint(prefix, model, settings, _READERS, is_chat=is_chat)
        self._batch_size = int(str(self._checkpoint.arguments.pop("batch_size", _BATCH_SIZE)))
        self.name = self._checkpoint.name
        adapting = ("peft",) if self._checkpoint.adapter else ()
        self.needs = Needs(extra="transformers", modules=("torch", "transformers", *adapting))
        self._load = load
        self._may_ask = settings.may_ask

    @property
    def identity(self) -> str:
        """What the answers depend on besides prompt and sampling."""
        return self._checkpoint.identity

    @property
    def _order(self) -> ModelOrder:
        arguments = {key: value for key, value in self._checkpoint.arguments.items() if key != "revision"}
        device = arguments.pop("device", None)
        return ModelOrder(
            label=self.name,
            weights=self._checkpoint.weights,
            adapter=self._checkpoint.adapter,
            device=str(device) if device else None,
            arguments=arguments,
        )

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        """Deliver the samples batch by batch, then free the model.

        A sample's text depends on its own seed, not on the batch that it is in.

        Raises:
            ToolError: a library is missing, or the model cannot be loaded.
            UsageError: a prompt does not fit the model.
            BackendError: the model failed; what it had written was delivered.
        """
        with open_engine(self._load, self._order) as model:
            self._run(model, requests, sampling, deliver)

    def _run(
        self, model: Model, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver
    ) -> None:
        for batch in list(self._split(model, requests)):  # all prompts are checked before anything runs
            if not self._may_ask():
                return
            deliver(*self._answer(model, batch, sampling))

    def _split(self, model: Model, requests: Sequence[GenerationRequest]) -> Iterator[_Batch]:
        for request in requests:
            tokens = tuple(self._encode(model, request))
            for start in range(0, len(request.indices), self._batch_size):
                yield _Batch(request=request, tokens=tokens, indices=request.indices[start : start + self._batch_size])

    def _encode(self, model: Model, request: GenerationRequest) -> list[int]:
        tokens = self._checkpoint.encode(model.tokenizer, request)
        if len(tokens) >= model.context:
            raise UsageError(
                f"{self.name}: the prompt of {request.problem.problem_id} has {len(tokens)} tokens, the model takes "
                f"{model.context} with the answer; shorten the prompt"
            )
        return tokens

    def _answer(self, model: Model, batch: _Batch, sampling: SamplingParams) -> list[Completion]:
        keys = [batch.request.key(index) for index in batch.indices]
        seeds = [derive_seed(sampling.seed, key) for key in keys]
        room = model.context - len(batch.tokens)
        started = time.monotonic()
        try:
            rows = model.write(batch.tokens, seeds, sampling, min(room, sampling.max_tokens or room))
        except Exception as error:  # of torch: out of memory, a lost GPU
            raise BackendError(
                f"{self.name}: failed at {batch.request.problem.problem_id} ({type(error).__name__}: "
                f"{shorten(str(error))}); lower --rtlgen-engine=batch_size=N, then run the same again: it goes on"
            ) from error
        latency_s = time.monotonic() - started
        completions = []
        for key, seed, row in zip(keys, seeds, rows, strict=True):
            written = _cut(row, model.ends)
            completions.append(
                Completion(
                    key=key,
                    text=model.tokenizer.decode(written, skip_special_tokens=True),
                    finish_reason=FinishReason.STOP
                    if written[-1:] and written[-1] in model.ends
                    else FinishReason.LENGTH,
                    usage=TokenUsage(prompt=len(batch.tokens), completion=len(written)),
                    model=self._checkpoint.answers_as,
                    prompt_digest=batch.request.prompt.digest,
                    seed=seed,
                    latency_s=latency_s,
                )
            )
        return completions


def _cut(row: Sequence[int], ends: frozenset[int]) -> list[int]:
    """Return a row up to and with its first end; what follows fills the batch."""
    for place, token in enumerate(row):
        if token in ends:
            return list(row[: place + 1])
    return list(row)
