"""Which of the two sets a design goes to. Pure and deterministic; a design never changes its set.

Source: CodeV-R1 (arXiv 2505.24183, section 3) and the card of its data set (zhuyaoyu/CodeV-R1-dataset, dd54565): the
set for distillation keeps what base models fail, equivalent or not; the one for reinforcement learning keeps what can
be solved, which here is: an equivalent design was written. 87,000 and 3,100 problems there. How the released sets were
kept apart is not published; here a digest of each design decides where both could take it.
"""

import hashlib
from dataclasses import dataclass

from pytest_rtlgen.training.roundtrip.records import DropReason, RoundTripSettings, Rule, TrainingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one design when its set is chosen."""

    structure: str
    """Digest of the design without its names."""
    base_pass_rates: tuple[float, ...]
    """One for each base model; empty: none was asked, and nothing is too easy."""
    has_equivalent: bool
    earlier: TrainingSet | None = None
    """Its set of an earlier run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The set of a design."""

    chosen: TrainingSet
    rule: Rule
    """What put it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a design is in neither set."""

    reason: DropReason
    detail: str


def choose_set(standing: Standing, settings: RoundTripSettings) -> Choice | Refused:
    """Return where a design goes for which a whole answer was written.

    >>> choose_set(Standing(structure="1f", base_pass_rates=(0.0, 0.0), has_equivalent=False), RoundTripSettings())
    Choice(chosen=<TrainingSet.DISTIL: 'distil'>, rule=<Rule.UNSOLVED: 'unsolved'>)
    """
    allowed = list_allowed(standing.base_pass_rates, settings)
    if not standing.has_equivalent:
        allowed -= {TrainingSet.RL}
    if not allowed:
        return Refused(
            reason=DropReason.NOT_EQUIVALENT, detail=f"no answer; {explain(standing.base_pass_rates, settings)}"
        )
    if standing.earlier is not None and standing.earlier not in allowed:
        return Refused(reason=DropReason.SET_CHANGED, detail=f"it was in the {standing.earlier} set before")
    if len(allowed) == 1:
        (only,) = allowed
        return Choice(chosen=only, rule=_find_rule(only, standing))
    if standing.earlier is not None:
        return Choice(chosen=standing.earlier, rule=Rule.EARLIER)
    is_drawn = draw(standing.structure) < settings.rl_share
    return Choice(chosen=TrainingSet.RL if is_drawn else TrainingSet.DISTIL, rule=Rule.DRAWN)


def list_allowed(rates: tuple[float, ...], settings: RoundTripSettings) -> frozenset[TrainingSet]:
    """Return the sets that allow a problem which base models pass at these ``rates``."""
    best = max(rates, default=None)
    low, high = settings.band
    rules = {
        TrainingSet.DISTIL: best is None or best <= settings.distil_most,
        TrainingSet.RL: best is None or low <= best <= high,
    }
    return frozenset(chosen for chosen, is_met in rules.items() if is_met)


def explain(rates: tuple[float, ...], settings: RoundTripSettings) -> str:
    """Return how often base models pass, and what each set allows; empty where none was asked."""
    if not rates:
        return ""
    low, high = settings.band
    passed = ", ".join(f"{rate:.0%}" for rate in rates)
    return f"base models pass {passed}; distil: up to {settings.distil_most:.0%}, rl: {low:.0%} to {high:.0%}"


def draw(structure: str) -> float:
    """Return a number from 0.0 to 1.0 that ``structure`` alone decides."""
    return int.from_bytes(hashlib.sha256(structure.encode()).digest()[:8]) / 2**64


def _find_rule(only: TrainingSet, standing: Standing) -> Rule:
    """Return the rule for a design that the other set does not allow."""
    if only is TrainingSet.RL:
        return Rule.IN_BAND
    return Rule.OUT_OF_BAND if standing.has_equivalent else Rule.UNSOLVED
