"""What a verdict says, as numbers: the parts that presets weigh and that a trainer logs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_rtlgen.records import Method, Proof, Status, Verdict
from pytest_rtlgen.training.reward.codev_r1 import has_format
from pytest_rtlgen.training.reward.spec2rtl import Tier

PARTS = ("format", "code", "parsed", "interface", "compiled", "outputs", "passed", "proved")
LONE_PARTS = ("alone", "malformed")
"""Only with presets that ask what Icarus says of the text alone."""
_UNREAD = {Status.NO_CODE, Status.TRUNCATED, Status.REJECTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is known of one candidate; plain data."""

    verdict: Verdict
    tier: Tier | None = None
    """What Icarus says of its text alone; ``None``: nobody asked, or it was screened out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardResult:
    """The reward of one completion with all that it was made from."""

    value: float | None
    """``None``: the harness failed, or a guard left the completion out; there is nothing to learn from it."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """For logging: each part of the verdict, each preset of a mix and each guard, by name, 0.0 … 1.0.

    Neither guards nor length change the parts of the verdict and of the presets: groups can be filtered by them.
    """
    status: Status | None = None
    """``None``: nothing was checked."""
    is_refused: bool = False
    """Whether a guard took the reward of the candidate away."""
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


def measure_lone(tier: Tier | None) -> dict[str, float]:
    """Return the parts of what Icarus says of a candidate alone, named as in ``LONE_PARTS``.

    ``alone``: it compiles; ``malformed``: it does not, for an error of type, binding, ports or constants.
    """
    return {"alone": float(tier is Tier.CLEAN), "malformed": float(tier is Tier.MALFORMED)}
