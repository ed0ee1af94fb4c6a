"""What every backend is asked and how it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Completion, Problem, Prompt, SampleKey, SamplingParams

Deliver = Callable[[Completion], None]
"""Takes one completion as it arrives and puts it on disk; never called by two threads at once; may raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """The samples of one problem that are still wanted."""

    problem: Problem
    prompt: Prompt
    indices: tuple[int, ...]

    def key(self, index: int) -> SampleKey:
        """Return the key of sample ``index``."""
        return SampleKey(suite=self.problem.suite, problem_id=self.problem.problem_id, index=index)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendSettings:
    """What backends need besides a model's name."""

    base_url: str | None = None
    timeout_s: float = 600.0
    """Most seconds for one request or one run of a program."""
    concurrency: int = 16
    """Requests or programs at once."""
    max_retries: int = 6
    """Further tries of one request after a passing failure."""
    backoff_s: float = 0.5
    """First wait between tries; doubles, up to ``RETRY_CEILING_S``, with jitter."""
    lora: str | None = None
    """Folder of a LoRA adapter, as peft saves it."""
    engine: tuple[tuple[str, str], ...] = ()
    """(key, value) of each setting of an engine on this machine."""

    def __post_init__(self) -> None:
        if self.concurrency < 1:  # no place to run in: nothing would be asked, without a word
            raise UsageError(f"concurrency={self.concurrency}: must be 1 or more")


class Backend(Protocol):
    """A source of completions."""

    name: str
    """As the user spelt it, kind included."""

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        """Deliver every wanted sample once, as it arrives, in any order.

        Raises:
            BackendError: the model failed for good; what had arrived was delivered.
        """
        ...
