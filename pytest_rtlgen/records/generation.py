"""What goes to a model and what comes back."""

from dataclasses import dataclass
from enum import StrEnum

from pytest_rtlgen.records.source import SourceFile


class Role(StrEnum):
    """Who speaks in a chat message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class FinishReason(StrEnum):
    """Why a model stopped."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content-filter"
    REFUSAL = "refusal"
    """The model would not answer; the text is what it returned instead."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The chat that asks for one problem."""

    suite: str
    problem_id: str
    messages: tuple[Message, ...]
    digest: str
    """SHA-256 of the messages, in hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingParams:
    """How a model is asked to sample; ``None`` leaves the choice to the model's server."""

    n: int = 1
    """Completions a problem."""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    """Most tokens of one completion."""
    seed: int = 0
    """Seed of the run; each sample derives its own from it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ProblemKey:
    """Which problem of which suite."""

    suite: str
    problem_id: str

    def __str__(self) -> str:
        return f"{self.suite}/{self.problem_id}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SampleKey:
    """Which generation of which problem."""

    suite: str
    problem_id: str
    index: int
    """0 … n-1."""

    @property
    def problem(self) -> ProblemKey:
        """The problem that it answers."""
        return ProblemKey(suite=self.suite, problem_id=self.problem_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens as the server counted them; ``None`` where it did not say."""

    prompt: int | None = None
    completion: int | None = None
    reasoning: int | None = None
    """Part of ``completion`` spent on hidden reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One raw answer of a model."""

    key: SampleKey
    text: str
    """The answer, without reasoning that the server returned apart."""
    reasoning: str = ""
    """Reasoning that the server returned apart from the answer."""
    finish_reason: FinishReason = FinishReason.STOP
    usage: TokenUsage = TokenUsage()
    model: str
    """The model, as the server names it."""
    prompt_digest: str = ""
    """``Prompt.digest`` of the prompt that was sent; empty for recordings."""
    seed: int | None = None
    """Seed that was sent for this sample."""
    latency_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Verilog taken out of a completion.

    >>> Candidate(source="module inverter(input a, output y); assign y = ~a; endmodule", rule="given").is_truncated
    False
    """

    source: str
    """Verilog text; empty when the answer holds none, or several files."""
    rule: str
    """Name of the extraction rule that found it, or why nothing was found."""
    is_truncated: bool = False
    """The answer ends inside the module that it defines."""
    files: tuple[SourceFile, ...] = ()
    """The files of an answer that writes several, under their paths; empty: it is the text ``source``."""

    @property
    def text(self) -> str:
        """All of its Verilog as one text."""
        return self.source or "\n".join(file.text for file in self.files)
