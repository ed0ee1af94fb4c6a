"""A prompt style with everything that its name alone does not say."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotsFile:
    """VerilogEval v2's examples for one of its tasks."""

    task: str
    """As in the file's name: ``spec-to-rtl`` or ``code-complete-iccad2023``."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptStyle:
    """How problems are put to a model; what it needs from files, it holds."""

    name: str
    """One of ``STYLES``, or the path of ``template``."""
    shots: int = 0
    """Examples that go before each question, 0 … 4; VerilogEval v2 only."""
    examples: tuple[ShotsFile, ...] = ()
    """The text of those examples for each task in use; empty exactly for 0 shots."""
    has_rules: bool = False
    """Whether VerilogEval v2's five rules follow each specification."""
    template: str | None = None
    """Text of the user's own template; ``None``: one of ``STYLES``."""

    def __str__(self) -> str:
        """Return a line that two styles share only when they ask alike; what a run is resumed by."""
        parts = [self.name if self.template is None else f"{self.name} sha256:{_digest(self.template)}"]
        if self.shots:
            parts.append(f"shots={self.shots}")
            parts += [f"{item.task}:sha256:{_digest(item.text)}" for item in self.examples]
        if self.has_rules:
            parts.append("rules")
        return " ".join(parts)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
