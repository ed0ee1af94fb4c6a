"""What every backend is: missing samples in, completions out, one at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_rtlgen.records import Completion, Problem, Prompt, SampleKey, SamplingParams

Deliver = Callable[[Completion], None]
"""Takes one completion, usually to disk. Called once a completion, from the thread that called ``generate``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """The samples of one problem that are still missing."""

    problem: Problem
    prompt: Prompt
    indices: tuple[int, ...]
    """Sample indices, each once."""

    def key(self, index: int) -> SampleKey:
        """Return the key of sample ``index``."""
        return SampleKey(suite=self.problem.suite, problem_id=self.problem.problem_id, index=index)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendSettings:
    """How a backend may go about it; one that asks nobody ignores all of it."""

    base_url: str | None = None
    """Address of an OpenAI-compatible endpoint; ``None``: ``OPENAI_BASE_URL``, else OpenAI itself."""
    timeout_s: float = 600.0
    """Most seconds for one request, or for one run of a program."""
    concurrency: int = 16
    """Most requests or programs at once."""
    max_retries: int = 8
    """Most retries of one request."""
    choices_per_request: int = 8
    """Most samples of one problem asked for in one request, where the endpoint can do that."""


class Backend(Protocol):
    """Answers prompts."""

    name: str

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        """Deliver every completion that ``requests`` ask for, each as soon as it is there, in any order.

        An exception, from ``deliver`` or Ctrl-C too, ends everything that still runs; what was delivered stays.

        Raises:
            BackendError: the model cannot be reached, or answers nonsense.
            RecordError: a recording cannot be read.
        """
        ...
