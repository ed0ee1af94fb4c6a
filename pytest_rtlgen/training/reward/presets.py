"""Presets: published rules that make a reward out of a verdict. Pure: a verdict and an answer in, a number out."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.records import Candidate, Problem, Verdict
from pytest_rtlgen.spelling import suggest
from pytest_rtlgen.tools.hooks import call_first
from pytest_rtlgen.training.reward import codev_r1, spec2rtl
from pytest_rtlgen.training.reward.parts import LONE_PARTS, Checked, RewardResult, measure_lone, measure_parts

Rule = Callable[[Mapping[str, float]], float]
"""From the parts of a candidate to a reward, 0.0 … 1.0."""

GRADES = {"parsed": 0.1, "interface": 0.1, "compiled": 0.1, "outputs": 0.3, "passed": 0.3, "proved": 0.1}
"""What each step is worth to ``graded``; a wrong design earns less than 0.6, one that passes at least 0.9."""


def _reward_equivalence(parts: Mapping[str, float]) -> float:
    return parts["passed"]


def _reward_codev_r1(parts: Mapping[str, float]) -> float:
    return parts["format"] * parts["passed"]


def _make_tiers(*, malformed: float, compiles: float = 1.0) -> Rule:
    """Return spec2RTL's rule with its scale; ``compiles`` is for a design that compiles and does not pass."""

    def reward(parts: Mapping[str, float]) -> float:
        if parts["alone"]:
            return 1.0 if parts["passed"] else compiles
        return malformed * parts["malformed"]

    return reward


def _reward_salv(parts: Mapping[str, float]) -> float:
    return parts["outputs"]


def _reward_graded(parts: Mapping[str, float]) -> float:
    return math.fsum(worth * parts[name] for name, worth in GRADES.items())


PRESETS: Mapping[str, Rule] = {
    "equivalence": _reward_equivalence,
    "codev-r1": _reward_codev_r1,
    "spec2rtl": _make_tiers(malformed=0.3),
    "spec2rtl-card": _make_tiers(malformed=0.2),
    "spec2rtl-binary": _make_tiers(malformed=0.0),
    "spec2rtl-cocotb": _make_tiers(malformed=0.2, compiles=0.5),
    "salv": _reward_salv,
    "graded": _reward_graded,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedReading:
    """How a published rule comes from an answer to code, where that is not how this package does."""

    read: Callable[[str], Candidate]
    compiles_alone: bool = False
    """Whether Icarus compiles the text alone too, without a reference."""


_SPEC2RTL = PublishedReading(read=spec2rtl.read_candidate, compiles_alone=True)
READINGS: Mapping[str, PublishedReading] = {
    "codev-r1": PublishedReading(read=codev_r1.read_candidate),
    "spec2rtl": _SPEC2RTL,
    "spec2rtl-card": _SPEC2RTL,
    "spec2rtl-binary": _SPEC2RTL,
    "spec2rtl-cocotb": _SPEC2RTL,
}
"""Presets that are not here judge what ``extract_candidate`` finds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one preset of a mix judges."""

    candidate: Candidate
    compiles_alone: bool = False


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

    @property
    def compiles_alone(self) -> bool:
        """Whether a preset of it asks what Icarus says of a text alone."""
        return any(name in READINGS and READINGS[name].compiles_alone for name, _ in self.terms)

    def read(self, answer: str, problem: Problem) -> tuple[Reading, ...]:
        """Return what each preset judges of ``answer``, in order; what differs in outer layout at most, as one."""
        found: dict[tuple[str, bool], Reading] = {}
        candidates: dict[PublishedReading | None, Candidate] = {}
        keys = []
        for name, _ in self.terms:
            published = READINGS.get(name)
            if published not in candidates:
                candidates[published] = (
                    extract_candidate(answer, top=problem.top, header=problem.header or None)
                    if published is None
                    else published.read(answer)
                )
            candidate = candidates[published]
            key = (candidate.source.strip(), candidate.is_truncated)
            known = found.get(key, Reading(candidate=candidate))
            is_asked = known.compiles_alone or (published is not None and published.compiles_alone)
            found[key] = Reading(candidate=known.candidate, compiles_alone=is_asked)
            keys.append(key)
        return tuple(found[key] for key in keys)

    def reward_of(self, verdict: Verdict, answer: str, *, tier: spec2rtl.Tier | None = None) -> RewardResult:
        """Return the reward of the completion ``answer`` whose one candidate has ``verdict``.

        ``tier``: what Icarus says of it alone, for presets that ask.
        """
        return self.combine([Checked(verdict=verdict, tier=tier)] * len(self.terms), answer)

    def combine(self, found: Sequence[Checked], answer: str) -> RewardResult:
        """Return the reward of ``answer``, of which each preset's candidate was ``found`` so; parts are the first's."""
        parts = [{**measure_parts(item.verdict, answer), **measure_lone(item.tier)} for item in found]
        terms = {name: _find_rule(name)(of_term) for (name, _), of_term in zip(self.terms, parts, strict=True)}
        value = math.fsum(weight * terms[name] for name, weight in self.terms)
        shown = {**parts[0], **measure_lone(next((item.tier for item in found if item.tier is not None), None))}
        if not self.compiles_alone:
            shown = {name: part for name, part in shown.items() if name not in LONE_PARTS}
        return RewardResult(value=value, parts={**shown, **terms}, status=found[0].verdict.status)


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
