"""Presets: published rules that make a reward out of a verdict. Pure: a verdict and an answer in, a number out."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Verdict
from pytest_rtlgen.spelling import suggest
from pytest_rtlgen.tools.hooks import call_first
from pytest_rtlgen.training.reward.parts import RewardResult, measure_parts

Rule = Callable[[Mapping[str, float]], float]
"""From the parts of ``measure_parts`` to a reward, 0.0 … 1.0."""

MALFORMED = 0.2
"""What spec2rtl gives to code that does not compile."""
GRADES = {"parsed": 0.1, "interface": 0.1, "compiled": 0.1, "outputs": 0.3, "passed": 0.3, "proved": 0.1}
"""What each step is worth to ``graded``; a wrong design earns less than 0.6, one that passes at least 0.9."""


def _reward_equivalence(parts: Mapping[str, float]) -> float:
    return parts["passed"]


def _reward_codev_r1(parts: Mapping[str, float]) -> float:
    return parts["format"] * parts["passed"]


def _reward_spec2rtl(parts: Mapping[str, float]) -> float:
    return 1.0 if parts["compiled"] else MALFORMED * parts["code"]


def _reward_salv(parts: Mapping[str, float]) -> float:
    return parts["outputs"]


def _reward_graded(parts: Mapping[str, float]) -> float:
    return math.fsum(worth * parts[name] for name, worth in GRADES.items())


PRESETS: Mapping[str, Rule] = {
    "equivalence": _reward_equivalence,
    "codev-r1": _reward_codev_r1,
    "spec2rtl": _reward_spec2rtl,
    "salv": _reward_salv,
    "graded": _reward_graded,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One published rule, or a weighted mix of several."""

    terms: tuple[tuple[str, float], ...]
    """(name in ``PRESETS``, weight)."""

    @property
    def name(self) -> str:
        """As ``find_preset`` reads it."""
        if len(self.terms) == 1 and self.terms[0][1] == 1:
            return self.terms[0][0]
        return ",".join(f"{name}={weight:g}" for name, weight in self.terms)

    def reward_of(self, verdict: Verdict, answer: str) -> RewardResult:
        """Return the reward of the completion ``answer`` whose candidate has ``verdict``."""
        parts = measure_parts(verdict, answer)
        terms = {name: _find_rule(name)(parts) for name, _ in self.terms}
        value = math.fsum(weight * terms[name] for name, weight in self.terms)
        return RewardResult(value=value, parts={**parts, **terms}, status=verdict.status)


@cache
def _find_rule(name: str) -> Rule:
    """Return the rule called ``name``, ours or another package's.

    Raises:
        UsageError: nobody has it.
    """
    rule: Rule | None = PRESETS.get(name) or call_first("reward_rule", name=name)
    if rule is None:
        known = f"use one of {', '.join(PRESETS)}, or a mix of them"
        raise UsageError(f"reward: unknown preset {name!r}{suggest(name, PRESETS)}; {known}")
    return rule


def mix(weights: Mapping[str, float]) -> Preset:
    """Return the sum of presets, each times its weight; weights need not add up to 1.

    Raises:
        UsageError: no weight, one that is not positive, or an unknown preset.
    """
    if not weights:
        raise UsageError("reward: a mix needs a preset with a weight, such as codev-r1=0.8,graded=0.2")
    for name, weight in weights.items():
        _find_rule(name)
        if not 0 < weight < math.inf:
            raise UsageError(f"reward: preset {name} has the weight {weight}; use a positive number")
    return Preset(terms=tuple((name, float(weight)) for name, weight in weights.items()))


def find_preset(spec: str) -> Preset:
    """Return the preset that ``spec`` names: ``codev-r1``, say, or a mix, ``codev-r1=0.8,graded=0.2``.

    Raises:
        UsageError: it cannot be meant.
    """
    weights: dict[str, float] = {}
    for term in spec.split(","):
        name, _, weight = (part.strip() for part in term.partition("="))
        if name in weights:
            raise UsageError(f"reward: {spec!r} names {name} twice; give each preset one weight")
        try:
            weights[name] = float(weight) if weight else 1.0
        except ValueError as error:
            raise UsageError(f"reward: {spec!r}: {weight!r} is no weight; write {name}=0.5, say") from error
    return mix(weights)
