"""Dynamic sampling that asks for as many prompts as it will need: groups that teach nothing are dropped and replaced.

A group is useful if some of its samples are right and some are not. What is right is ``acc`` or ``passed``, never a
total reward, which differs by length or format as well.

Source: dynamic sampling, DAPO (arXiv 2503.14476, section 3.2); sizing the next generation batch by the share of useful
groups so far, CodeV-R1 (arXiv 2505.24183, "adaptive DAPO"). Pure: the same results give the same requests.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.adaptive.rules import EffectiveRatio, QuantileRule, ReleasedRule, RequestRule, RuleName

DEFAULT_CONFIDENCE = 0.97
DEFAULT_MEMORY = 20.0
"""Targets after which evidence fades. Both were chosen with ``tests/benchmarks/adaptive_sampling.py``."""


class GroupKind(StrEnum):
    """What the results of one prompt's samples say."""

    USEFUL = "useful"
    """They differ, so there is an advantage to learn from."""
    ALL_RIGHT = "all-right"
    ALL_WRONG = "all-wrong"
    ALL_EQUAL = "all-equal"
    """All the same partial credit: no advantage either."""
    UNMEASURED = "unmeasured"
    """At least one reward is missing, because the harness failed."""


def classify_group(rewards: Sequence[float | None], *, best: float = 1.0) -> GroupKind:
    """Return what a group is; ``best`` is the reward of a right sample, and 0 or less that of a wrong one."""
    known = [reward for reward in rewards if reward is not None and math.isfinite(reward)]
    if len(known) < len(rewards) or not known:
        return GroupKind.UNMEASURED
    if max(known) > min(known):
        return GroupKind.USEFUL
    if known[0] >= best:
        return GroupKind.ALL_RIGHT
    return GroupKind.ALL_WRONG if known[0] <= 0 else GroupKind.ALL_EQUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """How a training batch came about."""

    target: int
    kept: int
    rounds: int
    generated: int
    """Prompts that were sampled."""
    surplus: int
    """Useful groups beyond the target, which are dropped."""
    kinds: tuple[tuple[GroupKind, int], ...]
    """Groups of each kind."""

    @property
    def is_full(self) -> bool:
        """Whether there are as many groups as requested."""
        return self.kept >= self.target

    def __str__(self) -> str:
        """Return one line for a log."""
        found = ", ".join(f"{count} {kind}" for kind, count in self.kinds if count) or "none"
        end = "" if self.is_full else f"; gave up after {self.rounds} rounds, going on with what there is"
        return f"{self.kept} of {self.target} useful groups from {self.generated} prompts ({found}){end}"


class AdaptiveSampler:
    """Decides how many prompts to generate next, and which of the groups that come back to keep.

    A training batch: ``begin``; while ``next_prompts()`` is not 0, generate as many groups and ``take`` what is right.
    It ends when ``target`` groups are kept, or after ``max_rounds`` with those that there are; ``report()`` says which.
    The estimate outlives a batch.
    """

    def __init__(  # noqa: PLR0913  each is a knob of its own
        self,
        *,
        target: int,
        group: int,
        max_rounds: int = 10,
        max_prompts: int | None = None,
        multiple: int = 1,
        rule: str = RuleName.QUANTILE,
        confidence: float = DEFAULT_CONFIDENCE,
        memory: float | None = None,
        best: float = 1.0,
    ) -> None:
        """Want ``target`` useful groups of ``group`` samples a batch.

        ``max_prompts``: most of one round (4 times ``target``); ``multiple``: requests are rounded up to it;
        ``rule``: what sizes a round, a ``RuleName``; ``confidence``: of ``quantile``, that one round is enough;
        ``memory``: groups after which evidence fades (20 times ``target``); ``best``: value of a right sample.

        Raises:
            UsageError: a count is below 1, ``max_prompts`` below ``multiple``, ``memory`` not above 0,
                ``confidence`` not between 0 and 1, or the rule is unknown.
        """
        most = 4 * target if max_prompts is None else max_prompts
        counts = {"target": target, "group": group, "max_rounds": max_rounds, "max_prompts": most, "multiple": multiple}
        for name, value in counts.items():
            if value < 1:
                raise UsageError(f"adaptive sampling: {name}={value}: must be 1 or more")
        if max_prompts is not None and max_prompts < multiple:
            raise UsageError(f"adaptive sampling: max_prompts={max_prompts} is below multiple={multiple}; raise it")
        self.target, self.group, self.max_rounds = target, group, max_rounds
        self.ratio = EffectiveRatio(memory=DEFAULT_MEMORY * target if memory is None else memory)
        self._rule = _make_rule(rule, self.ratio, confidence)
        self._most = max(most, multiple) // multiple * multiple
        self._multiple = multiple
        self._best = best
        self.begin()

    def begin(self) -> None:
        """Start a training batch."""
        self._kept = self._rounds = self._generated = self._surplus = 0
        self._kinds = dict.fromkeys(GroupKind, 0)
        self._rule.begin()

    def next_prompts(self) -> int:
        """Return how many prompts to generate now; 0: the batch has ended."""
        missing = self.target - self._kept
        if missing <= 0 or self._rounds >= self.max_rounds:
            return 0
        needed = self._rule.request(missing, most=self._most)
        return min(self._most, math.ceil(needed / self._multiple) * self._multiple)

    def take(self, groups: Sequence[Sequence[float | None]]) -> tuple[int, ...]:
        """Count one round and return the indices of the groups to keep, in order, no more than are still missing.

        ``groups`` say what is right, one sequence a prompt (1.0: right, 0.0: wrong), ``None`` where the harness failed;
        such a group is dropped and says nothing about the model.

        Raises:
            UsageError: a group has another size than ``group``.
        """
        for index, rewards in enumerate(groups):
            if len(rewards) != self.group:
                raise UsageError(f"adaptive sampling: group {index} has {len(rewards)} rewards, not {self.group}")
        kinds = [classify_group(rewards, best=self._best) for rewards in groups]
        for kind in kinds:
            self._kinds[kind] += 1
        useful = [index for index, kind in enumerate(kinds) if kind is GroupKind.USEFUL]
        measured = len(kinds) - kinds.count(GroupKind.UNMEASURED)
        missing = self.target - self._kept
        if self._rounds == 0 and len(useful) + len(kinds) - measured < missing:
            self.ratio.doubt()  # the share of useful groups may have fallen
        self.ratio.note(useful=len(useful), useless=measured - len(useful))
        self._rule.note(missing=missing, useful=len(useful), useless=measured - len(useful))
        kept = tuple(useful[: max(0, missing)])
        self._rounds += 1
        self._generated += len(groups)
        self._surplus += len(useful) - len(kept)
        self._kept += len(kept)
        return kept

    def report(self) -> BatchReport:
        """Return how the batch stands."""
        return BatchReport(
            target=self.target,
            kept=self._kept,
            rounds=self._rounds,
            generated=self._generated,
            surplus=self._surplus,
            kinds=tuple(self._kinds.items()),
        )


def _make_rule(name: str, ratio: EffectiveRatio, confidence: float) -> RequestRule:
    if name == RuleName.QUANTILE:
        return QuantileRule(ratio, confidence=confidence)
    if name == RuleName.RELEASED:
        return ReleasedRule()
    raise UsageError(f"adaptive sampling: rule={name!r} is unknown; known are {', '.join(RuleName)}")
