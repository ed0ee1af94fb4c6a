"""What a verdict says, as numbers: the parts that presets weigh and that a trainer logs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_rtlgen.records import Method, Proof, Status, Verdict

PARTS = ("format", "code", "parsed", "interface", "compiled", "outputs", "passed", "proved")
_UNREAD = {Status.NO_CODE, Status.TRUNCATED, Status.REJECTED}
_TAGS = ("<think>", "</think>", "<answer>", "</answer>")


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardResult:
    """The reward of one completion with all that it was made from."""

    value: float | None
    """``None``: the harness failed, or a guard left the completion out; there is nothing to learn from it."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """For logging: each part of the verdict, each preset of a mix and each guard, by name, 0.0 … 1.0."""
    status: Status | None = None
    """``None``: nothing was checked."""
    seed: int = 0
    """Of the stimulus; ``judge`` with it gives the same rewards again."""
    reason: str = ""
    """Why there is no value, or what a guard did to it."""


def measure_parts(verdict: Verdict, answer: str) -> dict[str, float]:
    """Return the parts of ``verdict`` on the completion ``answer``, named as in ``PARTS``.

    ``format``: the tags of ``has_format``; ``code``: there is a module; ``parsed``; ``interface``: its ports are the
    wanted ones; ``compiled``; ``outputs``: share that is right; ``passed``; ``proved``: for every input, not only
    those that were simulated. A candidate that was screened out for what it reaches has none of them but ``format``.
    """
    is_compiled = verdict.is_compiled
    is_fit = is_compiled or verdict.method == Method.COMPILE
    is_parsed = is_fit or verdict.status in {Status.INTERFACE_MISMATCH, Status.ELABORATION_ERROR}
    is_proved = verdict.equivalence is not None and verdict.equivalence.result is Proof.EQUIVALENT
    return {
        "format": float(has_format(answer)),
        "code": float(is_parsed or verdict.status not in _UNREAD),
        "parsed": float(is_parsed),
        "interface": float(is_fit),
        "compiled": float(is_compiled),
        "outputs": verdict.credit,
        "passed": float(verdict.is_passed),
        "proved": float(verdict.is_passed and is_proved),
    }


def has_format(answer: str) -> bool:
    """Whether each of the four tags of CodeV-R1 is there exactly once, in order: a thought, then an answer.

    Source: CodeV-R1, ``verl/utils/reward_score/codev.py``, ``validate_response_structure``.
    """
    places = [answer.find(tag) for tag in _TAGS]
    return all(answer.count(tag) == 1 for tag in _TAGS) and places == sorted(places)
