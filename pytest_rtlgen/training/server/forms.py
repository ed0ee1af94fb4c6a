"""The JSON of each route of the reward server: what is asked, and how it is answered. Pure.

Source of ``/openrlhf``: ``openrlhf.py``. Source of ``/verify``: NeMo-Gym 0.7, ``nemo_gym/base_resources_server.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.openrlhf import cut_prompt
from pytest_rtlgen.training.reward.answers import read_answer, read_response
from pytest_rtlgen.training.reward.parts import RewardResult

FAILURE_KIND = "rtlgen:harness_failed"
_TASK_FIELDS = ("problem", "problem_id", "task_id", "reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Completions to be judged, and the task of each."""

    completions: tuple[str, ...]
    tasks: tuple[str, ...]
    step: int | None = None
    """Of the training; ``None``: requests are counted."""
    seed: int | None = None
    """Of the stimulus, to repeat a request."""
    lengths: tuple[int | None, ...] | None = None
    """Tokens of each completion, for the overlong buffer; ``None``: the request does not say."""


def read_rewards(body: Mapping[str, Any]) -> Batch:
    """Return what ``/rewards`` is asked: ``{"samples": [{"completion": …, "problem": …}, …]}``, ``step`` or ``seed``.

    A sample may say its ``tokens``.

    Raises:
        UsageError: it has another form.
    """
    samples = body.get("samples")
    if not isinstance(samples, list) or not all(isinstance(sample, dict) for sample in samples):
        raise UsageError('"samples" must be a list of objects {"completion": …, "problem": …}')
    if not all("completion" in sample for sample in samples):
        raise UsageError('each of "samples" needs a "completion": text, or a list of messages')
    tasks = tuple(_read_task(sample, f"samples[{number}]") for number, sample in enumerate(samples))
    step, seed = _read_whole(body, "step"), _read_whole(body, "seed")
    if step is not None and seed is not None:
        raise UsageError('"step" and "seed" do not go together; send one of them')
    completions = tuple(read_answer(sample["completion"]) for sample in samples)
    lengths = tuple(_read_whole(sample, "tokens") for sample in samples)
    return Batch(completions=completions, tasks=tasks, step=step, seed=seed, lengths=lengths)


def render_rewards(results: Sequence[RewardResult]) -> dict[str, Any]:
    """Return the answer of ``/rewards``: ``{"results": [{"value", "status", "reason", "seed", "parts"}, …]}``."""
    return {"results": [render_result(result) for result in results]}


def read_openrlhf(body: Mapping[str, Any]) -> Batch:
    """Return what OpenRLHF asks: ``{"query", "prompts", "labels"}``, lists of texts.

    Raises:
        UsageError: it has another form.
    """
    lists = [body.get(name) for name in ("query", "prompts", "labels")]
    if not all(isinstance(item, list) and all(isinstance(text, str) for text in item) for item in lists):
        raise UsageError('"query", "prompts" and "labels" must be lists of texts')
    queries, prompts, labels = (list(item or ()) for item in lists)
    if not len(queries) == len(prompts) == len(labels):
        raise UsageError('"query", "prompts" and "labels" differ in length; send as many of each')
    answers = (cut_prompt(query, prompt) for query, prompt in zip(queries, prompts, strict=True))
    return Batch(completions=tuple(answers), tasks=tuple(labels))


def read_verify(body: Mapping[str, Any]) -> Batch:
    """Return what NeMo-Gym asks: a ``response`` of the Responses API; the problem is in ``verifier_metadata``.

    Raises:
        UsageError: it has another form.
    """
    response = body.get("response")
    if not isinstance(response, dict):
        raise UsageError('"response" must be an answer of the Responses API')
    metadata = body.get("verifier_metadata")
    task = _read_task(metadata if isinstance(metadata, dict) else body, "verifier_metadata")
    usage = response.get("usage")
    tokens = usage.get("output_tokens") if isinstance(usage, dict) else None
    lengths = (tokens if isinstance(tokens, int) else None,)
    return Batch(completions=(read_response(response),), tasks=(task,), lengths=lengths)


def render_verify(body: Mapping[str, Any], result: RewardResult) -> dict[str, Any]:
    """Return the answer of ``/verify``: the request with the reward; a harness that failed masks the sample."""
    is_failed = bool(result.parts["failed"])
    return {
        **body,
        "reward": result.value or 0.0,
        "reward_components": dict(result.parts),
        "mask_sample": result.value is None,
        "failure_kind": FAILURE_KIND if is_failed else None,
        "failure_reason": result.reason or None,
        "status": None if result.status is None else str(result.status),
        "seed": result.seed,
    }


def render_result(result: RewardResult) -> dict[str, Any]:
    """Return one result as ``/rewards`` gives it."""
    return {
        "value": result.value,
        "status": None if result.status is None else str(result.status),
        "reason": result.reason,
        "seed": result.seed,
        "parts": dict(result.parts),
    }


def _read_whole(body: Mapping[str, Any], name: str) -> int | None:
    found = body.get(name)
    if found is None:
        return None
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise UsageError(f'"{name}" must be a whole number, 0 or more')
    return found


def _read_task(values: Mapping[str, Any], place: str) -> str:
    found = next((values[name] for name in _TASK_FIELDS if isinstance(values.get(name), str)), None)
    if found is None:
        raise UsageError(f'{place} needs a "problem": the id of a problem, or the text of a reference')
    return str(found)
