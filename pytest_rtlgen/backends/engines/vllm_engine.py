"""vLLM inside this process: one engine answers every prompt, all samples at once.

Source: vLLM 0.32's ``LLM`` and ``LLMEngine`` (``add_request``, ``step``), as its example ``llm_engine_example.py`` uses
them. The engine is driven step by step, where ``LLM.generate`` would hand over everything at the very end: an answer is
delivered when it is done, so a run that is killed loses only those that were being written.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_rtlgen.backends.base import BackendSettings, Deliver, GenerationRequest
from pytest_rtlgen.backends.engines.checkpoint import Checkpoint, open_engine
from pytest_rtlgen.backends.engines.settings import (
    Reader,
    read_count,
    read_flag,
    read_object,
    read_share,
)
from pytest_rtlgen.backends.engines.vllm_load import Engine, LoadOrder, load_engine
from pytest_rtlgen.backends.extras import Needs
from pytest_rtlgen.backends.openai.chat_answers import shorten
from pytest_rtlgen.backends.seeds import derive_seed
from pytest_rtlgen.errors import BackendError, UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.records import Completion, FinishReason, SampleKey, SamplingParams, TokenUsage

_READERS: dict[str, Reader] = {
    **dict.fromkeys(("tensor_parallel_size", "pipeline_parallel_size", "max_model_len", "max_num_seqs"), read_count),
    **dict.fromkeys(("max_num_batched_tokens", "kv_cache_memory_bytes", "block_size", "max_lora_rank"), read_count),
    **dict.fromkeys(("enable_prefix_caching", "enable_chunked_prefill", "enforce_eager"), read_flag),
    **dict.fromkeys(("trust_remote_code",), read_flag),
    **dict.fromkeys(("gpu_memory_utilization",), read_share),
    **dict.fromkeys(("dtype", "quantization", "kv_cache_dtype", "load_format", "revision", "tokenizer"), str),
    **dict.fromkeys(("download_dir", "distributed_executor_backend"), str),
    **dict.fromkeys(("hf_overrides", "speculative_config", "chat_template_kwargs"), read_object),
}
"""What ``--rtlgen-engine`` may set: arguments of vLLM's ``LLM``, and those of the chat template."""
_FINISH_REASONS = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
_MOST_UNDER_WAY = 2048
"""Samples given to the engine and not done: more than any engine writes at once, so that it never waits for us."""
_NO_ANSWER = frozenset({"abort", "error"})
"""Finish reasons that blame the engine, not the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """One sample to make."""

    name: str
    """What the engine is to call it."""
    key: SampleKey
    tokens: tuple[int, ...]
    """The prompt."""
    prompt_digest: str
    seed: int


class VllmBackend:
    """Loads one checkpoint, and an adapter on top of it, for as long as it generates."""

    needs = Needs(extra="vllm", modules=("vllm",))

    def __init__(
        self,
        model: str,
        settings: BackendSettings,
        *,
        is_chat: bool = True,
        load: Callable[[LoadOrder], Engine] = load_engine,
    ) -> None:
        """Check what was asked, without importing vLLM.

        Raises:
            UsageError: a folder, an adapter or an engine setting that cannot be meant.
        """
        prefix = "vllm" if is_chat else "vllm-completions"
        self._checkpoint = Checkpoint(prefix, model, settings, _READERS, is_chat=is_chat)
        self.name = self._checkpoint.name
        self._load = load
        self._may_ask = settings.may_ask

    @property
    def identity(self) -> str:
        """What the answers depend on besides prompt and sampling."""
        return self._checkpoint.identity

    @property
    def _order(self) -> LoadOrder:
        found = self._checkpoint
        return LoadOrder(label=self.name, weights=found.weights, adapter=found.adapter, arguments=found.arguments)

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        """Deliver each sample when the engine is done with it, then free the engine.

        Every sample is a request with a seed of its own: samples that share one can repeat each other.

        Raises:
            ToolError: vLLM is missing or cannot load the model.
            UsageError: a prompt does not fit the model.
            BackendError: the engine gave no answer to some samples; the others were delivered.
        """
        with open_engine(self._load, self._order) as engine:
            self._run(engine, requests, sampling, deliver)

    def _run(
        self, engine: Engine, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver
    ) -> None:
        waiting = self._list_samples(engine, requests, sampling)
        under_way: dict[str, _Sample] = {}
        failed: list[str] = []
        while True:
            self._fill(engine, waiting, under_way, sampling)
            if not under_way:
                break
            for output in self._step(engine):
                if not output.finished:
                    continue
                sample, answer = under_way.pop(output.request_id), output.outputs[0]
                if answer.finish_reason in _NO_ANSWER:
                    failed.append(f"{sample.key.problem_id}[{sample.key.index}] ({answer.finish_reason})")
                else:
                    deliver(self._make_completion(sample, output, answer))
        if failed:
            raise BackendError(
                f"{self.name}: the engine gave no answer to {failed[0]}, {len(failed)} samples in all; "
                "run the same again: it goes on where it stopped"
            )

    def _fill(
        self, engine: Engine, waiting: deque[_Sample], under_way: dict[str, _Sample], sampling: SamplingParams
    ) -> None:
        """Give the engine all samples that are waiting, as far as they are not too many."""
        while waiting and len(under_way) < _MOST_UNDER_WAY:
            if not self._may_ask():
                waiting.clear()
                return
            sample = waiting.popleft()
            params = engine.make_params(sampling, sample.seed)
            prompt = {"prompt_token_ids": list(sample.tokens)}
            engine.core.add_request(sample.name, prompt, params, lora_request=engine.adapter)
            under_way[sample.name] = sample

    def _step(self, engine: Engine) -> Sequence[Any]:
        """Let the engine go on by a step; return what is finished, or on its way."""
        try:
            outputs: Sequence[Any] = engine.core.step()
        except Exception as error:  # of torch, of a worker: out of memory, a lost GPU
            raise BackendError(
                f"{self.name}: the engine failed ({type(error).__name__}: {shorten(str(error))}); "
                "change --rtlgen-engine, then run the same again: it goes on where it stopped"
            ) from error
        return outputs

    def _list_samples(
        self, engine: Engine, requests: Sequence[GenerationRequest], sampling: SamplingParams
    ) -> deque[_Sample]:
        """Return every sample, those of one prompt next to each other, as they share its cached prefix."""
        encoded = [tuple(self._encode(engine, request)) for request in requests]  # all, before anything runs
        return deque(
            _Sample(
                name=f"{key.suite}/{key.problem_id}/{key.index}",
                key=key,
                tokens=tokens,
                prompt_digest=request.prompt.digest,
                seed=derive_seed(sampling.seed, key),
            )
            for request, tokens in zip(requests, encoded, strict=True)
            for key in map(request.key, request.indices)
        )

    def _encode(self, engine: Engine, request: GenerationRequest) -> list[int]:
        tokens = self._checkpoint.encode(engine.tokenizer, request)
        if len(tokens) >= engine.max_model_len:
            raise UsageError(
                f"{self.name}: the prompt of {request.problem.problem_id} has {len(tokens)} tokens, the engine takes "
                f"{engine.max_model_len} with the answer; raise --rtlgen-engine=max_model_len=N, or shorten the prompt"
            )
        return tokens

    def _make_completion(self, sample: _Sample, output: Foreign, answer: Foreign) -> Completion:  # vLLM's
        return Completion(
            key=sample.key,
            text=answer.text,
            finish_reason=_FINISH_REASONS.get(answer.finish_reason, FinishReason.OTHER),
            usage=TokenUsage(prompt=len(output.prompt_token_ids), completion=len(answer.token_ids)),
            model=self._checkpoint.answers_as,
            prompt_digest=sample.prompt_digest,
            seed=sample.seed,
            latency_s=_measure_latency(output.metrics),
        )


def _measure_latency(metrics: Foreign) -> float:  # vLLM's RequestStateStats, or None
    """Return the seconds that the engine worked on a sample, the wait for its turn left out."""
    return max(0.0, metrics.last_token_ts - metrics.scheduled_ts) if metrics is not None else 0.0
