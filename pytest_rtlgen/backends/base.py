"""What every backend is asked and how it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Completion, Problem, Prompt, SampleKey, SamplingParams


class Deliver(Protocol):
    """Puts completions on disk as they arrive, those of one response together."""

    def __call__(self, *completions: Completion) -> None:
        """Take them; never called by two threads at once; may raise."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """The samples of one problem that are still missing."""

    problem: Problem
    prompt: Prompt
    indices: tuple[int, ...]

    def key(self, index: int) -> SampleKey:
        """Return the key of sample ``index``."""
        return SampleKey(suite=self.problem.suite, problem_id=self.problem.problem_id, index=index)


def always() -> bool:
    """Return true."""
    return True


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
    may_ask: Callable[[], bool] = always
    """Asked before each request or run of a program; false: send no more, wait for those under way, and return."""
    lora: str | None = None
    """Folder of a LoRA adapter, as peft saves it."""
    engine: tuple[tuple[str, str], ...] = ()
    """(key, value) of each setting of an engine on this machine."""

    def __post_init__(self) -> None:
        if self.concurrency < 1:  # no place to run in: nothing would be asked, without a word
            raise UsageError(f"concurrency={self.concurrency}: must be 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is true of all answers of a backend; the defaults are those of a model that chats."""

    is_free: bool = False
    """No model is asked: nothing is counted, priced or kept in the cache."""
    is_recorded: bool = False
    """There is one answer a sample, so that none can be repaired."""
    is_chat: bool = True
    """It answers messages; false: it goes on with a text, so that no answer can be repaired."""


class Backend(Protocol):
    """A source of completions.

    One of an installed plugin may have an attribute ``traits`` (``Traits``).

    One with a method ``describe_waits() -> str`` tells whoever watches what it tries again and waits for.

    One with an attribute ``base_url``, the address of a server and no secret, has it in the run's settings: a run is
    resumed at the same address only.

    One with an attribute ``identity``, a text that says all that its answers depend on besides prompt, sampling and
    sample (address, model, revision, adapter's digest; no secret), has its completions kept in the cache.
    """

    name: str
    """As the user spelt it, kind included."""

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        """Deliver every requested sample once, as it arrives, in any order; fewer only where ``may_ask`` turned false.

        Several requests may be of one problem, with prompts and indices of their own: the repair loop asks so.

        Raises:
            BackendError: the model failed for good; what had arrived was delivered.
        """
        ...
